// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/checker.hpp"

#include <algorithm>

#include "cluster/dissemination.hpp"

namespace wattring::simulation {
namespace {

using cluster::EventKind;
using cluster::MemberState;
using cluster::RecordPtr;

constexpr std::size_t kViolationsKept = 20;
constexpr std::size_t kPendingProbesMax = 192;  // probes, relays and held joins together

std::string described(const cluster::Record& record) {
  return record.name + " (epoch " + std::to_string(record.life.epoch) + ", incarnation " +
         std::to_string(record.incarnation) + ", " + std::string(cluster::to_string(record.state)) + ")";
}

const LifeTruth* truth_of(const World& world, const cluster::Record& record) {
  const auto lives = world.truth().find(record.id);
  if (lives == world.truth().end()) return nullptr;
  const auto life = std::ranges::find(lives->second, record.life, &LifeTruth::life);
  return life == lives->second.end() ? nullptr : &*life;
}

/// Its process is there, under this very life.
bool lives_on(const World& world, const LifeTruth& life) {
  return world.runs(life.node) && world.swim(life.node).self().life == life.life && !life.left;
}

}  // namespace

std::string to_text(const Violation& violation) {
  return "invariant " + std::to_string(violation.invariant) + " at " + std::to_string(violation.at_ns / kMs) + " ms, " +
         (violation.node == kNone ? "all" : "n" + std::to_string(violation.node)) + ": " + violation.what;
}

void Checker::add(int invariant, const World& world, Node node, std::string what) {
  if (violations_.size() < kViolationsKept) violations_.push_back({invariant, world.now_ns(), node, std::move(what)});
}

void Checker::on_start(const World& /*world*/, Node node) {
  if (seen_.size() <= node) seen_.resize(node + 1);
  seen_[node] = {};
}

void Checker::on_member_event(const World& world, Node node, const cluster::MemberEvent& event) {
  told_.push_back({world.now_ns(), node, event.kind, event.record->id});
  if (event.kind != EventKind::failed) return;
  const LifeTruth* life = truth_of(world, *event.record);
  if (life == nullptr || !lives_on(world, *life)) return;
  false_failures_.push_back({world.now_ns(), node, event.record->id, event.record->name});
  if (options_.forbid_false_failures) add(4, world, node, "holds " + described(*event.record) + " dead, which runs");
}

void Checker::after_step(const World& world, Node node) {
  const cluster::Swim& swim = world.swim(node);
  const cluster::Swim::Load load = swim.load();
  const std::size_t ids = world.truth().size();
  const bool bounded = load.queued_news <= std::min(ids, cluster::kNewsQueueMax) &&
                       load.pending_probes <= kPendingProbesMax && load.suspicions <= ids && load.side_states <= ids;
  if (!bounded)
    add(14, world, node,
        "keeps " + std::to_string(load.queued_news) + " news, " + std::to_string(load.pending_probes) + " probes, " +
            std::to_string(load.suspicions) + " suspicions for " + std::to_string(ids) + " ids");
  if (options_.scan && seen_[node].version != swim.view_version()) scan(world, node);
}

void Checker::scan(const World& world, Node node) {
  Seen& seen = seen_[node];
  const cluster::Swim& swim = world.swim(node);
  seen.version = swim.view_version();
  for (const auto& [id, lives] : world.truth()) {
    const RecordPtr now = swim.record_of(id);
    RecordPtr& before = seen.records[id];
    if (now != before) check_record(world, node, before, now);
    before = now;
  }
}

void Checker::check_record(const World& world, Node node, const RecordPtr& before, const RecordPtr& now) {
  if (!now) {
    if (is_live(*before)) add(2, world, node, "forgot " + described(*before));
    return;
  }
  if (before && !(*now == *before) && !supersedes(*now, *before))
    add(2, world, node, "went back from " + described(*before) + " to " + described(*now));
  const LifeTruth* life = truth_of(world, *now);
  if (life == nullptr) return add(2, world, node, "knows a life that never was: " + described(*now));
  if (now->incarnation > life->incarnation)
    add(2, world, node,
        "knows " + described(*now) + ", whose owner was only at incarnation " + std::to_string(life->incarnation));
  if (now->state == MemberState::left && !life->left) add(9, world, node, described(*now) + " never left");
  if (world.node(life->node).cluster != world.node(node).cluster)
    add(12, world, node, "knows " + described(*now) + " of another cluster");
}

bool Checker::calm(const World& world) {
  std::map<std::uint32_t, std::pair<std::size_t, std::uint64_t>> running;  // cluster -> how many, their hash
  for (Node node = 0; node < world.size(); ++node) {
    if (!world.runs(node)) continue;
    auto& [count, hash] = running[world.node(node).cluster];
    if (count++ == 0) hash = world.swim(node).view_hash();
    if (hash != world.swim(node).view_hash()) return false;
  }
  for (Node node = 0; node < world.size(); ++node) {
    if (!world.runs(node)) continue;
    const cluster::Swim::Load load = world.swim(node).load();
    if (world.swim(node).live_count() != running[world.node(node).cluster].first || load.suspicions != 0) return false;
  }
  return true;
}

void Checker::check_calm(const World& world) {
  std::map<NodeId, Node> holders;
  for (Node node = 0; node < world.size(); ++node) {
    if (!world.runs(node)) continue;
    const auto [other, first] = holders.emplace(world.node(node).id, node);
    if (!first) add(11, world, node, "runs with the id of n" + std::to_string(other->second));
  }
  for (Node observer = 0; observer < world.size(); ++observer) {
    if (!world.runs(observer)) continue;
    for (const auto& [id, lives] : world.truth()) {
      const auto holder = holders.find(id);
      if (holder != holders.end() && world.node(holder->second).cluster == world.node(observer).cluster)
        check_known(world, observer, holder->second);
      else if (holder == holders.end())
        check_gone(world, observer, id, lives);
    }
  }
}

void Checker::check_known(const World& world, Node observer, Node other) {
  const cluster::Record& truth = world.swim(other).self();
  const RecordPtr held = world.swim(observer).record_of(truth.id);
  if (!held) return add(8, world, observer, "does not know " + described(truth));
  if (held->life == truth.life && held->incarnation == truth.incarnation && held->state == MemberState::alive) return;
  const int invariant = held->life != truth.life ? 10 : 7;
  add(invariant, world, observer, "holds " + described(*held) + ", which is " + described(truth));
}

void Checker::check_gone(const World& world, Node observer, const NodeId& id, const std::vector<LifeTruth>& lives) {
  const RecordPtr held = world.swim(observer).record_of(id);
  if (!held || !is_live(*held)) return;
  const bool left = !lives.empty() && lives.back().left;
  add(left ? 9 : 3, world, observer, "holds " + described(*held) + ", which runs nowhere");
}

}  // namespace wattring::simulation
