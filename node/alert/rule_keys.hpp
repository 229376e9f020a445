// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "node/alert/rule.hpp"
#include "node/alert/rule_toml.hpp"

/// Which keys the tables of a rule document have, and a table on its way to a value. Pure.

namespace wattring::alert {

/// Whether a rule of that kind has the key.
[[nodiscard]] bool has_key(RuleKind kind, std::string_view key);
/// What is wrong with a key of a [[rule]]; empty when nothing is. Without a kind every key of some kind is fine.
[[nodiscard]] std::string wrong_rule_key(std::optional<RuleKind> kind, std::string_view key);
[[nodiscard]] std::string wrong_profile_key(std::string_view key);
/// Of all kinds.
[[nodiscard]] std::span<const std::string_view> rule_keys();
[[nodiscard]] std::span<const std::string_view> profile_keys();

/// Reads the entries of one table and notes what is wrong with them.
class Fields {
 public:
  Fields(const TomlTable& table, std::vector<DocumentError>& errors) : table_(table), errors_(errors) {}

  [[nodiscard]] const TomlTable& table() const { return table_; }
  [[nodiscard]] const TomlEntry* find(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  /// What `read` makes of the key's value, when the key is there and the value is right.
  template <class Read>
  auto get(std::string_view key, const Read& read) {
    std::optional<std::decay_t<decltype(*read(std::declval<const TomlValue&>()))>> taken;
    const TomlEntry* entry = find(key);
    if (entry == nullptr) return taken;
    if (auto value = read(entry->value)) {
      taken = std::move(*value);
    } else {
      refuse(key, value.error().message);
    }
    return taken;
  }
  /// Stores it; the target stays as it is when the key is not there.
  template <class T, class Read>
  void take(std::string_view key, T& target, const Read& read) {
    if (auto value = get(key, read)) target = std::move(*value);
  }
  /// "KEY MESSAGE" at the key's value, or at the table when the key is not there.
  void refuse(std::string_view key, std::string_view message);
  void refuse_table(std::string message) { errors_.push_back({table_.line, table_.column, std::move(message)}); }
  [[nodiscard]] bool good() const { return errors_.size() == before_; }

 private:
  const TomlTable& table_;
  std::vector<DocumentError>& errors_;
  const std::size_t before_ = errors_.size();
};

/// above, below and clear, of the kinds that have them; rule.kind and rule.reg are known.
void read_thresholds(Fields& fields, Rule& rule);
/// Nothing when anything is wrong with the table; what, is in `errors` then.
[[nodiscard]] std::optional<Rule> read_rule(const TomlTable& table, std::int64_t now_ms,
                                            std::vector<DocumentError>& errors);
[[nodiscard]] std::optional<Profile> read_profile(const TomlTable& table, std::int64_t now_ms,
                                                  std::vector<DocumentError>& errors);

}  // namespace wattring::alert
