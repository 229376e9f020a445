// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wattring::gateway {

/// A strict reader of JSON (RFC 8259) tokens. Numbers stay text. After a false result the position means nothing.
class JsonScan {
 public:
  static constexpr int kDepthMax = 16;

  explicit JsonScan(std::string_view text, std::size_t pos = 0) : text_(text), pos_(pos) {}

  enum class Type : std::uint8_t { string, number, truth, null, object, array, none };
  /// A scalar; of an object or an array only the type is known, and it was passed over.
  struct Value {
    Type type = Type::none;
    std::string_view text;
  };

  [[nodiscard]] std::size_t pos() const { return pos_; }
  [[nodiscard]] bool at_end() const { return pos_ == text_.size(); }
  /// '\0' at the end.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[pos_]; }
  void skip_space();
  /// Spaces, tabs and CR, not LF.
  void skip_blanks();
  bool take(char expected);
  /// The view is into the input, or into `storage` when there were escapes.
  bool take_string(std::string_view& out, std::string& storage);
  bool take_value(Value& out, std::string& storage, int depth = 0);

 private:
  bool take_escape(std::string& out);
  bool take_hex4(std::uint32_t& out);
  bool take_number(std::string_view& out);
  bool take_literal(std::string_view literal);
  bool skip_members(int depth);
  bool skip_elements(int depth);
  void skip_digits();

  std::string_view text_;
  std::size_t pos_;
};

/// Where the object that begins at `begin` seems to end, although it is broken: after the brace that closes it, strings
/// ending at a line end at the latest. npos when nothing closes it.
[[nodiscard]] std::size_t find_end_of_broken_object(std::string_view text, std::size_t begin);

}  // namespace wattring::gateway
