// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/prng.hpp"
#include "node/app/shard_import.hpp"
#include "node/app/transfer_message.hpp"
#include "node/meter/shard_export.hpp"

namespace wattring::app {

/// Whole shards between this node and others, part by part: who wants one asks for each part, so that a part that got
/// lost is asked for again and goes on where it was; who gives one gives as fast as it is allowed. One thread, that of
/// replication; the disk is read and written behind the doors.
class ShardTransfers {
 public:
  using Snapshot = std::function<void(Result<std::unique_ptr<persistence::ReadTransaction>>)>;
  using Checked = std::function<void(const std::string& part, const Result<void>& sound)>;
  struct Doors {
    std::function<bool(const NodeId& to, std::string message)> send;
    /// A snapshot with all of the shard; the answer comes in a turn of this thread. False: nobody answers.
    std::function<bool(ShardId shard, Snapshot done)> open;
    /// Whether the part is one of the shard; the answer comes in a turn of this thread. False: nobody answers.
    std::function<bool(ShardId shard, std::string part, Checked done)> check;
    /// Puts a record into the journal; true in `done`, in a turn of this thread, when it is committed.
    std::function<void(sharding::PackPtr record, std::function<void(bool)> done)> keep;
    std::function<void(ShardId shard)> abandon;
    /// All of it is durable here, or nothing: it failed.
    std::function<void(ShardId shard, const std::optional<sharding::Coverage>& coverage)> fetched;
  };
  struct Options {
    std::uint64_t bytes_per_second = 64ULL << 20U;  ///< given away, all shards together
    std::size_t given_max = 32;                     ///< shards at the same time; each holds a snapshot of the disk
    std::size_t fetched_max = 4;
  };
  ShardTransfers(const Options& options, const sharding::ShardKey& key, Doors doors, Metrics& metrics,
                 std::shared_ptr<Log> log, Prng prng);

  /// What a part of few bytes counts for: whoever gets it writes some pages of the disk, and waits for it.
  static constexpr std::size_t kCommitBytes = 16U << 10U;
  /// After so many bytes nothing is sent.
  [[nodiscard]] static std::int64_t pause_ns(std::size_t bytes, std::uint64_t bytes_per_second);

  void fetch(std::int64_t now_ns, ShardId shard, const NodeId& from);
  void receive(std::int64_t now_ns, const NodeId& from, std::string_view bytes);
  void tick(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_deadline() const { return next_ns_; }

  /// A shard that is on its way here.
  struct Arriving {
    ShardId shard;
    NodeId from;
    std::uint64_t bytes = 0;    ///< of the parts that came; how many will come nobody has counted
    std::int64_t since_ns = 0;  ///< when it was first asked for
  };
  [[nodiscard]] std::vector<Arriving> arriving() const;

 private:
  struct Fetch {
    ShardId shard;
    NodeId from;
    ShardImport import;
    std::uint64_t part = 1;   ///< that is wanted
    bool keeping = false;     ///< the part came and is on its way to the disk
    std::int64_t ask_ns = 0;  ///< again
    std::int64_t given_up_ns = 0;
    std::int64_t since_ns = 0;
    std::uint64_t bytes = 0;  ///< came
  };
  struct Giving {
    ShardId shard;
    std::optional<meter::ShardExport> source;  ///< nothing: it is being opened
    std::uint64_t wanted = 0;                  ///< part; 0: none
    bool given = false;                        ///< the claim was sent
    std::int64_t forgotten_ns = 0;
  };
  using GivingKey = std::pair<NodeId, std::uint64_t>;

  struct Wish {
    ShardId shard;
    NodeId from;
  };
  void begin_some(std::int64_t now_ns);
  void want(std::int64_t now_ns, std::uint64_t number, Fetch& fetch);
  void take(std::int64_t now_ns, std::uint64_t number, const TransferMessage& message);
  void take_part(std::uint64_t number, std::string part);
  void stage(std::uint64_t number, const std::string& part, const Result<void>& sound);
  void keep(std::uint64_t number, Result<sharding::PackPtr> record, std::function<void(std::int64_t)> then);
  void fail(std::uint64_t number, const std::string& why);
  void give(std::int64_t now_ns, const NodeId& to, const TransferMessage& wanted);
  void open(std::int64_t now_ns, const GivingKey& key, ShardId shard);
  void serve(std::int64_t now_ns);
  /// Bytes that were sent.
  std::size_t send_part(const GivingKey& key, Giving& giving);
  void refuse(const GivingKey& key, ShardId shard);
  void plan(std::int64_t now_ns);

  const Options options_;
  const sharding::ShardKey& key_;
  const Doors doors_;
  const std::shared_ptr<Log> log_;
  Prng prng_;
  Counter& parts_in_;
  Counter& parts_out_;
  Counter& bytes_in_;
  Counter& bytes_out_;
  Counter& failed_;
  std::deque<Wish> wishes_;  ///< wait until fewer are under way
  std::map<std::uint64_t, Fetch> fetches_;
  std::map<GivingKey, Giving> givings_;
  std::uint64_t next_number_ = 1;
  std::int64_t may_send_ns_ = 0;  ///< the next part, by the rate
  std::int64_t now_ns_ = 0;       ///< of the last turn
  std::int64_t next_ns_ = INT64_MAX;
};

}  // namespace wattring::app
