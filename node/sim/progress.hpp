// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wattring::sim {

/// How far a command is, on standard error: one line repainted on a terminal, a line each 10 s elsewhere. One thread.
class Progress {
 public:
  /// unit: "readings", "meters". total: 0 = not known; then done counts towards seconds_total, if that is not 0.
  Progress(std::string unit, std::uint64_t total, double seconds_total, std::int64_t now_ns);
  /// Call a few times a second.
  void show(std::uint64_t done, std::int64_t now_ns, std::string_view more = {});
  /// Takes the repainted line away.
  void clear();

 private:
  [[nodiscard]] std::string line(std::uint64_t done, std::int64_t now_ns) const;
  std::string unit_;
  std::uint64_t total_;
  double seconds_total_;
  std::int64_t begun_ns_;
  bool terminal_;
  std::int64_t shown_ns_;
  std::int64_t changed_ns_;
  std::uint64_t shown_done_ = 0;
  double rate_ = 0;
};

}  // namespace wattring::sim
