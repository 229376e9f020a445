// SPDX-License-Identifier: Apache-2.0
#include "node/alert/shard_alerts.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/bytes.hpp"
#include "node/alert/absence.hpp"
#include "node/alert/windows.hpp"

namespace wattring::alert {
namespace {

/// A record of which only the tally grows is written this often.
constexpr std::int64_t kTallyEveryMs = kMsPerMinute;
constexpr std::uint8_t kWatchesVersion = 1;

std::vector<Alert> copies(const std::vector<const Alert*>& alerts) {
  std::vector<Alert> copied;
  copied.reserve(alerts.size());
  for (const Alert* alert : alerts) copied.push_back(*alert);
  return copied;
}

bool is_input_there(const Rule& rule, const MeterHistory& data) {
  const std::vector<Register> inputs = inputs_of(rule);
  return std::any_of(inputs.begin(), inputs.end(), [&](Register reg) { return data.has(reg); });
}

}  // namespace

std::vector<std::string> ShardAlerts::use(std::shared_ptr<const Policy> policy) {
  policy_ = std::move(policy);
  gates_.assign(1, meter::Gate{});
  std::vector<std::string> firing;
  for (const auto& [id, alert] : book_.all())
    if (alert.state == State::firing) firing.push_back(alert.meter);
  std::sort(firing.begin(), firing.end());
  firing.erase(std::unique(firing.begin(), firing.end()), firing.end());
  return firing;
}

std::uint16_t ShardAlerts::intern(const meter::Gate& gate) {
  const auto at = std::find(gates_.begin(), gates_.end(), gate);
  if (at != gates_.end()) return static_cast<std::uint16_t>(at - gates_.begin());
  if (gates_.size() <= meter::kGateIndexMax) {
    gates_.push_back(gate);
    return static_cast<std::uint16_t>(gates_.size() - 1);
  }
  return meter::kWatched;  // more gates than there are numbers: looks at every fact instead
}

std::uint16_t ShardAlerts::gate_of(std::string_view meter, Register reg) {
  std::uint16_t gate = intern(policy_->gate_of(meter, reg));
  if (!watches_.empty()) {
    const auto watch = watches_.find(meter);
    if (watch != watches_.end() && watch->second.every_fact) gate |= meter::kWatched;
  }
  if (book_.has_any(meter)) gate |= meter::kHistory;
  if (book_.has_firing(meter)) gate |= meter::kWatched;
  return gate;
}

Result<std::vector<Change>> ShardAlerts::evaluate(std::string_view meter, MeterHistory& data, Changed changed,
                                                  std::int64_t now_ms) {
  const auto known = watches_.find(meter);
  if (known != watches_.end()) {
    const Changed open = known->second.changed;
    changed = {std::min(changed.first_ms, open.first_ms), std::max(changed.last_ms, open.last_ms)};
  }
  std::vector<Change> changes;
  Watch next;
  std::int64_t settled_ms = now_ms;
  for (const Timeline& timeline : policy_->timelines()) {
    const std::vector<Alert> on_record = copies(book_.of(timeline.newest().name, meter));
    const std::vector<Segment> segments = policy_->segments(timeline, meter);
    if (segments.empty()) {
      resolve_orphans(on_record, timeline.newest(), now_ms, changes);
      continue;
    }
    const Rule& rule = segments.back().rule;
    if (rule.kind == RuleKind::no_data) {
      if (auto judged = judge_absence(rule, on_record, data, now_ms, changes); !judged)
        return tl::unexpected(judged.error());
      continue;
    }
    if (rule.kind == RuleKind::quarantined) continue;
    if (!is_input_there(rule, data) && on_record.empty()) continue;
    std::vector<const Alert*> book;
    book.reserve(on_record.size());
    for (const Alert& alert : on_record) book.push_back(&alert);
    const auto verdict = alert::evaluate(segments, meter, data, changed, book, now_ms);
    if (!verdict) return tl::unexpected(verdict.error());
    reconcile(*verdict, rule, on_record, now_ms, changes);
    for (const Segment& segment : segments) {
      settled_ms = std::min(settled_ms, now_ms - segment.rule.grace_ms);
      if (auto waits = wait_for(segment.rule, *verdict, data, changed, now_ms, next); !waits)
        return tl::unexpected(waits.error());
    }
  }
  next.changed = rest_of(changed, settled_ms);
  if (known != watches_.end()) watches_.erase(known);
  if (next.is_needed()) watches_.emplace(meter, next);
  due_is_stale_ = true;
  for (const Change& change : changes) book_.put(change.alert);
  std::erase_if(changes, [&](const Change& change) {
    const bool waits = change.notifications.empty() && change.alert.recorded_ms != now_ms;
    if (waits) put_off(change.alert);
    return waits;
  });
  return changes;
}

void ShardAlerts::put_off(const Alert& alert) {
  const std::int64_t turn_ms = alert.recorded_ms + kTallyEveryMs;
  next_unwritten_ms_ = std::min(next_unwritten_ms_.value_or(turn_ms), turn_ms);
  unwritten_.insert(alert.id);
}

std::vector<Change> ShardAlerts::take_unwritten(std::int64_t now_ms, bool all) {
  std::vector<Change> changes;
  if (!next_unwritten_ms_ || (!all && now_ms < *next_unwritten_ms_)) return changes;
  next_unwritten_ms_.reset();
  for (const std::string& id : std::exchange(unwritten_, {})) {
    const Alert* alert = book_.find(id);
    if (alert == nullptr) continue;
    if (all || now_ms >= alert->recorded_ms + kTallyEveryMs) {
      changes.push_back({*alert, {}});
      changes.back().alert.recorded_ms = now_ms;
    } else {
      put_off(*alert);
    }
  }
  for (const Change& change : changes) book_.put(change.alert);
  return changes;
}

void ShardAlerts::reconcile(const Verdict& verdict, const Rule& rule, const std::vector<Alert>& on_record,
                            std::int64_t now_ms, std::vector<Change>& changes) {
  const auto find = [&](std::string_view id) {
    const auto at =
        std::find_if(on_record.begin(), on_record.end(), [&](const Alert& alert) { return alert.id == id; });
    return at == on_record.end() ? nullptr : &*at;
  };
  std::set<std::string> derived_ids;
  for (const Alert& derived : verdict.alerts) {
    Alert next = joined_to_record(derived, rule, on_record);
    derived_ids.insert(next.id);
    const Alert* old = find(next.id);
    record(std::move(next), old, rule, now_ms, changes);
  }
  for (const Alert& old : on_record) {
    const bool in_scope = old.onset_ms >= verdict.from_ms && old.onset_ms < verdict.to_ms;
    if (!in_scope || old.state == State::retracted || old.onset_ms < kept_from_ms_) continue;
    if (derived_ids.contains(old.id)) continue;
    Alert gone = old;
    gone.state = State::retracted;
    gone.revision = revision_of(gone);
    record(std::move(gone), &old, rule, now_ms, changes);
  }
}

/// What began before the readings that are left is on record with its true onset; what is derived of it now goes on
/// with that.
Alert ShardAlerts::joined_to_record(const Alert& derived, const Rule& rule, const std::vector<Alert>& on_record) const {
  for (const Alert& old : on_record) {
    const bool covers = old.state == State::firing || old.resolved_ms >= derived.onset_ms;
    if (old.phase != derived.phase || old.state == State::retracted || !covers) continue;
    if (old.onset_ms >= kept_from_ms_ || old.onset_ms >= derived.onset_ms) continue;
    Alert whole = derived;
    whole.id = old.id;
    whole.onset_ms = old.onset_ms;
    whole.fired_ms = old.fired_ms;
    whole.count = std::max(old.count, derived.count);
    whole.peak = rule.below ? std::min(old.peak, derived.peak) : std::max(old.peak, derived.peak);
    whole.revision = revision_of(whole);
    return whole;
  }
  return derived;
}

void ShardAlerts::record(Alert next, const Alert* old, const Rule& rule, std::int64_t now_ms,
                         std::vector<Change>& changes) {
  next.recorded_ms = now_ms;
  if (old != nullptr) {
    if (old->revision == next.revision && old->flapping == next.flapping) return;
    next.told = old->told;
    // What opens again is news.
    if (old->state == State::firing || next.state != State::firing) {
      next.acked_ms = old->acked_ms;
      next.acked_by = old->acked_by;
      next.ack_note = old->ack_note;
    }
    const bool tally_only = old->state == next.state && old->onset_ms == next.onset_ms;
    if (tally_only && now_ms - old->recorded_ms < kTallyEveryMs) next.recorded_ms = old->recorded_ms;
  } else if (const AckMark* ack = decisions_.ack(next.id); ack != nullptr && next.state == State::firing) {
    mark_acked(next, *ack);
  }
  Change change{std::move(next), {}};
  tell(change, old, rule, now_ms);
  if (!change.notifications.empty()) change.alert.recorded_ms = now_ms;
  changes.push_back(std::move(change));
}

void ShardAlerts::resolve_orphans(const std::vector<Alert>& on_record, const Rule& rule, std::int64_t now_ms,
                                  std::vector<Change>& changes) {
  for (const Alert& old : on_record) {
    if (old.state != State::firing) continue;
    Alert ended = old;
    ended.state = State::resolved;
    ended.resolved_ms = now_ms;
    ended.revision = revision_of(ended);
    record(std::move(ended), &old, rule, now_ms, changes);
  }
}

Result<void> ShardAlerts::judge_absence(const Rule& rule, const std::vector<Alert>& on_record, MeterHistory& data,
                                        std::int64_t now_ms, std::vector<Change>& changes) {
  for (const Alert& old : on_record) {
    if (old.state != State::firing) continue;
    if (rule.disabled) {
      resolve_orphans({old}, rule, now_ms, changes);
      continue;
    }
    // Its peak is how long it was waited for.
    const auto back = first_reading_after(data, old.onset_ms - old.peak);
    if (!back) return tl::unexpected(back.error());
    if (!*back) continue;
    Alert next = old;
    // A reading from before the onset says that the silence began later, or never did.
    next.state = **back <= old.onset_ms ? State::retracted : State::resolved;
    if (next.state == State::resolved) next.resolved_ms = **back;
    next.revision = revision_of(next);
    record(std::move(next), &old, rule, now_ms, changes);
  }
  return {};
}

std::vector<ShardAlerts::Due> ShardAlerts::take_due(std::int64_t now_ms) {
  std::vector<Due> due;
  for (auto& [meter, watch] : watches_) {
    if (!watch.due_ms || *watch.due_ms > now_ms) continue;
    due.push_back({meter, watch.changed});
    watch.due_ms.reset();
  }
  due_is_stale_ = due_is_stale_ || !due.empty();
  return due;
}

std::optional<std::int64_t> ShardAlerts::next_due_ms() const {
  if (!std::exchange(due_is_stale_, false)) return next_due_ms_;
  next_due_ms_.reset();
  for (const auto& [meter, watch] : watches_)
    if (watch.due_ms) next_due_ms_ = next_due_ms_ ? std::min(*next_due_ms_, *watch.due_ms) : *watch.due_ms;
  return next_due_ms_;
}

std::string ShardAlerts::encode_watches() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kWatchesVersion);
  out.u64_be(looked_under_);
  out.varint(watches_.size());
  for (const auto& [meter, watch] : watches_) {
    out.sized_bytes(meter);
    out.zigzag(watch.changed.first_ms);
    out.zigzag(watch.changed.last_ms);
  }
  return bytes;
}

