// SPDX-License-Identifier: Apache-2.0
#include "node/app/decision_writer.hpp"

#include "node/app/shard_extension.hpp"

namespace wattring::app {

Result<void> DecisionWriter::write(const OfShard& decisions, std::chrono::milliseconds patience) {
  EntryWriter::OfShard entries;
  for (const auto& [shard, some] : decisions) entries[shard] = alert::encode(some);
  return entries_.write(kExtensionEntryFormat, entries, patience, "the decision about an alert");
}

}  // namespace wattring::app
