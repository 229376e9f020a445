// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "sharding/replica.hpp"
#include "tests/simulation/replication/checker.hpp"
#include "tests/simulation/replication/disk.hpp"
#include "tests/simulation/replication/entries.hpp"
#include "tests/simulation/replication/network.hpp"
#include "tests/simulation/replication/reference.hpp"
#include "tests/simulation/replication/rings.hpp"
#include "tests/simulation/scheduler.hpp"

namespace wattring::replication {

/// Deliberate defects of what stands around the core: disk, transfer, start.
enum class ShellMutant : std::uint8_t {
  none,
  transfer_replaces,                   ///< a transfer throws away what the receiver had
  transfer_claims_union,               ///< claims what the sender had at the end of the transfer
  facts_outside_claim,                 ///< keeps facts that came in after the claim was made
  boot_wipes_holder,                   ///< a start deletes shards of which the node is no owner
  sequence_reused_after_commit_error,  ///< goes on with the same writer after an error from commit
  old_writer_id_after_restore          ///< the writer follows from a counter on the disk
};
inline constexpr std::size_t kShellMutants = 7;
[[nodiscard]] std::string_view to_string(ShellMutant mutant);

struct WorldOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 5;
  std::size_t slots = 2;  ///< shards that get data
  std::size_t zones = 0;
  std::uint32_t copies = 3;
  std::uint32_t acks = 2;
  bool founder_first = false;  ///< the first ring has one member; the others join by the second
  sharding::ReplicaSettings settings;
  ShellMutant shell = ShellMutant::none;
  std::int64_t news_ns = 2 * kSecond;  ///< news of who can be reached take up to so long
  std::int64_t clock_ppm_max = 0;      ///< clocks run up to so much too fast or slow
  std::string trace;
};

/// What happened, so that a run in which nothing did is not taken for a good one.
struct Figures {
  std::uint64_t durable = 0;
  std::uint64_t held = 0;
  std::uint64_t unknown = 0;
  std::uint64_t refused = 0;
  std::uint64_t complete = 0;  ///< answers of level quorum
  std::uint64_t incomplete = 0;
  std::uint64_t home_reads = 0;  ///< answers of level home that said complete
  std::uint64_t token_reads = 0;
  std::uint64_t rehomes = 0;
  std::uint64_t drops = 0;
  std::uint64_t fills = 0;
  std::uint64_t transfers = 0;
  std::uint64_t pulls = 0;
  std::uint64_t amnesia = 0;
};

/// How one disk behaves at the moment.
struct DiskWeather {
  std::int64_t commit_ns = 2 * kMs;  ///< on average
  bool full = false;
};

/// Machines with disks, clocks and the replication core; one clock for all of it, one seed.
class World final : public simulation::EventHandler {
 public:
  explicit World(const WorldOptions& options);
  ~World() override;

  // Machines.
  Node add_node();
  void start(Node node);
  void crash(Node node);
  void pause(Node node, std::int64_t for_ns);
  /// The machine is gone for good.
  void destroy(Node node);
  /// The disk goes back to an image; `known`: the operator said so, the node draws a new generation.
  void set_back(Node node, const Image& image, bool known);
  void rot(Node node, EntryNo entry);
  /// The same, and no reader ever sees it: as if it had never been there.
  void vanish(Node node, EntryNo entry);
  /// The log form of some entries goes; their facts stay.
  void truncate(Node node, Prng& prng);
  void fail_next_commit(Node node, bool durable);
  void mend_disk(Node node);
  [[nodiscard]] bool running(Node node) const { return machines_[node].replica != nullptr; }
  [[nodiscard]] bool paused(Node node) const { return machines_[node].paused; }
  [[nodiscard]] bool gone(Node node) const { return machines_[node].gone; }
  [[nodiscard]] std::size_t size() const { return machines_.size(); }
  [[nodiscard]] const sharding::Replica& replica(Node node) const { return *machines_[node].replica; }
  [[nodiscard]] Disk& disk(Node node) { return machines_[node].disk; }
  [[nodiscard]] DiskWeather& disk_weather(Node node) { return machines_[node].weather; }

