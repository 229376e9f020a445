// SPDX-License-Identifier: Apache-2.0
#include "node/app/alert_hub.hpp"

#include <algorithm>
#include <limits>

#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::uint64_t kNoRow = std::numeric_limits<std::uint64_t>::max();

std::string in_state(std::string_view state) {
  return "state=\"" + std::string(state) + "\"";
}

OwnedOp put(Table table, std::string key, std::string_view payload) {
  const std::uint64_t position = persistence::position_of(key);
  return {WriteOp::Kind::put, table, std::move(key), persistence::seal_value(payload, position)};
}

}  // namespace

AlertHub::AlertHub(const sharding::ShardKey& shard_key, persistence::JournalWriter& journal, Metrics& metrics,
                   std::shared_ptr<Log> node_log, std::uint64_t next_outbox_sequence, Retention keep)
    : key(shard_key),
      writer(journal),
      log(std::move(node_log)),
      retention(keep),
      absence(shard_key.shard_count()),
      homes(shard_key.shard_count()),
      evaluations(metrics.counter("wattring_alert_evaluations_total", "Meters that the rules looked at again")),
      evaluation_errors(
          metrics.counter("wattring_alert_evaluation_errors_total", "Meters that could not be evaluated; tried again")),
      evaluation_time(metrics.histogram("wattring_alert_evaluation_seconds", "All rules over one meter")),
      unconfirmed(metrics.counter("wattring_alert_unconfirmed_total",
                                  "Times alerts were held back because readings may be missing on this node")),
      fired_(metrics.counter("wattring_alert_records_total", "Alert records written, by state", in_state("firing"))),
      resolved_(
          metrics.counter("wattring_alert_records_total", "Alert records written, by state", in_state("resolved"))),
      retracted_(
          metrics.counter("wattring_alert_records_total", "Alert records written, by state", in_state("retracted"))),
      firing_(shard_key.shard_count()),
      tell_from_(shard_key.shard_count()),
      next_outbox_(next_outbox_sequence),
      policy_(std::make_shared<const alert::Policy>(alert::Policy::Parts{})) {
  metrics.gauge_function("wattring_alerts_firing", "Alerts that fire now, at the node that tells them",
                         [this] { return static_cast<double>(firing_here()); });
}

std::int64_t AlertHub::firing_here() const {
  std::int64_t all = 0;
  for (std::size_t i = 0; i < firing_.size(); ++i) {
    const HomeRole role = homes.of(ShardId{static_cast<std::uint16_t>(i)});
    if (role == HomeRole::home || role == HomeRole::alone) all += firing_[i].load(std::memory_order_relaxed);
  }
  return all;
}

std::shared_ptr<const alert::Policy> AlertHub::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void AlertHub::set_policy(std::shared_ptr<const alert::Policy> policy) {
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
  version_.fetch_add(1, std::memory_order_release);
}

void AlertHub::set_on_outbox(std::function<void()> heard) {
  const std::lock_guard lock(mutex_);
  on_outbox_ = std::move(heard);
}

std::uint64_t AlertHub::outbox_settled_below() const {
  const std::lock_guard lock(mutex_);
  return unsettled_.empty() ? next_outbox_ : *unsettled_.begin();
}

void AlertHub::committed(const std::vector<std::uint64_t>& outbox_sequences) {
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t sequence : outbox_sequences) unsettled_.erase(sequence);
}

void AlertHub::outbox_grew() const {
  const std::lock_guard lock(mutex_);
  if (on_outbox_) on_outbox_();
}

void AlertHub::set_confirm(Confirm confirm) {
  const std::lock_guard lock(mutex_);
  confirm_ = std::move(confirm);
}

bool AlertHub::confirm(ShardId shard, std::int64_t asked_ms) const {
  Confirm ask;
  {
    const std::lock_guard lock(mutex_);
    ask = confirm_;
  }
  return ask && ask(shard, asked_ms);
}

alert::MayTell AlertHub::may_tell(ShardId shard, std::uint64_t outbox_sequence) const {
  const HomeRole role = homes.of(shard);
  if (role == HomeRole::unknown) return alert::MayTell::not_yet;
  const bool mine =
      role != HomeRole::away && outbox_sequence >= tell_from_[shard.value].load(std::memory_order_acquire);
  return mine ? alert::MayTell::yes : alert::MayTell::never;
}

void AlertHub::speaks_for(ShardId shard, bool kept) {
  const std::lock_guard lock(mutex_);
  tell_from_[shard.value].store(kept ? 0 : next_outbox_, std::memory_order_release);
}

void AlertHub::hushed_for(ShardId shard) {
  tell_from_[shard.value].store(kNoRow, std::memory_order_release);
}

bool AlertHub::is_of_absence(const alert::Alert& alert) const {
  const auto current = policy();
  const auto& all = current->timelines();
  return std::any_of(all.begin(), all.end(), [&](const alert::Timeline& timeline) {
    return timeline.newest().name == alert.rule && timeline.newest().kind == alert::RuleKind::no_data;
  });
}

std::vector<OwnedOp> AlertHub::operations(ShardId shard, const std::vector<alert::Change>& changes) {
  std::vector<OwnedOp> ops;
  const std::lock_guard lock(mutex_);
  for (const alert::Change& change : changes) {
    ops.push_back(put(Table::alert, persistence::alert_key(shard, change.alert.id), encode(change.alert)));
    for (const alert::Notification& notification : change.notifications) {
      const std::uint64_t sequence = next_outbox_++;
      unsettled_.insert(sequence);
      ops.push_back(put(Table::outbox, persistence::outbox_key(sequence), encode(notification)));
    }
    if (change.alert.state == alert::State::resolved) resolved_.add();
    if (change.alert.state == alert::State::retracted) retracted_.add();
    if (change.alert.state == alert::State::firing && change.alert.acked_ms == 0) fired_.add();
  }
  return ops;
}

}  // namespace wattring::app
