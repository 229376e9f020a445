// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "cluster/codec.hpp"
#include "tests/simulation/invariants.hpp"

/// 8 to 12: parts that meet again, ends and beginnings, ids and clusters.

namespace wattring::simulation {
namespace {

using cluster::EventKind;
using cluster::MemberState;
using cluster::Settings;

std::vector<Violation> split_and_heal(const Settings& settings, std::uint32_t parts, bool seeds_die) {
  Scene scene(world_of(settings));
  scene.demand(scene.form(12), 8, "no cluster forms");
  scene.world.leave(11);
  scene.demand(scene.all_hold(11, MemberState::left, 5 * kSecond), 8, "who left is not held so");
  for (Node node = 0; node < 12; ++node) scene.world.network().set_group(scene.world.node(node).place, node % parts);
  scene.world.run_for(kMinute);
  for (Node node = 0; seeds_die && node < 3; ++node) scene.world.crash(node);
  scene.world.run_for(20 * kSecond);
  scene.world.network().mend_all();
  scene.demand(scene.calm_within(60 * kSecond), 8,
               std::to_string(parts) + (seeds_die ? " parts without seeds" : " parts") + " do not heal");
  for (const Node node : scene.running())
    scene.demand(scene.world.state_at(node, 11) == MemberState::left, 8, "who left is back");
  return scene.finish();
}

/// What was true of a member once, told again to everybody.
void repeat_old_word(Scene& scene, const cluster::Record& once, MemberState state, std::uint32_t incarnation) {
  cluster::Record record = once;
  record.state = state;
  record.incarnation = incarnation;
  cluster::Message message;
  const cluster::ClusterObject& object = scene.world.cluster_object(0);
  message.header.cluster = cluster::cluster_hash(object.id, object.name);
  message.header.source = scene.world.node(0).id;
  message.header.source_nonce = scene.world.swim(0).self().life.nonce;
  message.body = cluster::Gossip{{{std::make_shared<const cluster::Record>(std::move(record)), {}, 0}}};
  const std::string frame = cluster::encode(message);
  for (const Node node : scene.running()) scene.world.inject(node, frame);
}

}  // namespace

std::vector<Violation> check_split(const Settings& settings) {
  std::vector<Violation> found;
  for (const std::uint32_t parts : {2U, 3U})
    for (const bool seeds_die : {false, true}) append(found, split_and_heal(settings, parts, seeds_die));
  Scene scene(world_of(settings));
  scene.demand(scene.form(5), 8, "no cluster forms");
  const cluster::Record once = scene.world.swim(4).self();
  scene.world.leave(4);
  scene.demand(scene.all_hold(4, MemberState::left, 5 * kSecond), 8, "who left is not held so");
  repeat_old_word(scene, once, MemberState::alive, 0);
  scene.world.run_for(kSecond);
  scene.demand(scene.all_hold(4, MemberState::left, 0), 8, "an old packet brings back who left");
  append(found, scene.finish());
  return found;
}

std::vector<Violation> check_leave(const Settings& settings) {
  std::vector<Violation> found;
  for (const std::size_t nodes : {2U, 3U, 5U, 20U}) {
    Scene scene(world_of(settings));
    scene.demand(scene.form(nodes), 9, "no cluster forms");
    const auto goes = static_cast<Node>(nodes - 1);
    scene.world.leave(goes);
    scene.world.run_for(kMinute);
    scene.demand(!scene.world.runs(goes), 9, "it never ends");
    scene.demand(scene.told(EventKind::failed) == 0, 9, "who leaves is said to have failed");
    for (const Node node : scene.running())
      scene.demand(scene.told(EventKind::left, {.of = goes, .at = node}) == 1, 9, "not told that it left, or twice");
    append(found, scene.finish());
  }
  return found;
}

std::vector<Violation> check_restart(const Settings& settings) {
  constexpr Node kOne = 3;
  std::vector<Violation> found;
  const StartOptions same;
  StartOptions lost_disk;
  lost_disk.lost_disk = true;
  StartOptions clock_back;
  clock_back.wall_back_ms = 3'600'000;
  StartOptions moved;
  moved.new_address = true;
  StartOptions all = lost_disk;
  all.wall_back_ms = clock_back.wall_back_ms;
  all.new_address = true;
  for (const StartOptions& how : {same, lost_disk, clock_back, moved, all}) {
    for (const std::int64_t away_ns : {50 * kMs, 5 * kSecond}) {
      Scene scene(world_of(settings));
      scene.demand(scene.form(5), 10, "no cluster forms");
      scene.world.run_for(10 * kSecond);
      const cluster::Record once = scene.world.swim(kOne).self();
      scene.world.crash(kOne);
      scene.world.run_for(away_ns);
      scene.world.start(kOne, how);
      const auto accepted = [&] {
        return std::ranges::all_of(scene.running(), [&](Node node) {
          const cluster::RecordPtr held = scene.world.swim(node).record_of(once.id);
          return held && held->life == scene.world.swim(kOne).self().life && held->state == MemberState::alive;
        });
      };
      scene.demand(scene.world.run_until(accepted, 2 * kSecond), 10, "a restart is not accepted within 2 s");
      for (const MemberState state : {MemberState::alive, MemberState::dead, MemberState::left})
        repeat_old_word(scene, once, state, 50);
      scene.demand(accepted(), 10, "late words about the earlier life count");
      scene.world.run_for(20 * kSecond);
      append(found, scene.finish());
    }
  }
  return found;
}

std::vector<Violation> check_duplicate(const Settings& settings) {
  Scene scene(world_of(settings));
  scene.demand(scene.form(5), 11, "no cluster forms");
  // While the holder cannot answer, a copy gets in.
  scene.world.pause(4);
  const Node copy = scene.world.add_copy(4);
  scene.world.start(copy);
  scene.world.run_for(15 * kSecond);
  scene.demand(scene.world.runs(copy), 11, "a copy is not let in although nobody holds its id");
  scene.world.resume(4);
  scene.world.run_until([&] { return scene.world.runs(copy) != scene.world.runs(4); }, 30 * kSecond);
  scene.demand(scene.world.runs(copy) != scene.world.runs(4), 11, "both holders of an id run, or none does");
  scene.calm_within(60 * kSecond);
  return scene.finish();
}

std::vector<Violation> check_strangers(const Settings& settings) {
  Scene scene(world_of(settings));
  scene.demand(scene.form(4), 12, "no cluster forms");
  const std::uint32_t other = scene.world.add_cluster("other");
  for (int i = 0; i < 2; ++i) {
    StartOptions how;
    how.seeds = {scene.world.endpoint(0)};
    scene.world.start(scene.world.add_node(other), how);
  }
  scene.world.crash(3);
  scene.world.start(scene.world.add_at_address_of(3, other));
  scene.world.run_for(kMinute);
  for (Node node = 0; node < 3; ++node) scene.demand(scene.world.swim(node).live_count() == 3, 12, "clusters mix");
  return scene.checker.violations();
}

}  // namespace wattring::simulation
