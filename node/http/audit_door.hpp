// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace wattring::http {

/// Somebody changed something, or wanted to.
struct AuditRecord {
  std::int64_t time_ms = 0;
  std::string token;  ///< its name; empty when the node asks for none
  std::string peer;   ///< the caller's address
  std::string verb;   ///< "PUT"
  std::string target;
  int status = 0;       ///< of the answer
  std::string outcome;  ///< "done", or the code of the refusal: "FORBIDDEN"
};

/// Where changes are written down. Any thread.
class AuditDoor {
 public:
  virtual ~AuditDoor() = default;
  /// Returns when it is on the disk.
  [[nodiscard]] virtual Result<void> record(const AuditRecord& record) = 0;
};

}  // namespace wattring::http
