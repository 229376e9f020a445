// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/app/decision_writer.hpp"
#include "node/app/entry_writer.hpp"
#include "node/app/replication_service.hpp"
#include "node/http/backup_door.hpp"
#include "node/meter/shard_export.hpp"

namespace wattring::app {

/// Whole shards out for backups, as fast as transfers may be, and back in what is not readings. Any thread.
class BackupDesk final : public http::BackupDoor {
 public:
  struct Options {
    NodeId self;
    std::uint64_t bytes_per_second = 64ULL << 20U;  ///< given away, all sessions together
    std::vector<std::string> sinks{};               ///< names; what a backup brings is told to none of them
    WriterId rows_writer;                           ///< 128 random bits each
    WriterId decisions_writer;
  };
  /// All must outlive it.
  struct Doors {
    ReplicationService& replication;
    ShardWorkers& workers;
    const sharding::ShardKey& key;
    const Clock& clock;
  };
  BackupDesk(Options options, const Doors& doors);

  Result<backup::PartMessage> give(const Wanted& wanted) override;
  Result<std::size_t> restore_rows(std::string_view part) override;
  /// Lets go of sessions that nobody went on with: each holds a snapshot of the disk. Now and then.
  void forget_idle();

 private:
  /// Sessions at the same time.
  static constexpr std::size_t kSessionsMax = 16;
  struct Session {
    std::mutex mutex;
    // Guarded by mutex.
    std::unique_ptr<meter::ShardExport> source;
    bool complete = false;
    std::int64_t taken_ms = 0;
  };
  using Key = std::pair<std::uint16_t, std::uint64_t>;  ///< shard, session
  struct Open {
    std::shared_ptr<Session> session;
    std::int64_t used_ns = 0;
  };
  [[nodiscard]] Result<std::shared_ptr<Session>> session_of(const Wanted& wanted);
  [[nodiscard]] Result<void> begin(ShardId shard, Session& session);
  [[nodiscard]] Result<void> wait_for_turn(std::size_t bytes);

  const Options options_;
  const Doors doors_;
  EntryWriter rows_;
  DecisionWriter decisions_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<Key, Open> open_;
  std::int64_t may_send_ns_ = 0;
};

}  // namespace wattring::app
