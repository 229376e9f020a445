// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_fields.hpp"

#include <algorithm>

namespace wattring::app::fields {
namespace {

constexpr std::size_t kTextMax = 1024;
constexpr std::size_t kZoneNameMax = 64;
constexpr std::size_t kEndpointsMax = 64;

Failure predicate(std::string text) {
  return fail(ErrorCode::invalid_argument, std::move(text));
}

bool may_be_text(const RawValue& raw) {
  return raw.kind == RawValue::Kind::string || raw.kind == RawValue::Kind::untyped;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// 200, and also "200": a number whose unit is anybody's guess.
bool is_bare_number(const RawValue& raw) {
  return raw.kind == RawValue::Kind::integer || all_digits(raw.text);
}

std::string without_blanks(const std::string& text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

Result<std::string> as_text(const RawValue& raw, std::string_view what, std::string_view example) {
  const bool printable = std::none_of(raw.text.begin(), raw.text.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!may_be_text(raw) || raw.text.size() > kTextMax || !printable) {
    return predicate(fmt::format("is not {}, for example {}", what, toml_string(example)));
  }
  return raw.text;
}

Result<bool> as_bool(const RawValue& raw) {
  if (raw.kind == RawValue::Kind::boolean || raw.kind == RawValue::Kind::untyped) {
    if (raw.text == "true") return true;
    if (raw.text == "false") return false;
  }
  return predicate("is neither true nor false");
}

Result<std::int64_t> as_duration(const RawValue& raw, std::int64_t min_ms, std::int64_t max_ms) {
  if (is_bare_number(raw)) return predicate("needs a unit, for example \"200ms\", \"15m\" or \"10y\"");
  const auto value = may_be_text(raw) ? parse_duration_ms(raw.text) : Result<std::int64_t>(Failure(Error{}));
  if (!value) return predicate("is not a duration, for example \"200ms\", \"15m\" or \"10y\"");
  if (*value < min_ms) return predicate(fmt::format("is less than the least, \"{}\"", format_duration_ms(min_ms)));
  if (*value > max_ms) return predicate(fmt::format("is more than the most, \"{}\"", format_duration_ms(max_ms)));
  return *value;
}

Result<std::uint64_t> as_size(const RawValue& raw, std::uint64_t min_bytes, std::uint64_t max_bytes) {
  if (is_bare_number(raw)) return predicate("needs a unit, for example \"192MiB\"");
  if (!may_be_text(raw)) return predicate("is not a size, for example \"192MiB\"");
  const auto value = parse_size(raw.text);
  if (!value) return predicate("is not a size: B, KiB, MiB, GiB or TiB, for example \"192MiB\"");
  if (*value < min_bytes) return predicate(fmt::format("is less than the least, \"{}\"", format_size(min_bytes)));
  if (*value > max_bytes) return predicate(fmt::format("is more than the most, \"{}\"", format_size(max_bytes)));
  return *value;
}

Result<std::uint32_t> as_count(const RawValue& raw, std::uint32_t min, std::uint32_t max) {
  const bool right_kind = raw.kind == RawValue::Kind::integer || raw.kind == RawValue::Kind::untyped;
  std::uint32_t value = 0;
  const char* const end = raw.text.data() + raw.text.size();
  const auto parsed = std::from_chars(raw.text.data(), end, value);
  if (!right_kind || parsed.ec != std::errc{} || parsed.ptr != end || value < min || value > max) {
    return predicate(fmt::format("is not a whole number from {} to {}", min, max));
  }
  return value;
}

Result<Endpoint> as_endpoint(const RawValue& raw) {
  auto value = may_be_text(raw) ? parse_endpoint(raw.text) : Result<Endpoint>(Failure(Error{}));
  if (!value) return predicate("is not HOST:PORT, for example \"127.0.0.1:7414\"");
  return value;
}

Result<std::vector<Endpoint>> as_endpoints(const RawValue& raw) {
  std::vector<std::string> items = raw.items;
  if (may_be_text(raw)) {
    for (std::size_t begin = 0; begin <= raw.text.size() && !raw.text.empty();) {
      const std::size_t comma = std::min(raw.text.find(',', begin), raw.text.size());
      items.push_back(without_blanks(raw.text.substr(begin, comma - begin)));
      begin = comma + 1;
    }
  }
  const bool right_kind = raw.kind == RawValue::Kind::list || may_be_text(raw);
  std::vector<Endpoint> out;
  for (const std::string& item : items) {
    const auto value = parse_endpoint(item);
    if (!value || value->port == 0)
      return predicate(fmt::format("has {}, which is not HOST:PORT, for example \"10.0.0.1:7411\"", toml_string(item)));
    out.push_back(*value);
  }
  if (!right_kind) return predicate("is not a list of HOST:PORT, for example [\"10.0.0.1:7411\"]");
  if (out.size() > kEndpointsMax) return predicate(fmt::format("has more than {} addresses", kEndpointsMax));
  return out;
}

Result<Endpoint> as_advertised(const RawValue& raw) {
  if (may_be_text(raw) && raw.text.empty()) return Endpoint{};
  auto value = as_endpoint(raw);
  if (!value) return value;
  if (!value->is_numeric()) return predicate("is a name; others need an address, for example \"10.0.0.1:7411\"");
  if (value->is_wildcard()) return predicate("is no address that others could connect to");
  return value;
}

Result<std::string> as_zone(const RawValue& raw) {
  // Only the form is judged here; whether the system knows the name is a question to the system.
  const bool well_formed = !raw.text.empty() && raw.text.size() <= kZoneNameMax && raw.text.front() != '/' &&
                           raw.text.find("..") == std::string::npos &&
                           std::all_of(raw.text.begin(), raw.text.end(), [](char c) {
                             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                    c == '/' || c == '_' || c == '-' || c == '+';
                           });
  if (!may_be_text(raw) || !well_formed) return predicate("is not a time zone, for example \"Europe/Brussels\"");
  return raw.text;
}

Result<std::string> as_choice(const RawValue& raw, std::span<const std::string> choices) {
  if (may_be_text(raw) && std::find(choices.begin(), choices.end(), raw.text) != choices.end()) return raw.text;
  std::string list;
  for (const std::string& one : choices) list += (list.empty() ? "" : ", ") + toml_string(one);
  return predicate("is none of " + list);
}

}  // namespace wattring::app::fields
