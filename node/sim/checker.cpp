// SPDX-License-Identifier: Apache-2.0
#include "node/sim/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/time.hpp"
#include "node/sim/interval_oracle.hpp"
#include "node/sim/reading.hpp"

namespace wattring::sim {
namespace {

using Sent = std::span<const SentReading>;

// Asks until the answer is complete or the time for waiting is used up.
template <class Ask>
auto ask_until_complete(ReadBack& from, Ask ask) {
  auto answer = ask();
  while ((!answer || !answer->complete) && from.wait_again()) answer = ask();
  return answer;
}

class RegisterCheck {
 public:
  RegisterCheck(std::string_view meter, Register reg, const CheckScope& scope, MeterCheck& check)
      : meter_(meter), reg_(reg), scope_(scope), check_(check) {}

  void run(Sent sent, ReadBack& from);

 private:
  void compare(Sent sent, std::span<const StoredReading> stored);
  void compare_key(Sent same_key, const StoredReading* stored);
  void check_intervals(std::span<const StoredReading> stored, ReadBack& from);
  void compare_span(const std::map<std::int64_t, StoredInterval>& rows, std::int64_t begin_ms, std::int64_t end_ms,
                    std::int64_t expected);
  void unread(const std::string& why);
  void found(Finding finding, std::uint64_t& counter, std::int64_t time_ms, std::string_view what);

  std::string_view meter_;
  Register reg_;
  const CheckScope& scope_;
  MeterCheck& check_;
};

void RegisterCheck::unread(const std::string& why) {
  ++check_.counts.unread;
  if (check_.unread_reason.empty()) check_.unread_reason = fmt::format("{} {}: {}", meter_, format_obis(reg_), why);
}

void RegisterCheck::found(Finding finding, std::uint64_t& counter, std::int64_t time_ms, std::string_view what) {
  ++counter;
  if (check_.evidence.size() >= kEvidenceMax) return;
  check_.evidence.push_back(
      {finding, fmt::format("{} {} {} {}", meter_, format_obis(reg_), format_rfc3339(time_ms), what), reg_, time_ms});
}

void RegisterCheck::run(Sent sent, ReadBack& from) {
  auto answer = ask_until_complete(from, [&] { return from.readings(meter_, reg_, scope_.from_ms, scope_.to_ms); });
  if (!answer) {
    unread(answer.error().text());
    return;
  }
  std::vector<StoredReading>& stored = answer->rows;
  std::stable_sort(stored.begin(), stored.end(),
                   [](const StoredReading& a, const StoredReading& b) { return a.time_ms < b.time_ms; });
  if (!answer->complete) {
    unread("the node says its answer is not complete");
    return;
  }
  compare(sent, stored);
  if (scope_.intervals && is_energy_register(reg_)) check_intervals(stored, from);
}

void RegisterCheck::compare(Sent sent, std::span<const StoredReading> stored) {
  std::size_t s = 0;
  std::size_t i = 0;
  while (i < sent.size() || s < stored.size()) {
    if (i == sent.size() || (s < stored.size() && stored[s].time_ms < sent[i].time_ms)) {
      found(Finding::phantom, check_.counts.phantom, stored[s].time_ms,
            fmt::format("stored {}, never sent", stored[s].value.value_or(0)));
      ++s;
      continue;
    }
    const std::int64_t time_ms = sent[i].time_ms;
    std::size_t key_end = i;
    while (key_end < sent.size() && sent[key_end].time_ms == time_ms) ++key_end;
    const bool there = s < stored.size() && stored[s].time_ms == time_ms;
    compare_key(sent.subspan(i, key_end - i), there ? &stored[s] : nullptr);
    if (there) ++s;
    for (; s < stored.size() && stored[s].time_ms == time_ms; ++s) {
      found(Finding::doubled, check_.counts.doubled, time_ms,
            fmt::format("stored again with {}", stored[s].value.value_or(0)));
    }
    i = key_end;
  }
}

void RegisterCheck::compare_key(Sent same_key, const StoredReading* stored) {
  CheckCounts& counts = check_.counts;
  const SentReading& best = *std::max_element(same_key.begin(), same_key.end(),
                                              [](const auto& a, const auto& b) { return a.status < b.status; });
  if (best.status == SentStatus::acked) ++counts.acked;
  if (best.status == SentStatus::refused) ++counts.refused;
  if (stored == nullptr) {
    if (best.status == SentStatus::unknown) ++counts.unknown_not_stored;
    if (best.status == SentStatus::acked) {
      found(Finding::lost, counts.lost, best.time_ms, fmt::format("acked {}, not stored", best.value));
    }
    return;
  }
  if (best.status == SentStatus::refused) {
    found(Finding::phantom, counts.phantom, best.time_ms, fmt::format("refused {}, but stored", best.value));
    return;
  }
  if (best.status == SentStatus::unknown) ++counts.unknown_stored;
  const bool as_sent = std::any_of(same_key.begin(), same_key.end(), [&](const SentReading& reading) {
    return reading.status != SentStatus::refused && stored->value == reading.value;
  });
  if (!as_sent) {
    const std::string has = stored->value ? std::to_string(*stored->value) : "no value";
    found(Finding::changed, counts.changed, best.time_ms,
          fmt::format("{} {}, stored {}", best.status == SentStatus::acked ? "acked" : "sent", best.value, has));
  }
}

void RegisterCheck::check_intervals(std::span<const StoredReading> stored, ReadBack& from) {
  std::vector<Sample> samples;
  samples.reserve(stored.size());
  for (const StoredReading& reading : stored) {
    if (!reading.value || (!samples.empty() && samples.back().time_ms == reading.time_ms)) continue;
    samples.push_back({reading.time_ms, *reading.value});
  }
  const std::vector<ExpectedSpan> spans = expected_spans(samples);
  if (spans.empty()) return;
  const auto answer = ask_until_complete(
      from, [&] { return from.intervals(meter_, reg_, spans.front().begin_ms, spans.back().end_ms); });
  if (!answer || !answer->complete) {
    unread(answer ? "the node says its intervals are not complete" : answer.error().text());
    return;
  }
  std::map<std::int64_t, StoredInterval> rows;
  for (const StoredInterval& row : answer->rows) {
    if (!rows.emplace(row.start_ms, row).second) {
      found(Finding::interval, check_.counts.intervals_wrong, row.start_ms, "interval given twice");
    }
  }
  for (const ExpectedSpan& span : spans) compare_span(rows, span.begin_ms, span.end_ms, span.value);
}

void RegisterCheck::compare_span(const std::map<std::int64_t, StoredInterval>& rows, std::int64_t begin_ms,
                                 std::int64_t end_ms, std::int64_t expected) {
  std::int64_t sum = 0;
  std::string wrong;
  for (std::int64_t at = begin_ms; at < end_ms && wrong.empty(); at += kQuarterMs) {
    const auto row = rows.find(at);
    if (row == rows.end() || row->second.end_ms != at + kQuarterMs) {
      wrong = fmt::format("the quarter {} is not given", format_rfc3339(at));
    } else if (!row->second.value) {
      wrong = fmt::format("the quarter {} has no value", format_rfc3339(at));
    } else {
      sum += *row->second.value;
    }
  }
  if (wrong.empty() && sum != expected) wrong = fmt::format("is {}", sum);
  if (wrong.empty()) {
    ++check_.counts.intervals_right;
    return;
  }
  const std::string until = end_ms - begin_ms == kQuarterMs ? "" : " to " + format_rfc3339(end_ms);
  found(Finding::interval, check_.counts.intervals_wrong, begin_ms,
        fmt::format("interval{} must be {}, {}", until, expected, wrong));
}

}  // namespace

std::string_view to_string(Finding finding) {
  switch (finding) {
    case Finding::lost:
      return "lost";
    case Finding::doubled:
      return "doubled";
    case Finding::changed:
      return "changed";
    case Finding::phantom:
      return "phantom";
    case Finding::interval:
      return "interval";
  }
  return "lost";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "PASS";
    case Verdict::fail:
      return "FAIL";
    case Verdict::inconclusive:
      return "INCONCLUSIVE";
  }
  return "INCONCLUSIVE";
}