Result<void> ShardAlerts::load_watches(std::string_view bytes) {
  ByteReader in(bytes);
  const bool known = in.u8() == kWatchesVersion;
  const std::uint64_t looked_under = in.u64_be();
  std::map<std::string, Watch, std::less<>> loaded;
  for (std::uint64_t left = known ? in.varint() : 0; left > 0 && in.ok(); --left) {
    const std::string meter(in.sized_bytes());
    const std::int64_t first_ms = in.zigzag();
    const std::int64_t last_ms = in.zigzag();
    loaded[meter] = Watch{{first_ms, last_ms}, 0, false};  // due at once
  }
  if (!known || !in.at_end()) return fail(ErrorCode::corrupt, "watched meters: malformed bytes");
  watches_ = std::move(loaded);
  due_is_stale_ = true;
  looked_under_ = looked_under;
  return {};
}

bool ShardAlerts::is_firing(std::string_view rule, std::string_view meter) const {
  const auto alerts = book_.of(rule, meter);
  return std::any_of(alerts.begin(), alerts.end(), [](const Alert* alert) { return alert->state == State::firing; });
}

std::vector<std::string> ShardAlerts::firing_under(std::string_view rule) const {
  std::vector<std::string> meters;
  for (const auto& [id, alert] : book_.all())
    if (alert.rule == rule && alert.state == State::firing) meters.push_back(alert.meter);
  return meters;
}