  // Links and what is known of them.
  [[nodiscard]] Network& network() { return network_; }
  void release_clogged();
  /// Somebody's reach has changed: all will hear of it, each at another time.
  void news();
  /// `observer` holds `subject` unusable for a while, whatever is true.
  void slander(Node observer, Node subject, std::int64_t for_ns);
  void end_slander();
  void review(Node observer);
  void set_news(std::int64_t news_ns) { options_.news_ns = news_ns; }
  /// It holds usable whom it can talk to, and nobody else.
  [[nodiscard]] bool sees_all(Node observer) const;
  [[nodiscard]] bool reaches(Node from, Node to) const;

  // Rings.
  [[nodiscard]] Rings& rings() { return rings_; }
  void learn_rings(Node node, std::uint64_t newest);
  void learn_rings_from(Node node, Node from);
  [[nodiscard]] std::uint64_t oldest_ring(Node node) const { return machines_[node].oldest_ring; }
  [[nodiscard]] std::uint64_t newest_ring(Node node) const { return machines_[node].newest_ring; }

  /// What a process draws its entries with; two with the same pen are clones.
  [[nodiscard]] const Pen& pen(Node node) const { return machines_[node].pen; }
  void set_pen(Node node, const Pen& pen) { machines_[node].pen = pen; }

  // Clients. False: nobody to ask there.
  bool write(Node gateway, std::span<const Slot> slots);
  bool read_quorum(Node node, Slot slot);
  void read_home(Node node, Slot slot);
  void read_token(Node node, EntryNo entry);
  /// Called when a write ends, with its class.
  std::function<void(Node gateway, sharding::AckClass level, const std::vector<EntryNo>& entries)> on_written;
  std::function<void(Node node, Slot slot, bool complete)> on_read;

