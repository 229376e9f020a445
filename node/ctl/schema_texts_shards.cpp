// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "node/ctl/schema.hpp"

/// Of the verbs about shards, ring and nodes.

namespace wattring::ctl {
namespace {

constexpr std::string_view kPromises = R"(at string
promises[].acked boolean
promises[].at_risk number
promises[].at_risk_worst number
promises[].exact boolean
promises[].failed number
promises[].held number
promises[].held_worst number
promises[].incomplete number
promises[].incomplete_worst number
promises[].nobody number
promises[].nobody_worst number
promises[].sets number
promises[].zone string null
ring.acks number
ring.acks_wanted number
ring.copies number
ring.copies_wanted number
ring.fenced boolean
ring.id string
ring.in_ring boolean
ring.members number
ring.version number
ring.worst_ack string)";

constexpr std::string_view kShards = R"(counts.degraded number
counts.filling number
counts.nobody number
counts.ok number
members[].copies number
members[].draining boolean
members[].filled_in_s number null
members[].filling number null
members[].held number null
members[].homes number
members[].id string
members[].lagging boolean
members[].missing number null
members[].node string
members[].reachable boolean
members[].weight number
members[].zone string
ring.acks number
ring.acks_wanted number
ring.copies number
ring.copies_wanted number
ring.fenced boolean
ring.id string
ring.in_ring boolean
ring.members number
ring.version number
ring.worst_ack string
shards[].ack string
shards[].arriving[].bytes number
shards[].arriving[].for_s number
shards[].arriving[].from string
shards[].arriving[].node string
shards[].filling[] string
shards[].held[] string
shards[].home string null
shards[].owners[] string
shards[].reachable number
shards[].shard number
shards[].state string
silent[].address string
silent[].node string
silent[].reason string
views.agree boolean
views.answered number
views.asked number)";

constexpr std::string_view kShard = R"(ack string
arriving[].bytes number
arriving[].for_s number
arriving[].from string
arriving[].node string
filling[] string
held[] string
home string null
meter? string
owners[] string
reachable number
ring.acks number
ring.acks_wanted number
ring.copies number
ring.copies_wanted number
ring.fenced boolean
ring.id string
ring.in_ring boolean
ring.members number
ring.version number
ring.worst_ack string
shard number
silent[].address string
silent[].node string
silent[].reason string
state string)";

constexpr std::string_view kBackupCreate = R"(alerts number
began string
bytes number
cluster string
complete boolean
ended string
folder string
id string
intervals number
nodes[] string
readings number
shards number
sum string
unknown number)";

constexpr std::string_view kBackupList = R"(backups[].bytes number null
backups[].cluster string null
backups[].ended string null
backups[].folder string
backups[].id string null
backups[].nodes?[] string
backups[].readings number null
backups[].shards number null
backups[].state string)";

constexpr std::string_view kBackupVerify = R"(complete boolean
damaged[].file string
damaged[].readings number
damaged[].reason string
damaged[].shard number
folder string
id string
readings number
readings_sound number
shards number
sound boolean
unknown number)";

constexpr std::string_view kBackupRestore = R"(class? string
documents? number
dry_run boolean
id string
lost_shards? string
readings_in number
readings_out? number
refused? number
shards?[].readings_in number
shards?[].readings_out number
shards?[].shard number
shards?[].sum_in string
shards?[].sum_out string
sum_in? string
sum_out? string)";

constexpr std::string_view kRing = R"(at string
automatic boolean
majority number
nodes[].copies number
nodes[].draining boolean
nodes[].homes number
nodes[].id string
nodes[].node string
nodes[].reachable boolean
nodes[].weight number
nodes[].zone string
proposes_in_s number null
proposing boolean
ring.acks number
ring.acks_wanted number
ring.copies number
ring.copies_wanted number
ring.fenced boolean
ring.id string
ring.in_ring boolean
ring.members number
ring.version number
ring.worst_ack string
unreachable[] string
waiting[].id string
waiting[].node string
waiting[].seen_s number
waiting[].weight number
waiting[].zone string)";

constexpr std::string_view kRingPlan = R"(at string
plan.acks number
plan.balance_copies number
plan.balance_homes number
plan.copies number
plan.copies_moved number
plan.held_by_removed? string
plan.homes_moved number
plan.made_from string
plan.members number
plan.nodes[].copies_after number
plan.nodes[].copies_before number
plan.nodes[].homes_after number
plan.nodes[].homes_before number
plan.nodes[].id string
plan.nodes[].node string
plan.optimum number
plan.unreachable[] string
plan.version number
plan.warnings[] string
plan.would_lose string
plan.would_lose_count number
refused boolean)";

constexpr std::string_view kRingCommit = R"(outcome string
plan.acks number
plan.balance_copies number
plan.balance_homes number
plan.copies number
plan.copies_moved number
plan.held_by_removed? string
plan.homes_moved number
plan.made_from string
plan.members number
plan.nodes[].copies_after number
plan.nodes[].copies_before number
plan.nodes[].homes_after number
plan.nodes[].homes_before number
plan.nodes[].id string
plan.nodes[].node string
plan.optimum number
plan.unreachable[] string
plan.version number
plan.warnings[] string
plan.would_lose string
plan.would_lose_count number)";

constexpr std::string_view kNodeDrain = R"(draining boolean
node string)";

constexpr std::array<SchemaText, 16> kShardSchemas{{{"status promises", "wattring.promises/1", kPromises},
                                                    {"backup create", "wattring.backup-create/1", kBackupCreate},
                                                    {"backup list", "wattring.backup-list/1", kBackupList},
                                                    {"backup verify", "wattring.backup-verify/1", kBackupVerify},
                                                    {"backup restore", "wattring.backup-restore/1", kBackupRestore},
                                                    {"shards", "wattring.shards/1", kShards},
                                                    {"shards list", "wattring.shards/1", kShards},
                                                    {"shards moving", "wattring.shards/1", kShards},
                                                    {"shards where", "wattring.shard/1", kShard},
                                                    {"shards show", "wattring.shard/1", kShard},
                                                    {"ring show", "wattring.ring/1", kRing},
                                                    {"ring plan", "wattring.ring-plan/1", kRingPlan},
                                                    {"ring commit", "wattring.ring-commit/1", kRingCommit},
                                                    {"node drain", "wattring.node-drain/1", kNodeDrain},
                                                    {"node resume", "wattring.node-drain/1", kNodeDrain},
                                                    {"node remove", "wattring.ring-commit/1", kRingCommit}}};

}  // namespace

std::span<const SchemaText> shard_schema_texts() {
  return kShardSchemas;
}

}  // namespace wattring::ctl
