// SPDX-License-Identifier: Apache-2.0
#include "node/app/told_marks.hpp"

#include <chrono>
#include <utility>

namespace wattring::app {
namespace {

constexpr std::chrono::milliseconds kWait{500};
constexpr std::chrono::milliseconds kNoWait{0};
constexpr std::int64_t kRetryNs = 5'000'000'000;

}  // namespace

ToldMarks::ToldMarks(const AlertHub& hub, DecisionWriter& writer, Metrics& metrics)
    : hub_(hub),
      writer_(writer),
      written_(metrics.counter("wattring_alert_marks_total", "Marks of told alerts handed to all owners",
                               R"(result="written")")),
      repeated_(metrics.counter("wattring_alert_marks_total", "Marks of told alerts handed to all owners",
                                R"(result="repeated")")) {}

void ToldMarks::told(const std::vector<alert::Notification>& notifications) {
  DecisionWriter::OfShard marks;
  for (const alert::Notification& one : notifications) {
    alert::ToldMark mark = alert::mark_of(one);
    if (one.event == alert::Event::firing && hub_.is_of_absence(one.alert)) mark.record = alert::encode(one.alert);
    marks[hub_.key.shard_of(one.alert.meter)].emplace_back(std::move(mark));
  }
  bool calm = false;
  {
    const std::lock_guard lock(mutex_);
    calm = calm_;
  }
  write(marks, calm);
}

void ToldMarks::retry(std::int64_t now_ns) {
  DecisionWriter::OfShard kept;
  {
    const std::lock_guard lock(mutex_);
    if (kept_.empty() || now_ns < retry_ns_) return;
    retry_ns_ = now_ns + kRetryNs;
    kept = std::exchange(kept_, {});
    repeated_.add(std::exchange(kept_count_, 0));
  }
  write(kept, true);
}

void ToldMarks::write(const DecisionWriter::OfShard& marks, bool patient) {
  const auto written = writer_.write(marks, patient ? kWait : kNoWait);
  const std::lock_guard lock(mutex_);
  calm_ = written.has_value();
  for (const auto& [shard, some] : marks) {
    if (written) {
      written_.add(some.size());
      continue;
    }
    if (kept_count_ + some.size() > kKeptMax) continue;
    kept_count_ += some.size();
    auto& kept = kept_[shard];
    kept.insert(kept.end(), some.begin(), some.end());
  }
}

}  // namespace wattring::app
