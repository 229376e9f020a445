// SPDX-License-Identifier: Apache-2.0
#include "node/alert/episodes.hpp"

#include <algorithm>

namespace wattring::alert {

EpisodeMachine::EpisodeMachine(const Rule& rule)
    : below_(rule.below),
      hold_ms_(rule.hold_ms),
      keep_firing_ms_(rule.keep_firing_ms),
      gap_ms_(gap_limit_ms(rule)),
      count_min_(rule.count_min) {}

void EpisodeMachine::feed(const Point& point) {
  if (state_ == State::pending && (!point.fires || point.at_ms - previous_ms_ > gap_ms_)) state_ = State::ok;
  previous_ms_ = point.at_ms;
  if (state_ == State::firing) {
    if (point.fires) occur(point);
    if (!point.clears) {
      clear_since_ms_.reset();
      return;
    }
    if (!clear_since_ms_) clear_since_ms_ = point.at_ms;
    if (point.at_ms - *clear_since_ms_ < keep_firing_ms_) return;
    current_.resolved_ms = point.at_ms;
    done_.push_back(current_);
    state_ = State::ok;
    return;
  }
  if (!point.fires) return;
  if (state_ == State::ok) {
    current_ = Episode{};
    current_.onset_ms = point.at_ms;
    current_.peak = point.x;
    in_a_row_ = 0;
    state_ = State::pending;
  }
  ++in_a_row_;
  occur(point);
  maybe_fire(point.at_ms);
}

void EpisodeMachine::end(std::int64_t at_ms) {
  if (state_ == State::firing) {
    current_.resolved_ms = at_ms;
    done_.push_back(current_);
  }
  state_ = State::ok;
}

void EpisodeMachine::occur(const Point& point) {
  ++current_.count;
  current_.last_ms = point.at_ms;
  current_.peak = below_ ? std::min(current_.peak, point.x) : std::max(current_.peak, point.x);
}

void EpisodeMachine::maybe_fire(std::int64_t at_ms) {
  if (at_ms - current_.onset_ms < hold_ms_ || in_a_row_ < count_min_) return;
  state_ = State::firing;
  current_.fired_ms = at_ms;
  clear_since_ms_.reset();
}

std::vector<Episode> EpisodeMachine::episodes() const {
  std::vector<Episode> all = done_;
  if (state_ == State::firing) all.push_back(current_);
  return all;
}

}  // namespace wattring::alert
