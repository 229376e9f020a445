// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.hpp"
#include "persistence/journal_writer.hpp"

namespace wattring::app {

/// Writes a slice and waits until it is on the disk. Not on the writer's own thread.
[[nodiscard]] Result<void> write_and_wait(persistence::JournalWriter& writer,
                                          const std::vector<persistence::OwnedOp>& slice);

}  // namespace wattring::app
