// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "base/result.hpp"

/// Strong ids: a shard number cannot be passed where a sequence number is meant.

namespace wattring {

template <class Tag, class Rep>
struct StrongId {
  Rep value{};
  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

using ShardId = StrongId<struct ShardTag, std::uint16_t>;
/// Position of a record in a node's journal; starts at 1, never reused.
using Lsn = StrongId<struct LsnTag, std::uint64_t>;
/// Position of an entry in its stream (shard, writer); starts at 1, no gaps.
using Sequence = StrongId<struct SequenceTag, std::uint64_t>;

/// 128 random bits, printed as 32 hex digits.
template <class Tag>
struct Id128 {
  std::array<std::uint8_t, 16> bytes{};
  friend constexpr auto operator<=>(const Id128&, const Id128&) = default;
};

using ClusterId = Id128<struct ClusterTag>;
using NodeId = Id128<struct NodeTag>;
/// Names a stream: drawn anew at each boot, so that a (writer, sequence) is never used for two contents.
using WriterId = Id128<struct WriterTag>;

[[nodiscard]] std::string to_hex(const std::array<std::uint8_t, 16>& bytes);
[[nodiscard]] Result<std::array<std::uint8_t, 16>> parse_hex128(std::string_view text);

}  // namespace wattring