void CheckCounts::add(const CheckCounts& other) {
  meters += other.meters;
  acked += other.acked;
  unknown_stored += other.unknown_stored;
  unknown_not_stored += other.unknown_not_stored;
  refused += other.refused;
  lost += other.lost;
  doubled += other.doubled;
  changed += other.changed;
  phantom += other.phantom;
  intervals_right += other.intervals_right;
  intervals_wrong += other.intervals_wrong;
  unread += other.unread;
}

MeterCheck check_meter(std::string_view meter, std::vector<SentReading>& sent, const CheckScope& scope,
                       ReadBack& from) {
  std::sort(sent.begin(), sent.end(), [](const SentReading& a, const SentReading& b) {
    return std::tie(a.reg, a.time_ms) < std::tie(b.reg, b.time_ms);
  });
  MeterCheck check;
  check.counts.meters = 1;
  std::size_t begin = 0;
  while (begin < sent.size()) {
    std::size_t end = begin;
    while (end < sent.size() && sent[end].reg == sent[begin].reg) ++end;
    RegisterCheck(meter, sent[begin].reg, scope, check).run(Sent(sent).subspan(begin, end - begin), from);
    begin = end;
  }
  return check;
}

Judgement judge(const CheckCounts& counts, double acked_share_min) {
  if (counts.wrong() > 0) {
    std::string what;
    const auto part = [&](std::uint64_t n, std::string_view name) {
      if (n > 0) what += fmt::format("{}{} {}", what.empty() ? "" : ", ", n, name);
    };
    part(counts.lost, "lost");
    part(counts.doubled, "doubled");
    part(counts.changed, "changed");
    part(counts.phantom, "never sent");
    part(counts.intervals_wrong, "intervals wrong");
    return {Verdict::fail, what};
  }
  if (counts.unread > 0) {
    return {Verdict::inconclusive, fmt::format("{} registers could not be read completely", counts.unread)};
  }
  const std::uint64_t all = counts.acked + counts.unknown_stored + counts.unknown_not_stored + counts.refused;
  const double share = all == 0 ? 0 : static_cast<double>(counts.acked) / static_cast<double>(all);
  if (counts.acked == 0 || share < acked_share_min) {
    return {Verdict::inconclusive, fmt::format("too little was acknowledged: {} of {} readings", counts.acked, all)};
  }
  return {Verdict::pass, "everything acknowledged is there once and unchanged"};
}

}  // namespace wattring::sim
