// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "node/sim/chaos_report.hpp"
#include "node/sim/read_back.hpp"

namespace wattring::sim {

/// What each owner gives of its own copy. Any thread.
class CopiesBook {
 public:
  /// rows: by time.
  void add(const std::string& meter, Register reg, const std::string& node, std::vector<StoredReading> rows);
  void unread(const std::string& meter, Register reg);
  /// Values on its disk were damaged: its copy may lack something, and must not have anything else.
  void rotten(const std::string& node);
  /// Holds the owners of each register against each other. expected: owners of each, 0 = not known. Appends what
  /// differs to the evidence.
  [[nodiscard]] CopiesFound compare(int expected, std::vector<std::string>& evidence) const;

 private:
  struct Key {
    std::string meter;
    Register reg;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  mutable std::mutex mutex_;
  std::map<Key, std::map<std::string, std::vector<StoredReading>>> copies_;
  std::set<std::string> rotten_;
  std::uint64_t unread_ = 0;
};

}  // namespace wattring::sim
