// SPDX-License-Identifier: Apache-2.0
#include "node/http/token.hpp"

#include <sodium.h>

#include <algorithm>

namespace wattring::http {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::string_view kPrefix = "wr_";
constexpr std::size_t kNameBytesMax = 64;
constexpr std::array<Role, 3> kRoles{Role::read, Role::write, Role::admin};

std::string hex(const TokenHash& hash) {
  std::array<char, 2 * sizeof(TokenHash) + 1> text{};
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  return text.data();
}

Result<TokenHash> parse_hash(std::string_view text) {
  TokenHash hash{};
  std::size_t size = 0;
  const bool whole = sodium_hex2bin(hash.data(), hash.size(), text.data(), text.size(), nullptr, &size, nullptr) == 0;
  if (!whole || size != hash.size() || text.size() != 2 * hash.size())
    return fail(ErrorCode::invalid_argument, "the hash is not made of 64 hex digits");
  return hash;
}

std::string_view next_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(begin);
  const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

Result<Token> parse_line(std::string_view line) {
  Token token;
  token.name = next_word(line);
  if (!is_token_name(token.name))
    return fail(ErrorCode::invalid_argument, "the name is not made of 1 to 64 letters, digits, \"-\", \"_\" and \".\"");
  const auto roles = parse_roles(next_word(line));
  if (!roles) return Failure(roles.error());
  token.roles = *roles;
  const auto hash = parse_hash(next_word(line));
  if (!hash) return Failure(hash.error());
  token.hash = *hash;
  if (!next_word(line).empty()) return fail(ErrorCode::invalid_argument, "there is more than NAME ROLES HASH");
  return token;
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::none:
      return "none";
    case Role::read:
      return "read";
    case Role::write:
      return "write";
    case Role::admin:
      return "admin";
  }
  return "?";
}

std::string to_string(Roles roles) {
  std::string text;
  for (const Role role : kRoles)
    if ((roles & static_cast<Roles>(role)) != 0) text.append(text.empty() ? "" : ",").append(to_string(role));
  return text;
}

Result<Roles> parse_roles(std::string_view text) {
  Roles roles = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const auto* const role = std::ranges::find(kRoles, word, [](Role one) { return to_string(one); });
    if (role == kRoles.end())
      return fail(ErrorCode::invalid_argument, "\"" + std::string(word.substr(0, 40)) + "\" is no role",
                  "read, write or admin, or several: read,write");
    roles = static_cast<Roles>(roles | static_cast<Roles>(*role));
    at = end + 1;
  }
  return roles;
}

bool is_token_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

TokenHash hash_token(std::string_view token) {
  TokenHash hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     nullptr, 0);
  return hash;
}

std::string make_token() {
  std::array<unsigned char, kRandomBytes> random{};
  randombytes_buf(random.data(), random.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::array<char, sodium_base64_ENCODED_LEN(kRandomBytes, kVariant)> text{};
  sodium_bin2base64(text.data(), text.size(), random.data(), random.size(), kVariant);
  sodium_memzero(random.data(), random.size());
  return std::string(kPrefix) + text.data();
}

std::string token_line(const Token& token) {
  return token.name + " " + to_string(token.roles) + " " + hex(token.hash);
}

Result<TokenList> TokenList::parse(std::string_view text) {
  TokenList list;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (line.empty() || line.front() == '#') continue;
    auto token = parse_line(line);
    if (!token) {
      return fail(token.error().code, "line " + std::to_string(number) + ": " + token.error().message,
                  "NAME ROLES HASH, as wattringctl token new writes it");
    }
    const auto same = [&](const Token& one) { return one.name == token->name; };
    if (std::ranges::any_of(list.tokens_, same))
      return fail(ErrorCode::invalid_argument,
                  "line " + std::to_string(number) + ": the name \"" + token->name + "\" stands twice",
                  "each token has a name of its own, so that the audit log says who it was");
    if (list.tokens_.size() == kTokensMax)
      return fail(ErrorCode::invalid_argument, "more than " + std::to_string(kTokensMax) + " tokens");
    list.tokens_.push_back(std::move(*token));
  }
  return list;
}

const Token* TokenList::find(std::string_view token) const {
  const TokenHash hash = hash_token(token);
  const Token* found = nullptr;
  for (const Token& one : tokens_)
    if (sodium_memcmp(one.hash.data(), hash.data(), hash.size()) == 0) found = &one;
  return found;
}

}  // namespace wattring::http
