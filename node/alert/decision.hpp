// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "node/alert/alert.hpp"

/// What was done about alerts, as opposed to what readings say of them: who was told, who has seen it. It is written
/// into the shard as entries of a format of their own, so that every owner has it when the home dies. A grow-only set:
/// of each alert and sink the latest word counts, so order and repeats change nothing.
///
///   payload  := version u8 (1) | decision+
///   decision := kind u8 | alert id sized (16 hex digits) | at zigzag(ms) | told or acked
///   told (1)  := event u8 | sink sized | revision sized | record sized
///   acked (2) := user sized | note sized

namespace wattring::alert {

/// A sink has taken a notification.
struct ToldMark {
  std::string alert_id;
  std::int64_t at_ms = 0;  ///< ascending for one alert and sink
  Event event = Event::firing;
  std::string sink;
  std::string revision;
  std::string record;  ///< the alert, when no reading gives it back (absence); else empty
  friend bool operator==(const ToldMark&, const ToldMark&) = default;
};
/// Somebody has seen it.
struct AckMark {
  std::string alert_id;
  std::int64_t at_ms = 0;  ///< wall clock
  std::string user;
  std::string note;
  friend bool operator==(const AckMark&, const AckMark&) = default;
};
using Decision = std::variant<ToldMark, AckMark>;

/// Of one that was taken.
[[nodiscard]] ToldMark mark_of(const Notification& notification);
[[nodiscard]] const std::string& alert_of(const Decision& decision);
[[nodiscard]] std::string encode(std::span<const Decision> decisions);
/// All of them, or corrupt.
[[nodiscard]] Result<std::vector<Decision>> decode_decisions(std::string_view payload);

/// The decisions about a shard's alerts, joined. One owner.
class DecisionBook {
 public:
  /// True when it says something new.
  bool join(const Decision& decision);
  /// The latest word to a sink about firing and ending; null: none.
  [[nodiscard]] const ToldMark* told(std::string_view id, std::string_view sink) const;
  /// The latest word to a sink about an acknowledgement.
  [[nodiscard]] const ToldMark* told_ack(std::string_view id, std::string_view sink) const;
  [[nodiscard]] const AckMark* ack(std::string_view id) const;
  /// All there is about one alert.
  [[nodiscard]] std::vector<Decision> of(std::string_view id) const;
  /// The word to that sink is no longer of interest.
  void forget(const ToldMark& mark);
  void erase(std::string_view id);
  void clear() { alerts_.clear(); }
  /// Alerts about which nothing was decided since.
  [[nodiscard]] std::vector<std::string> quiet_since(std::int64_t at_ms) const;
  [[nodiscard]] std::size_t size() const { return alerts_.size(); }

 private:
  using Lane = std::pair<std::string, bool>;  ///< sink, about an acknowledgement
  struct OfAlert {
    std::map<Lane, ToldMark> told;
    std::optional<AckMark> ack;
  };
  [[nodiscard]] const ToldMark* find(std::string_view id, std::string_view sink, bool of_ack) const;
  std::map<std::string, OfAlert, std::less<>> alerts_;
};

}  // namespace wattring::alert
