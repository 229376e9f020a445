// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace wattring::http {

/// Pages of GET /api/v1/meters of several nodes, put together: each meter once, with all registers and the latest time
/// that any of them tells.
class MeterPages {
 public:
  MeterPages();
  ~MeterPages();
  /// False when who made it says that it misses something, or when it is no page of meters: then nothing of it counts.
  bool add(const std::string& body);
  [[nodiscard]] std::string render(std::size_t limit, bool complete) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::http
