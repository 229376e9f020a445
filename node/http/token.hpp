// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Bearer tokens: 32 random bytes that a caller shows, of which a node keeps only the hash.

namespace wattring::http {

/// What a caller may do. An admin may do everything.
enum class Role : std::uint8_t {
  none = 0,  ///< what everybody may
  read = 1,
  write = 2,  ///< send readings
  admin = 4
};
[[nodiscard]] std::string_view to_string(Role role);

/// Roles of one token: bits of Role.
using Roles = std::uint8_t;
[[nodiscard]] constexpr bool allows(Roles roles, Role wanted) {
  const auto admin = static_cast<Roles>(Role::admin);
  return wanted == Role::none || (roles & (static_cast<Roles>(wanted) | admin)) != 0;
}
/// "read", "read,write".
[[nodiscard]] Result<Roles> parse_roles(std::string_view text);
[[nodiscard]] std::string to_string(Roles roles);

using TokenHash = std::array<std::uint8_t, 32>;
/// BLAKE2b. Fast on purpose: what is hashed has 256 random bits, and nobody guesses these.
[[nodiscard]] TokenHash hash_token(std::string_view token);
/// "wr_" and 43 letters, digits, "-" and "_". From the system's random numbers.
[[nodiscard]] std::string make_token();

struct Token {
  std::string name;
  Roles roles = 0;
  TokenHash hash{};
};
/// A line of the file: "NAME ROLES HASH".
[[nodiscard]] std::string token_line(const Token& token);

/// The tokens that a node accepts. Immutable, any thread.
class TokenList {
 public:
  static constexpr std::size_t kTokensMax = 10'000;
  /// Lines "NAME ROLES HASH"; empty ones and those that begin with "#" are skipped. invalid_argument names the line.
  [[nodiscard]] static Result<TokenList> parse(std::string_view text);
  /// Null when it is none of them. Takes the same time whichever it is.
  [[nodiscard]] const Token* find(std::string_view token) const;
  [[nodiscard]] const std::vector<Token>& tokens() const { return tokens_; }

 private:
  std::vector<Token> tokens_;
};

/// 1 to 64 letters, digits, "-", "_" and ".".
[[nodiscard]] bool is_token_name(std::string_view name);

}  // namespace wattring::http
