// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "node/app/config_keys.hpp"

/// Builders of keys, one per kind of value. `at` gives the member that the key stands for.

namespace wattring::app::fields {

[[nodiscard]] Result<std::string> as_text(const RawValue& raw, std::string_view what, std::string_view example);
[[nodiscard]] Result<bool> as_bool(const RawValue& raw);
[[nodiscard]] Result<std::int64_t> as_duration(const RawValue& raw, std::int64_t min_ms, std::int64_t max_ms);
[[nodiscard]] Result<std::uint64_t> as_size(const RawValue& raw, std::uint64_t min_bytes, std::uint64_t max_bytes);
[[nodiscard]] Result<std::uint32_t> as_count(const RawValue& raw, std::uint32_t min, std::uint32_t max);
[[nodiscard]] Result<Endpoint> as_endpoint(const RawValue& raw);
[[nodiscard]] Result<std::vector<Endpoint>> as_endpoints(const RawValue& raw);
/// An address that others can connect to; empty for none.
[[nodiscard]] Result<Endpoint> as_advertised(const RawValue& raw);
[[nodiscard]] Result<std::string> as_zone(const RawValue& raw);
[[nodiscard]] Result<std::string> as_choice(const RawValue& raw, std::span<const std::string> choices);

/// What every kind shares: read, then store on success.
template <class T, class Member, class Read, class Show>
BasicKey<T> field(std::string section, std::string name, std::string type, std::string meaning, Member at, Read read,
                  Show show) {
  return {std::move(section),
          std::move(name),
          std::move(type),
          std::move(meaning),
          [at, read](T& target, const RawValue& raw) -> Result<void> {
            auto value = read(raw);
            if (!value) return Failure(value.error());
            at(target) = *value;
            return {};
          },
          [at, show](const T& target) { return show(at(const_cast<T&>(target))); }};
}

template <class Member>
ConfigKey endpoint(std::string section, std::string name, std::string meaning, Member at) {
  return field<Config>(std::move(section), std::move(name), "HOST:PORT", std::move(meaning), at, as_endpoint,
                       [](const Endpoint& value) { return toml_string(value.text()); });
}
template <class Member>
ConfigKey advertised(std::string name, std::string meaning, Member at) {
  return field<Config>(
      "advertise", std::move(name), "ADDRESS:PORT", std::move(meaning), at, as_advertised,
      [](const Endpoint& value) { return toml_string(value.host.empty() ? std::string() : value.text()); });
}
template <class Member>
ConfigKey text(std::string section, std::string name, std::string type, std::string meaning, Member at,
               const std::string& example) {
  const std::string what = "a " + type;
  return field<Config>(
      std::move(section), std::move(name), std::move(type), std::move(meaning), at,
      [what, example](const RawValue& raw) { return as_text(raw, what, example); },
      [](const std::string& value) { return toml_string(value); });
}
template <class T = Config, class Member>
BasicKey<T> duration(std::string section, std::string name, std::string meaning, Member at, std::int64_t min_ms,
                     std::int64_t max_ms) {
  return field<T>(
      std::move(section), std::move(name), "duration", std::move(meaning), at,
      [min_ms, max_ms](const RawValue& raw) { return as_duration(raw, min_ms, max_ms); },
      [](std::int64_t value) { return toml_string(format_duration_ms(value)); });
}
template <class Member>
ConfigKey size(std::string section, std::string name, std::string meaning, Member at, std::uint64_t min_bytes,
               std::uint64_t max_bytes) {
  return field<Config>(
      std::move(section), std::move(name), "size", std::move(meaning), at,
      [min_bytes, max_bytes](const RawValue& raw) { return as_size(raw, min_bytes, max_bytes); },
      [](std::uint64_t value) { return toml_string(format_size(value)); });
}
template <class Member>
ConfigKey count(std::string section, std::string name, std::string meaning, Member at, std::uint32_t min,
                std::uint32_t max) {
  return field<Config>(
      std::move(section), std::move(name), "number", std::move(meaning), at,
      [min, max](const RawValue& raw) { return as_count(raw, min, max); },
      [](std::uint32_t value) { return fmt::format("{}", value); });
}
template <class T = Config, class Member>
BasicKey<T> choice(std::string section, std::string name, std::string meaning, Member at,
                   const std::vector<std::string>& choices) {
  std::string type;
  for (const std::string& one : choices) type += (type.empty() ? "" : " or ") + toml_string(one);
  return field<T>(
      std::move(section), std::move(name), type, std::move(meaning), at,
      [choices](const RawValue& raw) { return as_choice(raw, choices); },
      [](const std::string& value) { return toml_string(value); });
}

}  // namespace wattring::app::fields
