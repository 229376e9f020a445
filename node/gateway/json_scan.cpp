// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/json_scan.hpp"

#include "base/utf8.hpp"

namespace wattring::gateway {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

void JsonScan::skip_space() {
  while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')) ++pos_;
}

void JsonScan::skip_blanks() {
  while (!at_end() && (peek() == ' ' || peek() == '\r' || peek() == '\t')) ++pos_;
}

bool JsonScan::take(char expected) {
  if (at_end() || text_[pos_] != expected) return false;
  ++pos_;
  return true;
}

bool JsonScan::take_string(std::string_view& out, std::string& storage) {
  if (!take('"')) return false;
  std::size_t begin = pos_;
  bool escaped = false;
  while (!at_end()) {
    const char c = text_[pos_];
    if (c == '"') {
      const std::string_view last = text_.substr(begin, pos_ - begin);
      ++pos_;
      out = escaped ? std::string_view(storage.append(last)) : last;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') {
      ++pos_;
      continue;
    }
    if (!escaped) storage.clear();
    escaped = true;
    storage.append(text_.substr(begin, pos_ - begin));
    ++pos_;
    if (!take_escape(storage)) return false;
    begin = pos_;
  }
  return false;
}

bool JsonScan::take_escape(std::string& out) {
  if (at_end()) return false;
  static constexpr std::string_view kNames = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = peek();
  ++pos_;
  if (const std::size_t which = kNames.find(c); which != std::string_view::npos) {
    out.push_back(kMeanings[which]);
    return true;
  }
  std::uint32_t code = 0;
  if (c != 'u' || !take_hex4(code)) return false;
  if (code >= 0xDC00 && code < 0xE000) return false;
  if (code >= 0xD800 && code < 0xDC00) {
    std::uint32_t low = 0;
    if (!take('\\') || !take('u') || !take_hex4(low) || low < 0xDC00 || low >= 0xE000) return false;
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  append_utf8(code, out);
  return true;
}

bool JsonScan::take_hex4(std::uint32_t& out) {
  out = 0;
  for (int i = 0; i < 4; ++i, ++pos_) {
    const char c = peek();
    const int digit = is_digit(c)              ? c - '0'
                      : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                      : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                               : -1;
    if (digit < 0) return false;
    out = out * 16 + static_cast<std::uint32_t>(digit);
  }
  return true;
}

void JsonScan::skip_digits() {
  while (is_digit(peek())) ++pos_;
}

bool JsonScan::take_number(std::string_view& out) {
  const std::size_t begin = pos_;
  take('-');
  if (!is_digit(peek())) return false;
  if (!take('0')) skip_digits();
  if (take('.')) {
    if (!is_digit(peek())) return false;
    skip_digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    ++pos_;
    if (!take('+')) take('-');
    if (!is_digit(peek())) return false;
    skip_digits();
  }
  out = text_.substr(begin, pos_ - begin);
  return true;
}

bool JsonScan::take_literal(std::string_view literal) {
  if (!text_.substr(pos_).starts_with(literal)) return false;
  pos_ += literal.size();
  return true;
}

bool JsonScan::take_value(Value& out, std::string& storage, int depth) {
  const std::size_t begin = pos_;
  const auto literal = [&](std::string_view text, Type type) {
    out = {type, text};
    return take_literal(text);
  };
  switch (peek()) {
    case '"':
      out.type = Type::string;
      return take_string(out.text, storage);
    case 't':
      return literal("true", Type::truth);
    case 'f':
      return literal("false", Type::truth);
    case 'n':
      return literal("null", Type::null);
    case '{':
    case '[': {
      if (depth >= kDepthMax) return false;
      out.type = peek() == '{' ? Type::object : Type::array;
      const bool good = out.type == Type::object ? skip_members(depth + 1) : skip_elements(depth + 1);
      out.text = good ? text_.substr(begin, pos_ - begin) : std::string_view{};
      return good;
    }
    default:
      out.type = Type::number;
      return take_number(out.text);
  }
}

bool JsonScan::skip_members(int depth) {
  std::string storage;
  std::string_view name;
  Value value;
  take('{');
  skip_space();
  if (take('}')) return true;
  while (true) {
    skip_space();
    if (!take_string(name, storage)) return false;
    skip_space();
    if (!take(':')) return false;
    skip_space();
    if (!take_value(value, storage, depth)) return false;
    skip_space();
    if (take('}')) return true;
    if (!take(',')) return false;
  }
}

bool JsonScan::skip_elements(int depth) {
  std::string storage;
  Value value;
  take('[');
  skip_space();
  if (take(']')) return true;
  while (true) {
    skip_space();
    if (!take_value(value, storage, depth)) return false;
    skip_space();
    if (take(']')) return true;
    if (!take(',')) return false;
  }
}

std::size_t find_end_of_broken_object(std::string_view text, std::size_t begin) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"' || c == '\n') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth <= 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace wattring::gateway
