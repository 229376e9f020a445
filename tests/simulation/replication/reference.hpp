// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/replication/entries.hpp"

namespace wattring::replication {

/// What happened, written down as it happened: the evidence for a second opinion.
struct History {
  enum class What : std::uint8_t { acked, stored, lost, dropped };
  struct Line {
    What what = What::acked;
    Node node = kNoNode;
    EntryNo entry = kNoEntry;
  };
  std::vector<Line> lines;
  void add(What what, Node node, EntryNo entry) { lines.push_back({what, node, entry}); }
};

/// Slow and plain, and knows nothing of coverage, rings or messages: replays a history with sets of words and says
/// which facts every owner of a shard has to have at the end.
class Reference {
 public:
  Reference(const EntryBook& book, const History& history);
  /// What is wrong with an owner that has these facts of a shard; empty when nothing is.
  [[nodiscard]] std::string judge(Slot slot, const std::set<std::string>& facts) const;
  /// The fact that an entry carries, in words.
  [[nodiscard]] static std::string fact(const EntryBook& book, EntryNo entry);

 private:
  std::map<Slot, std::set<std::string>> must_;
  std::map<Slot, std::set<std::string>> may_;
};

}  // namespace wattring::replication
