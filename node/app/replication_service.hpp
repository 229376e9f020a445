// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "node/app/holdings.hpp"
#include "node/app/peer_calls.hpp"
#include "node/app/replication_turns.hpp"
#include "node/gateway/write_token.hpp"

namespace wattring::app {

/// Replication as a thread: it owns the core, the agreement on the ring and the sockets to the other nodes. Any thread
/// may call anything but start() and stop(), which are its owner's.
class ReplicationService final : public WriteDoor {
 public:
  struct Options {
    NodeId self;
    std::uint64_t cluster = 0;  ///< cluster::cluster_hash
    ReplicationTurns::Options turns{};
    std::size_t commands_max = 65'536;
  };
  /// All must outlive it. `on_unknown` runs once when a commit ended without a known outcome.
  struct Doors {
    persistence::JournalWriter& journal;
    ShardWorkers& workers;
    const sharding::ShardKey& key;
    const Clock& clock;
    Metrics& metrics;
    std::shared_ptr<Log> log;
    std::function<void()> on_unknown;
  };
  [[nodiscard]] static Result<std::unique_ptr<ReplicationService>> make(const Options& options, const Doors& doors,
                                                                        std::unique_ptr<cluster::Transport> transport,
                                                                        RecoveredHoldings holdings,
                                                                        const persistence::Journal& disk, Prng prng);
  ~ReplicationService() override;

  void start();
  /// Ends the thread; commands that wait are let go. Idempotent.
  void stop();
  /// From now on other nodes should not count on this one. Returns when all that is under way here has come to its end
  /// and nothing new came for a moment, or the time is up.
  void leave(std::int64_t timeout_ms);

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  void set_view(std::shared_ptr<const cluster::View> view);
  /// What the workers find unreadable.
  void damaged(ShardId shard, const sharding::Coverage& unreadable);
  /// Something sealed of the shard was read and does not verify: another owner's copy is fetched, now and then.
  void suspect(ShardId shard);

  [[nodiscard]] bool write(sharding::PackPtr pack, std::shared_ptr<CutBatch> cut, OnDone done) override;
  [[nodiscard]] Admission admission() const override;

  /// Who is home of what, as this node sees it; never null.
  [[nodiscard]] std::shared_ptr<const sharding::Routes> routes() const;
  /// Brings the shard up to date with its other owners. fresh_enough: what was so a second ago will do.
  [[nodiscard]] std::future<Completeness> exchange(ShardId shard, bool fresh_enough);
  /// A new one; `done` on the thread of replication, which must not be held up. False when stopped.
  [[nodiscard]] bool exchange(ShardId shard, ReplicationTurns::OnComplete done);
  /// Whether what the token names of this shard is on this disk and handed to the workers. Waits for a turn.
  [[nodiscard]] bool holds(const gateway::WriteToken& token, ShardId shard);

  /// Questions of other nodes; before start().
  void on_call(PeerCalls::Handler handler) { handler_ = std::move(handler); }
  /// See PeerCalls::call().
  [[nodiscard]] Result<std::string> call(const NodeId& to, std::string_view question, std::int64_t timeout_ns) {
    return calls_.call(to, question, timeout_ns);
  }

  /// What is here of all shards, and what goes on around the ring.
  struct Holding {
    std::vector<sharding::Replica::Role> roles{};  ///< by shard
    sharding::Replica::Counts counts{};
    std::vector<NodeId> lagging{};
    /// By shard: nothing is acknowledged as DURABLE under an older ring any more, so it can be under the one in force.
    std::vector<bool> fenced{};
    RingTurns::Look ring{};
    std::int64_t now_ns = 0;                           ///< of the turn
    std::vector<ShardTransfers::Arriving> arriving{};  ///< whole shards on their way here
    std::optional<std::int64_t> filled_in_ns{};        ///< see FillPace::left_ns()
  };
  /// Waits for a turn.
  [[nodiscard]] Holding holding();
  /// Waits for the outcome of a ballot; busy when there is none in time.
  [[nodiscard]] Result<sharding::ProposalOutcome> propose(sharding::Ring next, std::int64_t timeout_ns);

  struct Status {
    std::uint64_t ring_version = 0;  ///< 0: knows none
    std::uint32_t members = 0;
    std::uint32_t copies = 0;  ///< in force
    std::uint32_t acks = 0;
    std::uint64_t shards_owned = 0;
    std::uint64_t shards_moving = 0;  ///< being filled
    std::uint64_t shards_held = 0;    ///< for others
    std::uint64_t shards_missing = 0;
    std::uint64_t homes = 0;
    std::vector<NodeId> lagging;
    bool can_write = false;
  };
  [[nodiscard]] Status status();

 private:
  ReplicationService(const Options& options, const Doors& doors, std::unique_ptr<cluster::Transport> transport);
  /// False when stopped or full.
  bool post(ReplicationTurns::Command command);
  /// Runs `look` in a turn and waits for it; `otherwise` when stopped.
  template <class T>
  T ask(std::function<T(ReplicationTurns&)> look, T otherwise);
  void run();

  const Options options_;
  const Doors doors_;
  DataLinks links_;
  const std::string endpoint_;
  std::unique_ptr<ReplicationTurns> turns_;
  PeerCalls::Handler handler_;
  PeerCalls calls_;
  std::thread thread_;
  std::atomic<std::int64_t> last_news_ns_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<ReplicationTurns::Command> commands_;
  std::shared_ptr<const cluster::View> view_;  ///< the newest that was not taken yet
  bool running_ = false;
  bool stopping_ = false;
  std::shared_ptr<const sharding::Routes> routes_;
  Admission admission_;
};

}  // namespace wattring::app
