// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/reference.hpp"

#include <algorithm>

namespace wattring::replication {

std::string Reference::fact(const EntryBook& book, EntryNo entry) {
  return to_hex(book.at(entry).writer.bytes) + "/" + std::to_string(book.at(entry).slot) + "/" +
         std::to_string(book.at(entry).sequence) + " = " + std::to_string(entry);
}

Reference::Reference(const EntryBook& book, const History& history) {
  std::set<EntryNo> acked;
  std::map<EntryNo, std::set<Node>> where;
  std::map<EntryNo, int> taken;
  for (const History::Line& line : history.lines) switch (line.what) {
      case History::What::acked:
        acked.insert(line.entry);
        break;
      case History::What::stored:
        where[line.entry].insert(line.node);
        may_[book.at(line.entry).slot].insert(fact(book, line.entry));
        break;
      case History::What::lost:
        where[line.entry].erase(line.node);
        ++taken[line.entry];
        break;
      case History::What::dropped:
        where[line.entry].erase(line.node);
        break;
    }
  // What is left anywhere has to reach every owner, and so has what was acknowledged and was never in two lost places.
  for (const auto& [entry, nodes] : where)
    if (!nodes.empty()) must_[book.at(entry).slot].insert(fact(book, entry));
  for (const EntryNo entry : acked)
    if (taken[entry] < 2) must_[book.at(entry).slot].insert(fact(book, entry));
}

std::string Reference::judge(Slot slot, const std::set<std::string>& facts) const {
  static const std::set<std::string> kNone;
  const auto must = must_.find(slot);
  const auto may = may_.find(slot);
  const std::set<std::string>& wanted = must == must_.end() ? kNone : must->second;
  const std::set<std::string>& known = may == may_.end() ? kNone : may->second;
  for (const std::string& one : wanted)
    if (facts.count(one) == 0) return "lacks " + one;
  for (const std::string& one : facts)
    if (known.count(one) == 0) return "has " + one + ", which nobody ever stored";
  return "";
}

}  // namespace wattring::replication
