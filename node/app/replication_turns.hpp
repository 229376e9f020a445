// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/app/data_links.hpp"
#include "node/app/disk_notes.hpp"
#include "node/app/fill_pace.hpp"
#include "node/app/foreign_pack.hpp"
#include "node/app/log_reader.hpp"
#include "node/app/replication_gauges.hpp"
#include "node/app/ring_turns.hpp"
#include "node/app/shard_transfers.hpp"
#include "node/app/shard_workers.hpp"
#include "node/app/write_door.hpp"
#include "sharding/replica.hpp"

namespace wattring::app {

/// Why an answer may call itself complete, and since when.
struct Completeness {
  bool complete = false;
  std::int64_t began_ns = 0;  ///< monotonic: everything acknowledged as DURABLE before is here
};

/// What replication does with its doors, one turn after the other: effects of the core go to the journal, the workers
/// and the other nodes, and what became of them comes back. One thread; nothing waits.
class ReplicationTurns {
 public:
  using Command = std::function<void(ReplicationTurns&, std::int64_t now_ns)>;

  struct Options {
    NodeId self;
    sharding::DiskGeneration generation = 0;
    std::size_t shard_count = 0;
    sharding::ReplicaSettings settings{};
    RingTurns::Options rings{};
    std::string ring_state{};  ///< of read_ring_state() or founding_state()
    ShardTransfers::Options transfers{};
  };
  struct Doors {
    DataLinks& links;
    persistence::JournalWriter& journal;
    ShardWorkers& workers;
    const sharding::ShardKey& key;
    Metrics& metrics;
    std::shared_ptr<Log> log;
    const Clock& clock;
    std::function<void(Command)> post;  ///< any thread: the command gets its turn
    /// What others see of it has changed.
    std::function<void(std::shared_ptr<const sharding::Routes>, const Admission&)> publish;
    std::function<void()> on_unknown;  ///< a commit ended without a known outcome
    /// A question of another node, or an answer to one.
    std::function<void(const NodeId& from, std::string bytes)> on_query;
  };
  [[nodiscard]] static Result<std::unique_ptr<ReplicationTurns>> make(const Options& options, const Doors& doors,
                                                                      std::vector<sharding::Replica::Held> held,
                                                                      LogReader log, Prng prng);
  ReplicationTurns(const ReplicationTurns&) = delete;
  ReplicationTurns& operator=(const ReplicationTurns&) = delete;

  void set_view(std::int64_t now_ns, std::shared_ptr<const cluster::View> view);
  /// From now on others should not count on this node; what they send is kept and receipted all the same.
  void leave(std::int64_t now_ns);
  void own_pause(std::int64_t now_ns);
  void take(std::int64_t now_ns, DataLinks::Received&& received);
  void tick(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_deadline() const;

  void write(std::int64_t now_ns, sharding::PackPtr pack, std::shared_ptr<CutBatch> cut, WriteDoor::OnDone done);
  using OnComplete = std::function<void(const Completeness&)>;
  /// fresh_enough: an exchange that is at most ReplicaSettings::fresh_ns old will do.
  void exchange(std::int64_t now_ns, ShardId shard, bool fresh_enough, OnComplete done);
  void damaged(std::int64_t now_ns, ShardId shard, const sharding::Coverage& unreadable);
  /// Something of the shard was read here and does not verify.
  void suspect(std::int64_t now_ns, ShardId shard);
  bool send_query(const NodeId& to, std::string bytes);

  /// See RingTurns::propose().
  void propose(std::int64_t now_ns, sharding::Ring next, RingTurns::OnProposed done);

  [[nodiscard]] const sharding::Replica& replica() const { return replica_; }
  [[nodiscard]] const RingTurns& rings() const { return *rings_; }
  [[nodiscard]] const ShardTransfers& transfers() const { return transfers_; }
  [[nodiscard]] const FillPace& fill_pace() const { return fill_pace_; }
  /// Appends that are on their way to the disk, and writes that are not answered.
  [[nodiscard]] std::size_t under_way() const { return flying_ + waiting_.size() + writes_.size(); }

 private:
  struct Flight {
    std::uint64_t token = 0;
    sharding::PackPtr pack;
    std::shared_ptr<CutBatch> cut;         ///< of an own write
    std::shared_ptr<ForeignPack> foreign;  ///< of anything else
    std::function<void(bool)> kept;        ///< of a record of this node's own making, that the core knows nothing of
  };
  struct Write {
    std::shared_ptr<CutBatch> cut;
    WriteDoor::OnDone done;
  };
  enum class Tried { begun, no_room, refused };

  ReplicationTurns(const Options& options, const Doors& doors, std::vector<sharding::Replica::Held> held, LogReader log,
                   Prng prng);
  void perform(std::int64_t now_ns);
  void perform(std::int64_t now_ns, sharding::effect::Send& effect);
  void perform(std::int64_t now_ns, sharding::effect::Append& effect);
  void perform(std::int64_t now_ns, sharding::effect::WriteDone& effect);
  void perform(std::int64_t now_ns, sharding::effect::ReadEntries& effect);
  void perform(std::int64_t now_ns, sharding::effect::FetchShard& effect);
  void perform(std::int64_t now_ns, sharding::effect::KeepFilled& effect);
  void perform(std::int64_t now_ns, sharding::effect::Drop& effect);
  void perform(std::int64_t now_ns, sharding::effect::ExchangeDone& effect);
  void perform(std::int64_t now_ns, sharding::effect::RingWanted& effect);
  void perform(std::int64_t now_ns, sharding::effect::RoutesChanged& effect);
  void perform(std::int64_t now_ns, sharding::effect::RenewGeneration& effect);
  void perform(std::int64_t now_ns, sharding::effect::DigestContent& effect);

  void append(std::int64_t now_ns, Flight&& flight);
  Tried try_append(Flight& flight);
  void landed(std::int64_t now_ns, const Flight& flight, persistence::CommitStatus status, Lsn lsn);
  void refused(std::int64_t now_ns, const Flight& flight);
  [[nodiscard]] ShardTransfers::Doors transfer_doors();
  void retry_waiting(std::int64_t now_ns);
  void fail_all();
  void rings_changed();
  void adopt_members(std::int64_t now_ns);
  void publish();
  void once_a_second(std::int64_t now_ns);

  const Options options_;
  const Doors doors_;
  Prng prng_;
  sharding::Replica replica_;
  LogReader log_;
  DiskNotes notes_;
  ReplicationGauges gauges_;
  std::unique_ptr<RingTurns> rings_;
  ShardTransfers transfers_;
  FillPace fill_pace_;
  sharding::ReplicaEffects effects_;
  bool performing_ = false;

  std::shared_ptr<const cluster::View> view_;
  bool leaving_ = false;
  bool failed_ = false;
  std::uint64_t contents_differed_ = 0;  ///< that were told
  bool rings_new_ = true;
  std::uint64_t next_write_ = 1;
  std::uint64_t next_exchange_ = 1;
  std::map<std::uint64_t, Write> writes_;
  std::map<std::uint64_t, OnComplete> exchanges_;
  std::deque<Flight> waiting_;  ///< for room at the workers or the writer, in order
  std::size_t flying_ = 0;
  std::int64_t retry_ns_ = INT64_MAX;
  std::int64_t next_second_ns_ = 0;
};

}  // namespace wattring::app