std::vector<Change> ShardAlerts::close_orphans(std::int64_t now_ms) {
  std::vector<Change> changes;
  for (const Timeline& timeline : policy_->timelines()) {
    const Rule& rule = timeline.newest();
    if (rule.kind != RuleKind::no_data && rule.kind != RuleKind::quarantined) continue;
    for (const std::string& meter : firing_under(rule.name)) {
      if (!rule.disabled && (is_source(meter) || policy_->applies(timeline, meter))) continue;
      if (auto change = close(rule, meter, now_ms, now_ms)) changes.push_back(std::move(*change));
    }
  }
  return changes;
}

void ShardAlerts::look_again(std::string_view meter, Changed changed, std::int64_t due_ms) {
  Watch& watch = watches_.try_emplace(std::string(meter), Watch{changed, due_ms, false}).first->second;
  watch.changed = {std::min(watch.changed.first_ms, changed.first_ms),
                   std::max(watch.changed.last_ms, changed.last_ms)};
  watch.look_at(due_ms);
  due_is_stale_ = true;
}

std::vector<std::string> ShardAlerts::forget_before(std::int64_t recorded_ms) {
  std::vector<std::string> forgotten;
  for (const auto& [id, alert] : book_.all())
    if (alert.state != State::firing && alert.recorded_ms < recorded_ms) forgotten.push_back(id);
  for (const std::string& id : decisions_.quiet_since(recorded_ms))
    if (book_.find(id) == nullptr) forgotten.push_back(id);
  for (const std::string& id : forgotten) {
    book_.erase(id);
    decisions_.erase(id);
    queued_.erase(id);
  }
  return forgotten;
}

