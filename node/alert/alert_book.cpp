// SPDX-License-Identifier: Apache-2.0
#include "node/alert/alert_book.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wattring::alert {
namespace {
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
}

void AlertBook::put(Alert alert) {
  erase(alert.id);
  if (alert.state == State::firing) ++firing_;
  const auto at = by_id_.emplace(alert.id, std::move(alert)).first;
  by_place_.emplace(place_of(at->second), &at->second);
}

void AlertBook::erase(std::string_view id) {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return;
  if (at->second.state == State::firing) --firing_;
  by_place_.erase(place_of(at->second));
  by_id_.erase(at);
}

const Alert* AlertBook::find(std::string_view id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &at->second;
}

std::vector<const Alert*> AlertBook::of(std::string_view rule, std::string_view meter) const {
  std::vector<const Alert*> found;
  for (auto at = by_place_.lower_bound({std::string(meter), std::string(rule), "", kFirst});
       at != by_place_.end() && std::get<0>(at->first) == meter && std::get<1>(at->first) == rule; ++at)
    found.push_back(at->second);
  return found;
}

std::vector<const Alert*> AlertBook::of_meter(std::string_view meter) const {
  std::vector<const Alert*> found;
  for (auto at = by_place_.lower_bound({std::string(meter), "", "", kFirst});
       at != by_place_.end() && std::get<0>(at->first) == meter; ++at)
    found.push_back(at->second);
  return found;
}

bool AlertBook::has_any(std::string_view meter) const {
  if (by_place_.empty()) return false;
  const auto at = by_place_.lower_bound({std::string(meter), "", "", kFirst});
  return at != by_place_.end() && std::get<0>(at->first) == meter;
}

bool AlertBook::has_firing(std::string_view meter) const {
  if (firing_ == 0) return false;
  const std::vector<const Alert*> all = of_meter(meter);
  return std::any_of(all.begin(), all.end(), [](const Alert* alert) { return alert->state == State::firing; });
}

}  // namespace wattring::alert
