// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/swim.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/node_clock.hpp"

namespace wattring::simulation {

/// A place for a process with its disk; several may hold copies of one id.
using Node = std::uint32_t;

struct WorldOptions {
  std::uint64_t seed = 1;
  cluster::Settings settings;
  Weather weather;
  bool codec = false;         ///< every message goes as bytes
  bool varied_clocks = true;  ///< rates within ten per cent, any offset
};

struct StartOptions {
  std::vector<std::string> seeds;  ///< besides the world's
  bool founds = false;             ///< no seeds at all
  bool lost_disk = false;          ///< only the id is known
  bool new_address = false;
  std::int64_t wall_back_ms = 0;  ///< the wall clock went back by so much
};

/// What a node finds at its next start.
struct Disk {
  std::uint64_t epoch = 0;
  cluster::Catalog catalog;
  std::vector<std::string> peers;
};

/// One start of a member as its owner knows it; the truth that observers are held against.
struct LifeTruth {
  cluster::Life life;
  Node node = kNone;
  std::uint32_t incarnation = 0;  ///< the highest it took
  bool left = false;
};

class World;

/// Looks on; may not change anything.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_member_event(const World& world, Node node, const cluster::MemberEvent& event) = 0;
  virtual void after_step(const World& world, Node node) = 0;
  virtual void on_start(const World& world, Node node) = 0;
};

/// Machines, their processes and what befalls them, under one seed. Everything goes through one event queue.
class World final : public Receiver, public EventHandler {
 public:
  explicit World(WorldOptions options);
  ~World() override;

  enum class Process : std::uint8_t { none, running, paused };
  struct NodeState {
    NodeId id;
    std::string name;
    Place place = kNone;
    Port port = kNone;
    Process process = Process::none;
    NodeClock clock;
    std::int64_t wall_offset_ms = 0;
    Prng prng{0};
    Disk disk;
    std::uint32_t cluster = 0;
    std::unique_ptr<cluster::Swim> swim;
    bool left = false;                             ///< ended by leave()
    std::optional<cluster::effect::Stop> stopped;  ///< ended by its own word
    std::int64_t started_ns = 0;
    std::int64_t disturbed_ns = 0;  ///< when it last stood still, was slow or cut off
    std::int64_t tick_ns = -1;      ///< the tick that is scheduled
    std::uint64_t tick_number = 0;
    bool held = false;
    std::vector<cluster::effect::Send> outbox;  ///< while held
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };

  // Building.
  std::uint32_t add_cluster(const std::string& name);
  Node add_node(std::uint32_t cluster = 0);
  /// Another machine with a copy of that node's disk and id.
  Node add_copy(Node of);
  /// Another id at the address of that node.
  Node add_at_address_of(Node other, std::uint32_t cluster = 0);
  void set_seeds(std::vector<std::string> seeds) { seeds_ = std::move(seeds); }

  // What befalls a node.
  void start(Node node, const StartOptions& how = {});
  void crash(Node node);  ///< kill -9
  void power_off(Node node);
  void power_on(Node node);  ///< the machine; start() starts the process
  void pause(Node node);
  void resume(Node node);
  /// Stands still for `still` out of each `still + awake`, until then.
  void starve(Node node, std::int64_t still_ns, std::int64_t awake_ns, std::int64_t until_ns);
  /// Nothing gets in or out for a while; its timers run on. What waits goes its way at the end.
  void hold(Node node);
  void release(Node node);
  void leave(Node node);
  void wipe(Node node);  ///< a new id and an empty disk at the same place; not running
  /// Bytes from nowhere, as if they had come in on a connection.
  void inject(Node node, std::string bytes);
  void act(Node node, const std::function<void(cluster::Swim&, std::int64_t, cluster::Effects&)>& action);

