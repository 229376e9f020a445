// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_copies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

constexpr std::size_t kEvidenceLines = 200;

std::string value_at(const std::vector<StoredReading>& rows, std::int64_t time_ms) {
  for (const StoredReading& row : rows) {
    if (row.time_ms == time_ms) return row.value ? std::to_string(*row.value) : "no value";
  }
  return "nothing";
}

using Copies = std::map<std::string, std::vector<StoredReading>>;

bool same_reading(const StoredReading& a, const StoredReading& b) {
  return a.time_ms == b.time_ms && a.value == b.value;
}

/// The first time at which they are not all the same; -1 = they are.
std::int64_t first_difference(const Copies& copies) {
  std::set<std::int64_t> times;
  bool same = true;
  for (const auto& [node, rows] : copies) {
    for (const StoredReading& row : rows) times.insert(row.time_ms);
    const auto& first = copies.begin()->second;
    same = same && rows.size() == first.size() && std::equal(rows.begin(), rows.end(), first.begin(), same_reading);
  }
  if (same) return -1;
  for (const std::int64_t time : times) {
    const std::string value = value_at(copies.begin()->second, time);
    const bool all = std::all_of(copies.begin(), copies.end(),
                                 [&](const auto& copy) { return value_at(copy.second, time) == value; });
    if (!all) return time;
  }
  // The same values, but one of them twice.
  return copies.begin()->second.empty() ? 0 : copies.begin()->second.front().time_ms;
}

/// Fewer readings than another copy, and none that it has not.
bool lacks_some(const Copies::value_type& copy, const Copies& all) {
  return std::any_of(all.begin(), all.end(), [&](const auto& other) {
    const auto& rows = other.second;
    return rows.size() > copy.second.size() &&
           std::all_of(copy.second.begin(), copy.second.end(), [&](const StoredReading& row) {
             return std::any_of(rows.begin(), rows.end(), [&](const auto& one) { return same_reading(one, row); });
           });
  });
}

}  // namespace

void CopiesBook::add(const std::string& meter, Register reg, const std::string& node, std::vector<StoredReading> rows) {
  const std::lock_guard lock(mutex_);
  copies_[{meter, reg}][node] = std::move(rows);
}

void CopiesBook::unread(const std::string& meter, Register reg) {
  const std::lock_guard lock(mutex_);
  copies_[{meter, reg}];
  ++unread_;
}

void CopiesBook::rotten(const std::string& node) {
  const std::lock_guard lock(mutex_);
  rotten_.insert(node);
}

CopiesFound CopiesBook::compare(int expected, std::vector<std::string>& evidence) const {
  const std::lock_guard lock(mutex_);
  CopiesFound found;
  found.registers = copies_.size();
  found.expected = expected;
  found.unread = unread_;
  for (const auto& [key, all] : copies_) {
    Copies copies = all;
    const std::size_t left_out =
        std::erase_if(copies, [&](const auto& copy) { return rotten_.contains(copy.first) && lacks_some(copy, all); });
    found.left_out += left_out > 0 ? 1 : 0;
    if (static_cast<int>(all.size()) < expected) {
      ++found.too_few;
      std::string owners;
      for (const auto& [node, rows] : all) owners += " " + node;
      if (evidence.size() < kEvidenceLines)
        evidence.push_back(fmt::format("few owners {} {}: only{}", key.meter, format_obis(key.reg), owners));
    }
    if (copies.empty()) continue;
    const std::int64_t time = first_difference(copies);
    if (time < 0) continue;
    ++found.differing;
    std::string values;
    for (const auto& [node, rows] : copies) {
      values += fmt::format(" {} has {} ({} readings)", node, value_at(rows, time), rows.size());
    }
    if (evidence.size() < kEvidenceLines)
      evidence.push_back(
          fmt::format("copies differ {} {} {}:{}", key.meter, format_obis(key.reg), format_rfc3339(time), values));
  }
  return found;
}

}  // namespace wattring::sim
