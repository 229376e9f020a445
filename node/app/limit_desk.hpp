// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "node/app/entry_writer.hpp"
#include "node/app/shard_workers.hpp"
#include "node/http/erase_door.hpp"

namespace wattring::app {

/// Where limits come from: erasures that people ask for, watermarks that the home of a shard issues. Any thread.
class LimitDesk final : public http::EraseDoor {
 public:
  /// All must outlive it.
  struct Doors {
    WriteDoor& writes;
    ShardWorkers& workers;
    const persistence::Journal& disk;
    const sharding::ShardKey& key;
  };
  /// writer: 128 random bits of this run.
  LimitDesk(const WriterId& writer, const Doors& doors) : doors_(doors), entries_(writer, doors.writes) {}

  Result<http::Erasable> count(std::string_view meter, std::int64_t before_ms) override;
  Result<http::KeptErasure> erase(std::string_view meter, std::int64_t before_ms) override;

  /// Raises the watermarks of the shards for which this node speaks. Waits for nobody: what nobody takes in is issued
  /// again the next time.
  void issue(const meter::RetentionDays& days, const std::function<bool(ShardId)>& speaks_for);

 private:
  const Doors doors_;
  EntryWriter entries_;
};

}  // namespace wattring::app
