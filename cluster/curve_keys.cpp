// SPDX-License-Identifier: Apache-2.0
// A key file is lines of words; a key may hold any printable sign but quotes and the backslash, so '#' begins a comment
// only at the beginning of a line:
//   cluster-public KEY   cluster-secret KEY   own-public KEY   own-secret KEY
//   allow KEY NAME       allow-client KEY NAME
#include "cluster/curve_keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/hash.hpp"

namespace wattring::cluster {
namespace {

constexpr std::size_t kKeyChars = 40;
constexpr std::size_t kGroupChars = 5;
constexpr std::size_t kKeyNameBytesMax = 64;
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::string_view kAllowNode = "allow";
constexpr std::string_view kAllowClient = "allow-client";
constexpr const char* kHint = "make a key file with wattringctl keygen";

std::string_view take_word(std::string_view& rest) {
  const std::size_t begin = std::min(rest.find_first_not_of(" \t\r"), rest.size());
  rest.remove_prefix(begin);
  const std::size_t end = std::min(rest.find_first_of(" \t\r"), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

bool is_name(std::string_view name) {
  const auto fine = [](char c) { return c > ' ' && c < '\x7F' && c != '"' && c != '\\'; };
  return !name.empty() && name.size() <= kKeyNameBytesMax && std::all_of(name.begin(), name.end(), fine);
}

struct Line {
  std::string_view word;
  std::string_view key;
  std::string_view name;
};

/// What is wrong with it; null when it went in.
const char* take_line(const Line& line, CurveKeys& keys) {
  if (!is_curve_key(line.key)) return "what follows is not a key of 40 characters";
  const auto set_once = [&](std::string& place) -> const char* {
    if (!line.name.empty()) return "there is something after the key";
    if (!place.empty()) return "it is there twice";
    place = line.key;
    return nullptr;
  };
  if (line.word == "cluster-secret") return set_once(keys.cluster_secret);
  if (line.word == "own-public") return set_once(keys.own.public_key);
  if (line.word == "own-secret") return set_once(keys.own.secret_key);
  if (line.word == "cluster-public") {
    if (!line.name.empty()) return "there is something after the key";
    if (keys.cluster_public.size() >= kClusterKeysMax) return "there may be two, the old one and the new one";
    keys.cluster_public.emplace_back(line.key);
    return nullptr;
  }
  if (line.word != kAllowNode && line.word != kAllowClient) return "this word is not known";
  if (!is_name(line.name)) return "a key must be followed by a name of 1 to 64 letters, digits or signs";
  const auto same = [&](const AllowedKey& other) { return other.public_key == line.key; };
  if (std::any_of(keys.allowed.begin(), keys.allowed.end(), same)) return "the key is there twice";
  if (keys.allowed.size() >= kAllowedKeysMax) return "there are too many keys";
  const KeyRole role = line.word == kAllowNode ? KeyRole::node : KeyRole::client;
  keys.allowed.push_back({std::string(line.key), std::string(line.name), role});
  return nullptr;
}

const char* missing(const CurveKeys& keys) {
  if (keys.own.public_key.empty()) return "own-public is missing";
  if (keys.own.secret_key.empty()) return "own-secret is missing";
  if (keys.cluster_public.empty()) return "cluster-public is missing";
  return nullptr;
}

void add_line(std::string& text, std::string_view word, std::string_view key) {
  text.append(word).append(" ").append(key).append("\n");
}

}  // namespace

bool is_curve_key(std::string_view text) {
  if (text.size() != kKeyChars) return false;
  for (std::size_t group = 0; group < kKeyChars; group += kGroupChars) {
    std::uint64_t value = 0;
    for (const char c : text.substr(group, kGroupChars)) {
      const std::size_t digit = kZ85.find(c);
      if (digit == std::string_view::npos) return false;
      value = value * kZ85.size() + digit;
    }
    if (value > UINT32_MAX) return false;
  }
  return true;
}

Result<CurveKeys> parse_curve_keys(std::string_view text) {
  CurveKeys keys;
  if (text.size() > kKeyFileBytesMax) return fail(ErrorCode::invalid_argument, "the file is too large", kHint);
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view rest = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    Line line;
    line.word = take_word(rest);
    if (line.word.empty() || line.word.front() == '#') continue;
    line.key = take_word(rest);
    line.name = take_word(rest);
    const char* wrong = take_line(line, keys);
    if (wrong == nullptr && !take_word(rest).empty()) wrong = "there is something after the name";
    if (wrong != nullptr)
      return fail(ErrorCode::invalid_argument,
                  "line " + std::to_string(number) + " (" + std::string(line.word.substr(0, 20)) + "): " + wrong,
                  kHint);
  }
  if (const char* const what = missing(keys)) return fail(ErrorCode::invalid_argument, what, kHint);
  return keys;
}

std::string allow_line(const AllowedKey& key) {
  return std::string(key.role == KeyRole::node ? kAllowNode : kAllowClient) + " " + key.public_key + " " + key.name;
}

std::string format_curve_keys(const CurveKeys& keys) {
  std::string text;
  for (const std::string& key : keys.cluster_public) add_line(text, "cluster-public", key);
  if (!keys.cluster_secret.empty()) add_line(text, "cluster-secret", keys.cluster_secret);
  add_line(text, "own-public", keys.own.public_key);
  add_line(text, "own-secret", keys.own.secret_key);
  for (const AllowedKey& one : keys.allowed) text.append(allow_line(one)).append("\n");
  return text;
}

std::string summary(const CurveKeys& keys) {
  std::vector<std::string> lines = keys.cluster_public;
  for (const AllowedKey& one : keys.allowed) lines.push_back(allow_line(one));
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  std::string digits = "0000000";
  std::array<char, 8> hex{};
  const auto [end, error] = std::to_chars(hex.data(), hex.data() + hex.size(), hash64(all) & 0xffff'ffffU, 16);
  digits.append(hex.data(), end);
  return std::to_string(keys.allowed.size()) + " allowed, " + digits.substr(digits.size() - 8);
}

}  // namespace wattring::cluster
