// SPDX-License-Identifier: Apache-2.0
#include "node/app/actor_rows.hpp"

#include <algorithm>
#include <charconv>

#include "base/units.hpp"

namespace wattring::app {
namespace {

constexpr std::string_view kRoot = "/shards";

std::string shard_path(ShardId shard) {
  return std::string(kRoot) + "/" + std::to_string(shard.value);
}

}  // namespace

Result<ActorPath> ActorPath::parse(std::string_view text, std::size_t shards) {
  const auto unknown = [&] {
    return fail(ErrorCode::invalid_argument, "no actors are at \"" + std::string(text) + "\"",
                "/shards, /shards/<n> with n below " + std::to_string(shards) + ", /shards/<n>/<meter>");
  };
  ActorPath path;
  if (text.substr(0, kRoot.size()) != kRoot) return unknown();
  std::string_view rest = text.substr(kRoot.size());
  if (rest.empty() || rest == "/") return path;
  if (rest.front() != '/') return unknown();
  rest.remove_prefix(1);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{} || number >= shards) return unknown();
  path.shard = ShardId{static_cast<std::uint16_t>(number)};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (rest.empty() || rest == "/") return path;
  if (rest.front() != '/') return unknown();
  path.meter = rest.substr(1);
  return path;
}

http::ActorRow shard_row(ShardWorker& worker, ShardId shard, const ShardWorker::Waiting& waiting, std::int64_t now_ns) {
  const meter::ShardFold& fold = *worker.shards().folds[worker.slot_of(shard)];
  http::ActorRow row;
  row.path = shard_path(shard);
  row.state = fold.is_stopped() ? "journal-only" : "running";
  row.mailbox = waiting.slices;
  if (waiting.slices != 0) row.oldest_ms = std::max<std::int64_t>(now_ns - waiting.oldest_ns, 0) / kNsPerMs;
  row.children = fold.meters().meter_count() + fold.passivated_count();
  for (const auto& [meter, record] : worker.supervision().records()) {
    if (worker.shard_of(meter) != shard) continue;
    row.restarts += record.restarts;
    row.last_failure = meter + ": " + record.last_failure;
  }
  return row;
}

http::ActorRow meter_row(ShardWorker& worker, ShardId shard, std::string_view meter, std::int64_t now_ns) {
  const meter::ShardFold& fold = *worker.shards().folds[worker.slot_of(shard)];
  http::ActorRow row;
  row.path = shard_path(shard) + "/" + std::string(meter);
  row.state = worker.holds(shard, meter) ? "running" : "passivated";
  if (fold.is_stopped()) row.state = "journal-only";
  if (const MeterSupervision::Record* record = worker.supervision().find(meter)) {
    row.restarts = record->restarts;
    row.last_failure = record->last_failure;
    if (record->stopped_until_ns > now_ns) row.state = "stopped";
  }
  return row;
}

}  // namespace wattring::app
