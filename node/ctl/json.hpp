// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace wattring::ctl {

/// A JSON value. Members keep their order, so that what a node sent can be shown as it was; asking for a member that
/// is not there gives null, so that fields of newer or older nodes are no errors.
class Json {
 public:
  using Member = std::pair<std::string, Json>;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(std::int64_t value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::size_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }

  /// The value, or the other one when it is of another kind.
  [[nodiscard]] bool boolean(bool otherwise = false) const;
  [[nodiscard]] std::int64_t integer(std::int64_t otherwise = 0) const;
  [[nodiscard]] double number(double otherwise = 0) const;  ///< integers too
  [[nodiscard]] const std::string& string() const;          ///< "" when it is none
  [[nodiscard]] const Array& items() const;                 ///< empty when it is no array
  [[nodiscard]] const Object& members() const;              ///< empty when it is no object

  [[nodiscard]] const Json& operator[](std::string_view name) const;  ///< null when there is no such member
  [[nodiscard]] bool has(std::string_view name) const { return !(*this)[name].is_null(); }
  /// Sets or adds a member; makes an object of anything else.
  Json& set(std::string_view name, Json value);
  /// Adds an element; makes an array of anything else.
  Json& push(Json value);

  /// On one line, or indented by two spaces.
  [[nodiscard]] std::string compact() const;
  [[nodiscard]] std::string pretty() const;

 private:
  void write(std::string& out, int indent, int depth) const;
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// invalid_argument when it is not JSON or nested deeper than 64.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

}  // namespace wattring::ctl
