// SPDX-License-Identifier: Apache-2.0
#include "node/app/batch_limits.hpp"

#include <algorithm>
#include <utility>

#include "base/time.hpp"
#include "node/meter/fold_options.hpp"

namespace wattring::app {

void refuse_expired(gateway::Batch& batch, const sharding::ShardKey& key, const WatermarkBoard& watermarks) {
  const meter::RetentionDays greatest{watermarks.greatest_raw(), meter::RetentionDays::kKeep};
  if (greatest.raw == meter::RetentionDays::kKeep) return;
  const auto is_old = [&](const Fact& fact) { return fact.start_ms < greatest.raw_from_ms(); };
  if (std::none_of(batch.facts().begin(), batch.facts().end(), is_old)) return;
  gateway::Batch left;
  left.refusals = std::move(batch.refusals);
  for (const auto& [value, text] : batch.texts()) left.know_text(text);
  for (const gateway::Batch::MeterRun& run : batch.runs()) {
    const std::string_view id = batch.id(run);
    const std::int64_t from_ms = watermarks.of(key.shard_of(id)).raw_from_ms();
    for (std::uint32_t i = run.first_fact; i < run.first_fact + run.fact_count; ++i) {
      const Fact& fact = batch.facts()[i];
      if (fact.start_ms >= from_ms || meter::fold_options(fact.reg).kind == meter::Kind::event) {
        left.meter(id);
        left.add(fact);
      } else {
        left.refusals.add(0, gateway::Reason::ts_too_old, format_rfc3339(fact.start_ms), format_rfc3339(from_ms));
      }
    }
  }
  batch = std::move(left);
}

}  // namespace wattring::app
