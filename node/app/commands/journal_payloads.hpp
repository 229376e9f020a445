// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"
#include "persistence/record.hpp"

/// What an entry of the journal holds, for the tools that look at a closed directory. Pure.

namespace wattring::app {

/// Decodes the whole payload for the sake of its errors. An unknown format is an error too.
[[nodiscard]] Result<void> check_entry_payload(const persistence::EntryView& entry);

/// One line: how many readings of how many meters, the first of them, the span of their times.
[[nodiscard]] std::string print_entry_payload(const persistence::EntryView& entry);

}  // namespace wattring::app
