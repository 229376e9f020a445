// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "cluster/codec.hpp"
#include "tests/cluster/frame_mutator.hpp"
#include "tests/simulation/invariants.hpp"
#include "tests/simulation/run.hpp"

/// 1, 2, 13 and 15: what is believed of what is heard.

namespace wattring::simulation {
namespace {

using cluster::Gossip;
using cluster::MemberState;
using cluster::News;
using cluster::Record;
using cluster::Settings;

cluster::Message said(const World& world, Node by, cluster::Body body) {
  cluster::Message message;
  const cluster::ClusterObject& object = world.cluster_object(world.node(by).cluster);
  message.header.cluster = cluster::cluster_hash(object.id, object.name);
  message.header.source = world.node(by).id;
  message.header.source_nonce = world.swim(by).self().life.nonce;
  message.header.view_hash = world.swim(by).view_hash();
  message.body = std::move(body);
  return message;
}

/// Anything about one member. A death comes with enough refusals to be believed at once (docs/decisions/0008).
std::vector<News> sayings(Prng& prng) {
  NodeId id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.below(256));
  std::vector<News> all;
  for (int i = 0; i < 6; ++i) {
    Record record;
    record.id = id;
    record.life = {1 + prng.below(2), 7 + prng.below(2)};
    record.incarnation = static_cast<std::uint32_t>(prng.below(3));
    record.state = static_cast<MemberState>(prng.below(4));
    record.name = "x";
    record.endpoints.membership = "10.9.9.9:1";
    News news{nullptr, {}, 0};
    for (std::uint8_t accuser = 1; record.state == MemberState::dead && accuser <= 3; ++accuser) {
      NodeId by;
      by.bytes[0] = accuser;
      news.accusations.push_back({by, cluster::Evidence::refused});
    }
    news.record = std::make_shared<const Record>(std::move(record));
    all.push_back(std::move(news));
  }
  return all;
}

/// What a lone node holds after hearing all that in this order.
Record believed(const Settings& settings, const std::vector<News>& heard) {
  World world(world_of(settings));
  world.start(world.add_node(), {.seeds = {}, .founds = true});
  for (const News& news : heard) {
    cluster::Message message = said(world, 0, Gossip{{news}});
    message.header.source = heard.front().record->id;  // nobody listens to itself
    world.inject(0, cluster::encode(message));
  }
  return *world.swim(0).record_of(heard.front().record->id);
}

}  // namespace

std::vector<Violation> check_merge(const Settings& settings) {
  Scene scene(world_of(settings));
  Prng prng(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<News> all = sayings(prng);
    const Record once = believed(settings, all);
    for (std::size_t i = 0; i < 3; ++i) all.push_back(News(all[i]));
    for (std::size_t i = all.size() - 1; i > 0; --i) std::swap(all[i], all[prng.below(i + 1)]);
    scene.demand(believed(settings, all) == once, 1,
                 "another order, another belief, in round " + std::to_string(round));
  }
  return scene.checker.violations();
}

std::vector<Violation> check_no_step_back(const Settings& settings) {
  std::vector<Violation> found;
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    RunOptions options;
    options.seed = seed;
    options.settings = settings;
    options.minutes = 2;
    options.faults = parse_faults("crash,pause,cut,partition,late,reorder,duplicate").value();
    append(found, run(options).violations);
  }
  return found;
}

std::vector<Violation> check_any_bytes(const Settings& settings) {
  WorldOptions how = world_of(settings);
  how.codec = true;
  Scene scene(how);
  scene.demand(scene.form(3), 13, "no cluster forms");
  Prng prng(5);
  for (int i = 0; i < 5'000; ++i) {
    const auto to = static_cast<Node>(prng.below(3));
    std::vector<News> news = sayings(prng);
    Record broken = *news.back().record;
    broken.name.clear();  // no member is without a name
    news.push_back({std::make_shared<const Record>(std::move(broken)), {}, 0});
    std::string frame = cluster::encode(said(scene.world, (to + 1) % 3, Gossip{news}));
    if (prng.chance(0.5)) cluster::mutate(frame, prng);
    const std::uint64_t failures = scene.world.decode_failures();
    const std::uint64_t version = scene.world.swim(to).view_version();
    scene.world.inject(to, frame);
    if (scene.world.decode_failures() == failures + 1)
      scene.demand(scene.world.swim(to).view_version() == version, 13, "bytes that do not decode changed the view");
    else
      scene.demand(scene.world.swim(to).record_of(news.front().record->id) == nullptr, 13, "part of a message counts");
  }
  return scene.checker.violations();
}

std::vector<Violation> check_same_seed(const Settings& settings) {
  Scene scene(world_of(settings));
  std::vector<std::string> disorder;  // another heap for each run
  Prng prng(1);
  for (const std::uint64_t seed : {1U, 2U}) {
    RunOptions options;
    options.seed = seed;
    options.settings = settings;
    options.minutes = 1;
    const RunResult first = run(options);
    for (int i = 0; i < 20'000; ++i) disorder.emplace_back(prng.below(400), 'x');
    for (std::string& text : disorder)
      if (prng.chance(0.5)) std::string().swap(text);
    scene.demand(run(options).hash == first.hash, 15, "seed " + std::to_string(seed) + " does not repeat itself");
  }
  return scene.checker.violations();
}

}  // namespace wattring::simulation
