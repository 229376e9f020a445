// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "cluster/codec.hpp"
#include "tests/simulation/invariants.hpp"
#include "tests/simulation/run.hpp"

/// 14: nothing grows without bound, and idle traffic not with the cluster.

namespace wattring::simulation {
namespace {

using cluster::Settings;

constexpr std::size_t kLinksMax = 80;  // 16 neighbours, and who was looked at within the minute that links are kept

double idle_messages_per_s(const Settings& settings, std::size_t nodes, std::vector<Violation>& found) {
  Scene scene(world_of(settings));
  scene.demand(scene.form(nodes), 14, "no cluster forms");
  scene.world.run_for(90 * kSecond);
  const auto sent = [&] {
    std::uint64_t sum = 0;
    for (Node node = 0; node < nodes; ++node) sum += scene.world.node(node).messages;
    return sum;
  };
  const std::uint64_t before = sent();
  scene.world.run_for(kMinute);
  scene.demand(scene.world.network().links() <= kLinksMax * nodes, 14,
               std::to_string(scene.world.network().links()) + " links of " + std::to_string(nodes));
  append(found, scene.finish());
  return static_cast<double>(sent() - before) / 60 / static_cast<double>(nodes);
}

/// A thousand words about one and the same are one to be passed on.
std::vector<Violation> one_subject(const Settings& settings) {
  Scene scene(world_of(settings), {.scan = false});
  scene.demand(scene.form(3), 14, "no cluster forms");
  scene.world.run_for(kMinute);
  cluster::Record record = scene.world.swim(0).self();
  record.id.bytes[0] ^= 1U;
  cluster::Message message;
  const cluster::ClusterObject& object = scene.world.cluster_object(0);
  message.header.cluster = cluster::cluster_hash(object.id, object.name);
  message.header.source = scene.world.node(0).id;
  message.header.source_nonce = scene.world.swim(0).self().life.nonce;
  for (record.incarnation = 0; record.incarnation < 1'000; ++record.incarnation) {
    message.body = cluster::Gossip{{{std::make_shared<const cluster::Record>(record), {}, 0}}};
    scene.world.inject(1, cluster::encode(message));
  }
  return scene.checker.violations();
}

}  // namespace

std::vector<Violation> check_bounds(const Settings& settings) {
  std::vector<Violation> found;
  const double few = idle_messages_per_s(settings, 20, found);
  const double many = idle_messages_per_s(settings, 120, found);
  if (many > few * 1.2)
    found.push_back(
        {14, 0, kNone,
         "idle " + std::to_string(few) + " messages/s each, with six times the nodes " + std::to_string(many)});
  // What everybody has to say after a split, with all that goes wrong on the way.
  RunOptions options;
  options.settings = settings;
  options.nodes = 30;
  options.minutes = 2;
  append(found, run(options).violations);
  append(found, one_subject(settings));
  return found;
}

}  // namespace wattring::simulation