  // Time.
  void at(std::int64_t time_ns, std::function<void()> action);
  void run_for(std::int64_t duration_ns) { scheduler_.run_until(now_ns() + duration_ns); }
  void run_until(std::int64_t time_ns) { scheduler_.run_until(time_ns); }
  /// Looks every `step`; false when it is still not so after `limit`.
  bool run_until(const std::function<bool()>& condition, std::int64_t limit_ns, std::int64_t step_ns = 50 * kMs);
  [[nodiscard]] std::int64_t now_ns() const { return scheduler_.now_ns(); }

  // Looking.
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const NodeState& node(Node node) const { return nodes_[node]; }
  [[nodiscard]] bool runs(Node node) const { return nodes_[node].process != Process::none; }
  [[nodiscard]] const std::string& endpoint(Node node) const { return network_.name(nodes_[node].place); }
  [[nodiscard]] const cluster::Swim& swim(Node node) const { return *nodes_[node].swim; }
  [[nodiscard]] cluster::MemberState state_at(Node observer, Node of) const;  ///< WATTRING_CHECKs that it is known
  [[nodiscard]] bool knows(Node observer, Node of) const;
  [[nodiscard]] const std::map<NodeId, std::vector<LifeTruth>>& truth() const { return truth_; }
  [[nodiscard]] const cluster::ClusterObject& cluster_object(std::uint32_t cluster) const { return clusters_[cluster]; }
  [[nodiscard]] const WorldOptions& options() const { return options_; }
  [[nodiscard]] std::uint64_t executed() const { return scheduler_.executed(); }
  [[nodiscard]] std::uint64_t decode_failures() const { return decode_failures_; }
  Network& network() { return network_; }
  [[nodiscard]] const Network& network() const { return network_; }
  Trace& trace() { return trace_; }
  Prng& prng() { return prng_; }

  void add_observer(Observer& observer) { observers_.push_back(&observer); }
  /// Each message on its way out, by its sender: may change it; false drops it.
  void set_filter(std::function<bool(Node from, const cluster::Route& to, cluster::Message&)> filter) {
    filter_ = std::move(filter);
  }
  /// Sizes of all messages as bytes are counted too; slow.
  void count_bytes(bool on) { count_bytes_ = on; }
  void mark_disturbed(Node node) { nodes_[node].disturbed_ns = now_ns(); }

  void receive(Port port, Arrival arrival) override;
  void on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) override;

 private:
  Node add_state(std::uint32_t cluster);
  [[nodiscard]] std::string fresh_endpoint();
  [[nodiscard]] cluster::Swim::Self self_of(NodeState& state, const StartOptions& how);
  [[nodiscard]] std::vector<std::string> seeds_of(const NodeState& state, const StartOptions& how) const;
  void step(Node node, const std::function<void(cluster::Swim&, std::int64_t)>& action);
  void carry_out(Node node, cluster::Effect& effect);
  void send(Node node, cluster::effect::Send& send);
  void hand_in(Node node, Arrival& arrival);
  void hand_in_message(Node node, Arrived& arrived);
  void learn_truth(Node node);
  void schedule_tick(Node node);
  void tick(Node node, std::uint64_t number);
  void end_process(Node node);
  [[nodiscard]] LifeTruth& truth_of(Node node);

  static constexpr std::uint32_t kTickCode = 0;
  static constexpr std::uint32_t kActionCode = 1;

  WorldOptions options_;
  Prng prng_;
  Scheduler scheduler_;
  Trace trace_;
  Network network_;
  std::vector<cluster::ClusterObject> clusters_;
  std::vector<NodeState> nodes_;
  std::vector<Node> by_port_;
  std::vector<std::string> seeds_;
  std::map<NodeId, std::vector<LifeTruth>> truth_;
  std::vector<std::function<void()>> actions_;
  std::vector<Observer*> observers_;
  std::function<bool(Node, const cluster::Route&, cluster::Message&)> filter_;
  cluster::Effects effects_;
  std::uint32_t addresses_ = 0;
  std::uint64_t decode_failures_ = 0;
  bool count_bytes_ = false;
};

}  // namespace wattring::simulation
