// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "node/alert/alert.hpp"

namespace wattring::alert {

/// The alerts on record of one shard, all of them: alerts are rare, and retention bounds them. One owner.
class AlertBook {
 public:
  /// Inserts or replaces by id.
  void put(Alert alert);
  void erase(std::string_view id);
  [[nodiscard]] const Alert* find(std::string_view id) const;  ///< lives until the next change
  /// Of one rule and meter, all phases and states, by (phase, onset).
  [[nodiscard]] std::vector<const Alert*> of(std::string_view rule, std::string_view meter) const;
  [[nodiscard]] std::vector<const Alert*> of_meter(std::string_view meter) const;
  [[nodiscard]] bool has_any(std::string_view meter) const;
  [[nodiscard]] bool has_firing(std::string_view meter) const;
  [[nodiscard]] const std::map<std::string, Alert, std::less<>>& all() const { return by_id_; }
  [[nodiscard]] std::size_t firing() const { return firing_; }

 private:
  using Place = std::tuple<std::string, std::string, std::string, std::int64_t>;  ///< meter, rule, phase, onset
  [[nodiscard]] static Place place_of(const Alert& alert) {
    return {alert.meter, alert.rule, alert.phase, alert.onset_ms};
  }
  std::map<std::string, Alert, std::less<>> by_id_;
  std::map<Place, const Alert*> by_place_;
  std::size_t firing_ = 0;
};

}  // namespace wattring::alert