  // Time.
  [[nodiscard]] std::int64_t now_ns() const { return scheduler_.now_ns(); }
  void at(std::int64_t time_ns, std::function<void()> action);
  void run_for(std::int64_t duration_ns);
  /// False when the checker has something.
  bool run_until(std::int64_t time_ns);
  void on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) override;

  [[nodiscard]] const WorldOptions& options() const { return options_; }
  [[nodiscard]] EntryBook& book() { return book_; }
  [[nodiscard]] Checker& checker() { return checker_; }
  [[nodiscard]] History& history() { return history_; }
  [[nodiscard]] Prng& prng() { return prng_; }
  [[nodiscard]] simulation::Trace& trace() { return trace_; }
  [[nodiscard]] std::uint64_t executed() const { return scheduler_.executed(); }
  Figures figures;
  /// Sees every message when it is sent, and may keep it back (false): for directed schedules.
  std::function<bool(Node from, Node to, const sharding::PeerMessage&)> filter;
  [[nodiscard]] std::int64_t local_ns(Node node) const;
  [[nodiscard]] std::int64_t true_ns(Node node, std::int64_t local_ns) const;

 private:
  enum Code : std::uint32_t { kDeliver, kTick, kCommit, kAction };
  struct OpenWrite {
    std::vector<EntryNo> entries;
    std::uint64_t ring = 0;  ///< in force when it began
    bool two_zones = false;
  };
  struct OpenRead {
    Slot slot = 0;
    std::int64_t asked_ns = 0;
  };
  struct Machine {
    Disk disk;
    DiskWeather weather;
    std::unique_ptr<sharding::Replica> replica;  ///< none: it does not run
    Pen pen;
    std::uint64_t life = 0;
    bool gone = false;
    bool paused = false;
    std::int64_t paused_ns = 0;
    std::vector<std::function<void()>> waiting;  ///< what happens when the pause is over
    std::int64_t clock_ppm = 0;
    std::int64_t clock_offset_ns = 0;
    std::int64_t tick_at_ns = -1;
    std::uint32_t usable = 0;  ///< as it believes; a bit for each node
    std::array<std::int64_t, kNodesMax> usable_since_ns{};
    std::array<std::int64_t, kNodesMax> slandered_until_ns{};
    std::uint64_t oldest_ring = 0;
    std::uint64_t newest_ring = 0;
    std::uint64_t last_number = 0;
    std::map<std::uint64_t, OpenWrite> writes;
    std::map<std::uint64_t, OpenRead> reads;
    std::map<std::uint64_t, std::vector<EntryNo>> sent;  ///< entries of Append messages, by their number
    Bits damaged;                                        ///< what the process was told is rotten
    std::uint32_t dropping = 0;                          ///< slots, a bit each
    bool commit_fails = false;
    bool failed_commit_is_durable = false;
  };

  // What a process does.
  template <class Call>
  void step(Node node, Call call);
  void perform(Node node, sharding::ReplicaEffects& effects);
  void perform(Node node, sharding::effect::Send& effect);
  void perform(Node node, const sharding::effect::Append& effect);
  void perform(Node node, const sharding::effect::WriteDone& effect);
  void perform(Node node, const sharding::effect::ReadEntries& effect);
  void perform(Node node, const sharding::effect::FetchShard& effect);
  void perform(Node node, const sharding::effect::KeepFilled& effect);
  void perform(Node node, const sharding::effect::Drop& effect);
  void perform(Node node, const sharding::effect::ExchangeDone& effect);
  void perform(Node node, const sharding::effect::RingWanted& effect);
  void perform(Node node, const sharding::effect::RoutesChanged& effect);
  void perform(Node node, const sharding::effect::RenewGeneration& effect);
  void perform(Node node, const sharding::effect::DigestContent& effect);
  void after_step(Node node);
  void arrange_tick(Node node);
  void tick(Node node);

  // Messages.
  void send(Node from, Node to, sharding::PeerMessage message);
  void deliver(std::uint32_t letter);
  void receive(Letter letter);
  void observe_sent(Node from, Node to, const sharding::PeerMessage& message);
  void observe_received(const Letter& letter);

  // Disks.
  void commit(Node node, std::uint64_t life);
  void committed(Node node, std::vector<DiskOp> group);
  void check_claims(Node node);
  void report(Node node, const DiskOp& op);
  void report_drop(Node node, ShardId shard, bool done);
  void restart_after_error(Node node, const Pen& pen);
  void disk_changed(Node node, Change change);
  struct Transfer {
    Node from = kNoNode;
    Node to = kNoNode;
    std::uint64_t life = 0;
    ShardId shard;
    Bits facts;
    Bits claim;
  };
  void begin_transfer(Transfer transfer);
  void end_transfer(const Transfer& transfer);
  void fail_transfer(const Transfer& transfer);
  void answer_pull(Node node, const sharding::effect::ReadEntries& effect);

  void found();
  void boot(Node node);
  void draw_writer(Node node);
  void notice_damage(Node node);
  [[nodiscard]] std::vector<sharding::Replica::Held> held(Node node) const;
  void trim_rings(Node node);
  [[nodiscard]] bool two_zones(Node node) const;
  void note_zones(Node node);
  /// In the process as it is now, or when its pause is over; never in a later life.
  void in_process(Node node, std::int64_t delay_ns, std::function<void()> action);
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high);

  WorldOptions options_;
  Prng prng_;
  simulation::Scheduler scheduler_;
  simulation::Trace trace_;
  EntryBook book_;
  Rings rings_;
  Checker checker_;
  History history_;
  Network network_;
  std::vector<Machine> machines_;
  std::vector<std::function<void()>> actions_;
  std::vector<std::uint32_t> free_actions_;
  std::vector<std::uint32_t> clogged_;  ///< letters that wait
  sharding::ReplicaEffects effects_;
  std::vector<EntryNo> scratch_;
};

}  // namespace wattring::replication
