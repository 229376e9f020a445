// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "node/app/alert_extension.hpp"
#include "node/app/silence_sweep.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

/// Whether this node tells the alerts of a shard, and what others decided about them.

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

/// What the home before had under way is told, and its marks are here.
constexpr std::int64_t kHandOverMs = 2000;
constexpr std::int64_t kKnowMs = 10'000;
constexpr std::int64_t kAskEveryMs = 2000;
constexpr std::int64_t kAnswerMs = 30'000;

}  // namespace

void AlertExtension::adopt_decisions(std::string_view payload) {
  const auto decisions = alert::decode_decisions(payload);
  if (!decisions) return hub_.log->error("corrupt_value", decisions.error().text());
  for (const alert::Decision& decision : *decisions) alerts_.load(decision);
}

Result<void> AlertExtension::decided(meter::ShardFold& fold, Lsn lsn, std::string_view payload, std::int64_t now_ms) {
  const auto decisions = alert::decode_decisions(payload);
  if (!decisions) return Failure(decisions.error());
  follow_home(now_ms);
  for (const alert::Decision& decision : *decisions) {
    const auto changes = alerts_.decide(decision, now_ms);
    record(changes);
    const std::string& id = alert::alert_of(decision);
    write_decisions(id, unsent_);
    undecided_[id] = std::max(undecided_[id], lsn);
    for (const alert::Change& change : changes) {
      if (alert::is_source(change.alert.meter)) continue;
      alerts_.look_again(change.alert.meter, {change.alert.onset_ms - change.alert.peak, now_ms}, now_ms);
      if (const auto meter = fold.meters().find(change.alert.meter, hub_.key.hash(change.alert.meter)))
        fold.refresh_gates(*meter);
    }
  }
  return {};
}

void AlertExtension::write_decisions(std::string_view id, std::vector<OwnedOp>& into) const {
  const auto decisions = alerts_.decisions().of(id);
  if (decisions.empty()) return;
  std::string key = persistence::alert_key(shard_, std::string(kDecisionsPrefix) + std::string(id));
  const std::uint64_t position = persistence::position_of(key);
  into.push_back(
      {WriteOp::Kind::put, Table::alert, std::move(key), persistence::seal_value(alert::encode(decisions), position)});
}

/// The role may have changed at any moment. Rows of the outbox from before another node spoke are void: what of them
/// was not told, take_over() finds again.
void AlertExtension::follow_home(std::int64_t now_ms) {
  const HomeRole role = hub_.homes.of(shard_);
  if (role == role_) return;
  const HomeRole before = std::exchange(role_, role);
  const bool spoke = alerts_.voice().speaks;
  if (role == HomeRole::away || role == HomeRole::unknown) {
    hub_.hushed_for(shard_);
    alerts_.set_voice({false, false});
    take_over_ms_ = kNever;
    asked_.clear();
    sure_.clear();
    asked_ms_ = 0;
  } else if (spoke || (before == HomeRole::unknown && role == HomeRole::alone)) {
    if (!spoke) hub_.speaks_for(shard_, true);
    alerts_.set_voice({true, role == HomeRole::home});
  } else if (take_over_ms_ == kNever) {
    hub_.hushed_for(shard_);
    take_over_ms_ = role == HomeRole::alone ? now_ms : now_ms + kHandOverMs;
  }
}

/// What the home before has told is known here once nothing is missing; for that it waits, but not for ever: single
/// readings over a limit are to be told by whoever has them.
void AlertExtension::take_over(std::int64_t now_ms) {
  if (now_ms < take_over_ms_) return;
  const bool known = role_ == HomeRole::alone || confirmed_ms_ >= take_over_ms_;
  if (!known && now_ms < take_over_ms_ + kKnowMs) {
    if (asked_ms_ != 0 && now_ms >= asked_ms_ + kAskEveryMs) asked_ms_ = 0;
    if (asked_ms_ != 0 || now_ms < ask_from_ms_) return;
    asked_ms_ = now_ms;
    ask_from_ms_ = now_ms + kAskEveryMs;
    if (!hub_.confirm(shard_, now_ms)) confirmed(false, now_ms);
    return;
  }
  take_over_ms_ = kNever;
  hub_.speaks_for(shard_, false);
  alerts_.set_voice({true, role_ == HomeRole::home});
  record(alerts_.take_over(now_ms));
}

std::int64_t AlertExtension::next_take_over_ms() const {
  if (take_over_ms_ == kNever || role_ == HomeRole::alone || confirmed_ms_ >= take_over_ms_) return take_over_ms_;
  return std::max(take_over_ms_, asked_ms_ != 0 ? asked_ms_ + kAskEveryMs : ask_from_ms_);
}

std::int64_t AlertExtension::confirmed_ms() const {
  if (!alerts_.voice().speaks) return SilenceSweep::kNeverConfirmed;
  return alerts_.voice().confirms ? confirmed_ms_ : SilenceSweep::kAlwaysConfirmed;
}

void AlertExtension::ask_for_confirmation(std::int64_t now_ms) {
  if (asked_ms_ != 0 && now_ms >= asked_ms_ + kAnswerMs) confirmed(false, asked_ms_);
  const bool wanted = alerts_.has_unsaid() || absence_waits_;
  if (!wanted || asked_ms_ != 0 || now_ms < ask_from_ms_ || !alerts_.voice().speaks) return;
  absence_waits_ = false;
  asked_ = alerts_.take_unsaid();
  asked_ms_ = now_ms;
  ask_from_ms_ = now_ms + kAskEveryMs;
  if (!hub_.confirm(shard_, now_ms)) confirmed(false, now_ms);
}

void AlertExtension::confirmed(bool complete, std::int64_t asked_ms) {
  if (asked_ms_ == 0 || asked_ms != asked_ms_) return;
  asked_ms_ = 0;
  if (!complete) {
    hub_.unconfirmed.add();
    alerts_.give_back(std::exchange(asked_, {}));
    return;
  }
  confirmed_ms_ = asked_ms;
  sure_.merge(asked_);
  asked_.clear();
  next_pass_ms_ = 0;
}

}  // namespace wattring::app
