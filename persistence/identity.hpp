// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::persistence {

/// The newest format of a data directory this release reads and the one it writes.
inline constexpr std::uint32_t kDataFormatVersion = 1;

/// Which node and cluster a data directory is. Written once by init, never changed by run.
struct Identity {
  ClusterId cluster;
  std::string cluster_name;  ///< 1..64 bytes of UTF-8, no control characters
  std::uint32_t shard_count = 0;
  std::array<std::uint8_t, 16> hash_key{};  ///< of the meter id -> shard hash
  NodeId node;
  std::string node_name;  ///< 1..64 bytes of UTF-8, no control characters
  std::uint32_t copies = 1;
  std::uint32_t acks = 1;
  std::uint32_t format_version = kDataFormatVersion;
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// invalid_argument names the field that makes no sense.
[[nodiscard]] Result<void> check(const Identity& identity);

/// Payload of the meta row; not sealed.
[[nodiscard]] std::string encode(const Identity& identity);
/// newer_format, corrupt.
[[nodiscard]] Result<Identity> decode_identity(std::string_view payload);

/// The file IDENTITY: enough for people, and for a release that cannot read the journal, to tell what this directory
/// is.
struct IdentityFile {
  std::uint32_t format_version = 0;
  ClusterId cluster;
  NodeId node;
};
[[nodiscard]] std::string identity_file_text(const Identity& identity);
[[nodiscard]] Result<IdentityFile> parse_identity_file(std::string_view text);

}  // namespace wattring::persistence
