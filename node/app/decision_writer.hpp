// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/alert/decision.hpp"
#include "node/app/entry_writer.hpp"

namespace wattring::app {

/// The way of decisions about alerts to all owners of their shards. Any thread.
class DecisionWriter {
 public:
  using OfShard = std::map<ShardId, std::vector<alert::Decision>>;

  /// See EntryWriter.
  DecisionWriter(const WriterId& writer, WriteDoor& door) : entries_(writer, door) {}

  /// Waits until enough owners have them. busy: they do not, though they may come to have them, or nobody takes them
  /// now; writing them again does no harm.
  [[nodiscard]] Result<void> write(const OfShard& decisions, std::chrono::milliseconds patience);

 private:
  EntryWriter entries_;
};

}  // namespace wattring::app
