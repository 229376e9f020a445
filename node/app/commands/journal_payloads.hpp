// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "persistence/journal.hpp"
#include "persistence/record.hpp"

/// What an entry of the journal holds, for the tools that look at a closed directory. Pure.

namespace wattring::app {

/// Decodes the whole payload for the sake of its errors. An unknown format is an error too.
[[nodiscard]] Result<void> check_entry_payload(const persistence::EntryView& entry);

/// Decodes a stored value (its envelope already opened) where its content is known here: chunks of readings.
[[nodiscard]] Result<void> check_value_payload(persistence::Table table, std::string_view key,
                                               std::string_view payload);

/// One line: how many readings of how many meters, the first of them, the span of their times; or what of a transfer.
[[nodiscard]] std::string print_entry_payload(const persistence::EntryView& entry);

}  // namespace wattring::app