ShardAlerts::Erased ShardAlerts::erase_before(std::string_view meter, std::int64_t before_ms, std::int64_t now_ms) {
  Erased erased;
  for (const Alert& old : copies(book_.of_meter(meter))) {
    if (old.onset_ms >= before_ms) continue;
    const Rule* rule = rule_of(old);
    if (old.state == State::firing && old.told && rule != nullptr && voice_.speaks) {
      Change gone{old, {}};
      gone.alert.state = State::retracted;
      gone.alert.revision = revision_of(gone.alert);
      notify(gone, Event::retracted, *rule, now_ms);
      erased.notifications.insert(erased.notifications.end(), gone.notifications.begin(), gone.notifications.end());
    }
    erased.ids.push_back(old.id);
    book_.erase(old.id);
    decisions_.erase(old.id);
    queued_.erase(old.id);
    unsaid_.erase(old.id);
    unwritten_.erase(old.id);
  }
  return erased;
}

std::optional<Change> ShardAlerts::open(const Rule& rule, std::string_view meter, std::int64_t onset_ms,
                                        std::int64_t peak, std::int64_t now_ms) {
  const std::string id = alert_id(rule.name, meter, "", onset_ms);
  const Alert* old = book_.find(id);
  if (old != nullptr && old->state == State::firing) return std::nullopt;
  Alert alert;
  alert.id = id;
  alert.rule = rule.name;
  alert.meter = meter;
  alert.severity = rule.severity;
  alert.onset_ms = alert.fired_ms = alert.last_ms = onset_ms;
  alert.peak = peak;
  alert.count = 1;
  alert.revision = revision_of(alert);
  std::vector<Change> changes;
  record(std::move(alert), old, rule, now_ms, changes);
  if (changes.empty()) return std::nullopt;
  book_.put(changes.front().alert);
  return std::move(changes.front());
}

std::optional<Change> ShardAlerts::close(const Rule& rule, std::string_view meter, std::int64_t resolved_ms,
                                         std::int64_t now_ms) {
  std::vector<Change> changes;
  for (const Alert& old : copies(book_.of(rule.name, meter))) {
    if (old.state != State::firing) continue;
    Alert next = old;
    next.state = State::resolved;
    next.resolved_ms = resolved_ms;
    next.revision = revision_of(next);
    record(std::move(next), &old, rule, now_ms, changes);
  }
  if (changes.empty()) return std::nullopt;
  book_.put(changes.front().alert);
  return std::move(changes.front());
}

}  // namespace wattring::alert
