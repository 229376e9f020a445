// SPDX-License-Identifier: Apache-2.0
#include "cluster/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "cluster/record.hpp"

namespace wattring::cluster {
namespace {

constexpr std::size_t kGroups = 8;  ///< of 16 bits, in an IPv6 address

/// Decimal digits alone, without leading zeros.
bool is_decimal(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.front() < '0' || text.front() > '9' || (text.size() > 1 && text.front() == '0'))
    return false;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && value <= most;
}

bool is_v4(std::string_view text) {
  for (int octet = 0; octet < 3; ++octet) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || !is_decimal(text.substr(0, dot), 255)) return false;
    text.remove_prefix(dot + 1);
  }
  return is_decimal(text, 255);
}

bool is_group(std::string_view text) {
  return !text.empty() && text.size() <= 4 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

/// Groups in "a:b:c", where an IPv4 address may stand at the end for two; more than kGroups when it is no such list.
std::size_t groups_in(std::string_view text) {
  if (text.empty()) return 0;
  for (std::size_t groups = 1; groups <= kGroups; ++groups) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      if (is_group(text)) return groups;
      return is_v4(text) ? groups + 1 : kGroups + 1;
    }
    if (!is_group(text.substr(0, colon))) break;
    text.remove_prefix(colon + 1);
  }
  return kGroups + 1;
}

bool is_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return groups_in(text) == kGroups;
  const std::string_view before = text.substr(0, gap);
  if (before.find('.') != std::string_view::npos) return false;
  return groups_in(before) + groups_in(text.substr(gap + 2)) < kGroups;
}

}  // namespace

bool is_numeric_endpoint(std::string_view text) {
  if (text.size() > kEndpointBytesMax) return false;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view port = text.substr(colon + 1);
  const std::string_view host = text.substr(0, colon);
  if (!is_decimal(port, 65'535) || port == "0") return false;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return is_v6(host.substr(1, host.size() - 2));
  return is_v4(host);
}

}  // namespace wattring::cluster
