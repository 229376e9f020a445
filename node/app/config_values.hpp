// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// The kinds of value a configuration holds, and how people write them. Pure.

namespace wattring::app {

/// HOST:PORT as written. The host is a name or an IPv4 address; an IPv6 address stands in brackets in the text form.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;  ///< 0 = let the system choose a free one (listeners only)

  [[nodiscard]] std::string text() const;  ///< "127.0.0.1:7414", "[::1]:7414"
  /// 127.0.0.0/8, ::1 or "localhost".
  [[nodiscard]] bool is_loopback() const;
  /// 0.0.0.0 or ::, which nobody can connect to.
  [[nodiscard]] bool is_wildcard() const { return host == "0.0.0.0" || host == "::"; }
  /// An address, no name to look up.
  [[nodiscard]] bool is_numeric() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// Room on the volume that is kept free: an absolute size, or a share of the volume. Exactly one of the two is set.
struct DiskReserve {
  std::uint64_t bytes = 0;
  double percent = 0;  ///< 0..50

  [[nodiscard]] std::uint64_t bytes_of(std::uint64_t volume_bytes) const {
    return bytes != 0 ? bytes : static_cast<std::uint64_t>(static_cast<double>(volume_bytes) * percent / 100.0);
  }
  friend bool operator==(const DiskReserve&, const DiskReserve&) = default;
};
/// "256MiB" or "5%".
[[nodiscard]] Result<DiskReserve> parse_disk_reserve(std::string_view text);
[[nodiscard]] std::string format_disk_reserve(const DiskReserve& reserve);

/// "512B", "64KiB", "192MiB", "16GiB", "1TiB", also with decimals ("1.5GiB"). A bare number and units of a thousand
/// ("MB") are refused with a hint: they hide what is meant.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// The largest unit that divides it: 201326592 -> "192MiB".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace wattring::app
