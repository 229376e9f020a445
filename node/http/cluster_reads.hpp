// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node/http/exchange.hpp"
#include "node/http/params.hpp"
#include "node/http/peers_door.hpp"

namespace wattring::http {

/// Questions about meters that live elsewhere: passed on to an owner of the meter, or asked of everybody and put
/// together. Any thread.
class ClusterReads {
 public:
  static constexpr std::int64_t kCallMs = 4'000;

  /// Null: there is nobody else.
  explicit ClusterReads(PeersDoor* peers) : peers_(peers) {}

  /// In answers of a node whose disk is damaged where the answer is: another owner's is better.
  static constexpr const char* kDamagedHeader = "X-Wattring-Damaged";

  /// Another node's answer; nothing when this one is to answer.
  [[nodiscard]] std::optional<Response> ask_owner(const Request& request, std::string_view meter, Level level) const;
  /// `own`, unless it is of a damaged disk and another owner can do better. Level any: what is here, as it is.
  [[nodiscard]] Response or_better(const Request& request, std::string_view meter, Level level, Response own) const;
  /// What this node's answer about the meter will include; waits for what is missing.
  [[nodiscard]] Result<Standing> stand(std::string_view meter, const Consistency& wanted, std::int64_t now_ms) const;
  /// `own` and what all the others say to the same request, as one page of meters.
  [[nodiscard]] Response gather_meters(const Request& request, Response own, std::size_t limit) const;

 private:
  [[nodiscard]] std::optional<Response> ask(const Request& request, const PeersDoor::Peer& owner) const;

  PeersDoor* const peers_;
};

}  // namespace wattring::http
