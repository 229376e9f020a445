// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "node/ctl/backup_folder.hpp"
#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// Readings of one shard of a backup, each counted once.
struct InAndOut {
  std::uint64_t in = 0;      ///< in the backup
  std::uint64_t out = 0;     ///< of these, in the cluster
  std::uint64_t sum_in = 0;  ///< checksums: sums of the readings' names
  std::uint64_t sum_out = 0;
};

/// Reads the whole cluster back and looks for every reading of the backup in it. What the cluster has beyond that does
/// not matter. Memory is bounded: a backup of more than names_max readings is looked through in several passes.
class RestoreCompare {
 public:
  static constexpr std::uint64_t kNamesMax = 32'000'000;
  /// files: of the shards to look for, by shard.
  RestoreCompare(Session& session, std::map<std::uint16_t, std::string> files, std::uint64_t readings,
                 std::int64_t retry_ms, std::uint64_t names_max = kNamesMax);
  [[nodiscard]] Outcome<std::map<std::uint16_t, InAndOut>> run();

 private:
  using OnName = std::function<void(std::uint16_t shard, std::uint64_t name)>;
  [[nodiscard]] Outcome<void> each_name(const OnName& on_name) const;
  [[nodiscard]] Outcome<void> find_in_cluster();
  void found(std::uint64_t name);
  [[nodiscard]] bool in_pass(std::uint64_t name) const { return passes_ == 1 || name % passes_ == pass_; }

  Session& session_;
  const std::map<std::uint16_t, std::string> files_;
  const std::int64_t retry_ms_;
  const std::uint64_t passes_;
  std::uint64_t pass_ = 0;
  std::vector<std::uint64_t> names_;  ///< of this pass; ascending, each once
  std::vector<bool> found_;           ///< likewise
};

}  // namespace wattring::ctl
