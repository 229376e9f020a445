// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wattring::sharding {

/// A member's place on the ring of hashes.
struct Token {
  std::uint64_t position;
  std::uint32_t member;
  friend constexpr auto operator<=>(const Token&, const Token&) = default;
};

/// Clockwise from one token: every member once, as its first token comes. Borrows the tokens.
class PlacementWalk {
 public:
  PlacementWalk(const std::vector<Token>& tokens, std::size_t members) : tokens_(tokens), seen_(members) {
    order_.reserve(members);
  }
  void start(std::size_t token) {
    at_ = token;
    ++round_;
    order_.clear();
  }
  [[nodiscard]] std::size_t size() const { return seen_.size(); }
  /// The k-th member met, k < size(); looks no further than needed.
  std::uint32_t operator[](std::size_t k) {
    while (order_.size() <= k) {
      const std::uint32_t member = tokens_[at_].member;
      at_ = at_ + 1 == tokens_.size() ? 0 : at_ + 1;
      if (seen_[member] == round_) continue;
      seen_[member] = round_;
      order_.push_back(member);
    }
    return order_[k];
  }

 private:
  const std::vector<Token>& tokens_;
  std::vector<std::uint64_t> seen_;  ///< round in which the member was met
  std::vector<std::uint32_t> order_;
  std::uint64_t round_ = 0;
  std::size_t at_ = 0;
};

}  // namespace wattring::sharding
