// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/sockets.hpp"

namespace wattring::app {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
// Ascending, so that the last that divides is the largest.
constexpr std::array<Unit, 5> kUnits{
    {{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}, {"TiB", 1ULL << 40U}}};
constexpr std::size_t kHostBytesMax = 253;  // the longest DNS name
constexpr double kReservePercentMin = 0.01;
constexpr double kReservePercentMax = 50;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// digits[.digits] at the start of the text; how many bytes it takes, 0 when there is none.
std::size_t number_length(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  if (n > 0 && n + 1 < text.size() && text[n] == '.' && is_digit(text[n + 1])) {
    ++n;
    while (n < text.size() && is_digit(text[n])) ++n;
  }
  return n;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool valid_host(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  return std::all_of(host.begin(), host.end(), [bracketed](char c) {
    const bool alphanumeric = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return bracketed ? alphanumeric || c == ':' || c == '.' || c == '%'
                     : alphanumeric || c == '-' || c == '.' || c == '_';
  });
}

Failure bad_endpoint(std::string_view text) {
  return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not HOST:PORT", text),
              "for example \"127.0.0.1:7414\"");
}

}  // namespace

std::string Endpoint::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

bool Endpoint::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  // Only a dotted number counts: "127.example.org" is a name and may lead anywhere.
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool Endpoint::is_numeric() const {
  return HostPort{host, port}.is_numeric();
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_endpoint(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!valid_host(host, bracketed)) return bad_endpoint(text);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) return bad_endpoint(text);
  return Endpoint{std::string(host), port};
}

Result<DiskReserve> parse_disk_reserve(std::string_view text) {
  if (text.ends_with('%')) {
    const auto percent = parse_number(text.substr(0, text.size() - 1));
    if (!percent || number_length(text) != text.size() - 1 || *percent < kReservePercentMin ||
        *percent > kReservePercentMax) {
      return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a share of the volume", text),
                  "0.01 to 50, for example \"5%\"");
    }
    return DiskReserve{0, *percent};
  }
  auto bytes = parse_size(text);
  if (!bytes) return Failure(bytes.error());
  return DiskReserve{*bytes, 0};
}

std::string format_disk_reserve(const DiskReserve& reserve) {
  return reserve.bytes != 0 ? format_size(reserve.bytes) : fmt::format("{}%", reserve.percent);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t digits = number_length(text);
  const auto number = digits == 0 ? std::nullopt : parse_number(text.substr(0, digits));
  const std::string_view unit_text = text.substr(digits);
  if (!number) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is not a size", text), "for example \"192MiB\"");
  }
  if (unit_text.empty()) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" needs a unit", text), "for example \"192MiB\"");
  }
  for (const Unit& unit : kUnits) {
    if (unit.name != unit_text) continue;
    const double bytes = *number * static_cast<double>(unit.bytes);
    // 2^62 leaves room for sums of sizes.
    if (bytes > 4611686018427387904.0) {
      return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is more than a size can be", text));
    }
    return static_cast<std::uint64_t>(bytes);
  }
  return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" has no known unit", text),
              "B, KiB, MiB, GiB or TiB, for example \"192MiB\"");
}

std::string format_size(std::uint64_t bytes) {
  const Unit* best = &kUnits.front();
  for (const Unit& unit : kUnits) {
    if (bytes != 0 && bytes % unit.bytes == 0) best = &unit;
  }
  return fmt::format("{}{}", bytes / best->bytes, best->name);
}

}  // namespace wattring::app
