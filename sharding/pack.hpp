// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "persistence/record.hpp"
#include "sharding/peer_message.hpp"

namespace wattring::sharding {

/// Visits the headers of a pack that verified when it came in.
void for_each_entry(const PackPtr& pack, const std::function<void(const persistence::EntryView&)>& visit);

/// Structure, payloads and shard numbers all hold, and no entry is of a local format.
[[nodiscard]] bool verifies(const PackPtr& pack, std::size_t shard_count);

/// The entries that `wanted` names, as a pack; the same one when it names all, null when none.
[[nodiscard]] PackPtr cut(const PackPtr& pack, const std::function<bool(const persistence::EntryView&)>& wanted);

/// Covers all headers of the pack: writers, sequences, payload checksums and chains.
[[nodiscard]] std::uint64_t checksum_of(const PackPtr& pack);

}  // namespace wattring::sharding
