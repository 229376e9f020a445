// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// What stands in a key file (docs/operations/security.md).

namespace wattring::cluster {

inline constexpr std::size_t kKeyFileBytesMax = 1U << 20U;
inline constexpr std::size_t kAllowedKeysMax = 10'000;
inline constexpr std::size_t kClusterKeysMax = 2;

/// 32 bytes in Z85: 40 characters.
struct CurvePair {
  std::string public_key;
  std::string secret_key;
  friend bool operator==(const CurvePair&, const CurvePair&) = default;
};

/// What the holder of a key may connect to: a node to every listener, a client only to those that take readings.
enum class KeyRole : std::uint8_t { node, client };

struct AllowedKey {
  std::string public_key;
  std::string name;  ///< for logs and audits: a node's or a client's
  KeyRole role = KeyRole::node;
  friend bool operator==(const AllowedKey&, const AllowedKey&) = default;
};

/// Who connects proves a key of its own; who listens proves the cluster's, so that one key is enough to know a node of
/// the cluster, also one that was never heard of.
struct CurveKeys {
  /// What a listener must prove to this process: one key, or two while the cluster's key is being changed.
  std::vector<std::string> cluster_public;
  std::string cluster_secret;  ///< of the first of them; empty: this process does not listen
  CurvePair own;
  std::vector<AllowedKey> allowed;  ///< who may connect to this process
  friend bool operator==(const CurveKeys&, const CurveKeys&) = default;
};

/// The line of a key file that lets it in: "allow KEY NAME" or "allow-client KEY NAME".
[[nodiscard]] std::string allow_line(const AllowedKey& key);
/// True for 40 characters that are Z85 of 32 bytes.
[[nodiscard]] bool is_curve_key(std::string_view text);
/// Errors name the line; they never repeat a secret.
[[nodiscard]] Result<CurveKeys> parse_curve_keys(std::string_view text);
[[nodiscard]] std::string format_curve_keys(const CurveKeys& keys);
/// "3 allowed, 1a739b1e": the same on nodes that prove and allow the same. Tells no key.
[[nodiscard]] std::string summary(const CurveKeys& keys);

}  // namespace wattring::cluster
