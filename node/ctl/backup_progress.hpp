// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "node/ctl/context.hpp"

namespace wattring::ctl {

/// How far it is, on standard error: a line that is rewritten on a terminal, one line every 10 s elsewhere.
class BackupProgress {
 public:
  /// verb: "read", "sent".
  BackupProgress(const Context& context, std::string verb, std::uint64_t shards);
  void tell(std::uint64_t shards_done, std::uint64_t bytes, std::uint64_t readings);
  void clear() const;
  [[nodiscard]] double elapsed_s() const;

 private:
  const Context& context_;
  const std::string verb_;
  const std::uint64_t shards_;
  const std::int64_t start_ns_;
  std::int64_t last_ns_;
};

}  // namespace wattring::ctl
