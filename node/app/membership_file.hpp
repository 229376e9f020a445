// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "cluster/membership_memory.hpp"

namespace wattring::app {

/// The file "membership" of a data directory. Any thread.
class MembershipFile final : public cluster::MembershipStore {
 public:
  /// A file that is damaged or cannot be read is told to the log, and the node starts without it.
  MembershipFile(std::filesystem::path data_dir, Log& log);
  [[nodiscard]] cluster::MembershipMemory memory() const;

  Result<void> keep_epoch(std::uint64_t epoch) override;
  Result<void> keep_peers(const std::vector<std::string>& peers) override;

  /// What `init --join` leaves to the first start.
  [[nodiscard]] static Result<void> write(const std::filesystem::path& data_dir,
                                          const cluster::MembershipMemory& memory);

 private:
  const std::filesystem::path data_dir_;
  mutable std::mutex mutex_;          ///< held while the file is written: two writers would mix
  cluster::MembershipMemory memory_;  // guarded by mutex_
};

}  // namespace wattring::app
