// SPDX-License-Identifier: Apache-2.0
#include "node/app/replication_gauges.hpp"

#include <algorithm>
#include <string>

namespace wattring::app {
namespace {

constexpr const char* kMessages = "wattring_replication_messages_total";
constexpr const char* kMessagesHelp = "Messages about readings to other nodes, by kind";

Gauge& shards(Metrics& metrics, const std::string& state) {
  return metrics.gauge("wattring_shards", "Shards by what this node is for them; missing: another owner has more",
                       "state=\"" + state + "\"");
}

}  // namespace

ReplicationGauges::ReplicationGauges(Metrics& metrics)
    : shards_owner(shards(metrics, "owner")),
      shards_filling(shards(metrics, "filling")),
      shards_holder(shards(metrics, "holder")),
      shards_missing(shards(metrics, "missing")),
      lagging(metrics.gauge("wattring_replication_lagging", "Other nodes that are sent nothing and pull instead")),
      writes_open(metrics.gauge("wattring_replication_writes_open", "Batches without enough copies yet")),
      contents_differed(metrics.gauge("wattring_replication_contents_differed",
                                      "Shards found to differ from another owner's copy, since the start")),
      forks(metrics.gauge("wattring_replication_forks", "Packs refused since the start: two processes write as one")),
      appends(metrics.counter(kMessages, kMessagesHelp, R"(kind="append")")),
      receipts(metrics.counter(kMessages, kMessagesHelp, R"(kind="receipt")")),
      pulls(metrics.counter(kMessages, kMessagesHelp, R"(kind="pull")")),
      refused(metrics.counter("wattring_replication_refused_total", "Packs of other nodes that had no room here")),
      ring_forks(metrics.counter("wattring_ring_forks_total",
                                 "Times another node was found to follow another ring of the same version")),
      repairs(metrics.counter("wattring_shard_repairs_total",
                              "Whole shards fetched from another owner because of values that do not verify")) {}

void ReplicationGauges::show(const sharding::Replica& replica, std::size_t shard_count) {
  using Role = sharding::Replica::Role;
  std::size_t owner = 0;
  std::size_t filling = 0;
  std::size_t holder = 0;
  for (std::size_t i = 0; i < shard_count; ++i) {
    const Role role = replica.role(ShardId{static_cast<std::uint16_t>(i)});
    owner += role == Role::owner ? 1 : 0;
    filling += role == Role::filling ? 1 : 0;
    holder += role == Role::holder ? 1 : 0;
  }
  const auto counts = replica.counts();
  const auto peers = replica.peers();
  shards_owner.set(static_cast<double>(owner));
  shards_filling.set(static_cast<double>(filling));
  shards_holder.set(static_cast<double>(holder));
  shards_missing.set(static_cast<double>(counts.shards_missing));
  writes_open.set(static_cast<double>(counts.writes_open));
  contents_differed.set(static_cast<double>(counts.contents_differed));
  forks.set(static_cast<double>(counts.forks));
  lagging.set(static_cast<double>(std::ranges::count_if(peers, [](const auto& peer) { return peer.lagging; })));
}

}  // namespace wattring::app
