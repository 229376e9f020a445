// SPDX-License-Identifier: Apache-2.0
#include "node/app/alert_extension.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <thread>

#include "base/check.hpp"
#include "node/app/meter_history.hpp"
#include "node/app/silence_sweep.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

/// Facts of a meter that come close together are looked at once.
constexpr std::int64_t kPassEveryMs = 500;
constexpr std::int64_t kUntoldEveryMs = 5000;
constexpr std::int64_t kForgetEveryMs = kMsPerHour;
constexpr std::chrono::milliseconds kTurn{5};
/// A shard that has counted waits for the others.
constexpr std::int64_t kRoundPollMs = 100;
constexpr std::chrono::seconds kDiskPatience{10};
constexpr std::chrono::microseconds kPoll{200};
constexpr std::chrono::microseconds kRefusedPause{20'000};
/// Of no version.
constexpr std::uint64_t kNoPolicy = std::numeric_limits<std::uint64_t>::max();
/// What the disk refused waits before it is tried again.
constexpr std::int64_t kSendAgainMs = 500;
/// Its first byte sorts behind every alert's id, which is hexadecimal.
constexpr std::string_view kWatchesId = "~watches";
constexpr std::size_t kSliceBytesMax = 1U << 20U;

std::vector<std::uint64_t> outbox_sequences(const std::vector<OwnedOp>& slice) {
  std::vector<std::uint64_t> sequences;
  for (const OwnedOp& op : slice) {
    if (op.table != Table::outbox) continue;
    if (const auto sequence = persistence::parse_outbox_key(op.key)) sequences.push_back(*sequence);
  }
  return sequences;
}

/// Changes with what is in quarantine; 0 = nothing.
std::uint64_t mark_of(const std::vector<meter::QuarantineNote>& notes) {
  std::uint64_t mark = 0;
  for (const meter::QuarantineNote& note : notes) mark += (note.key.lsn.value << 20U) + note.key.number + 1;
  return mark;
}

std::int64_t newest_of(const meter::MeterTable& table, meter::MeterTable::MeterIndex meter) {
  std::int64_t newest = std::numeric_limits<std::int64_t>::min();
  for (auto at = table.first_series(meter); at != meter::kNone; at = table.series(at).next)
    if (!table.series(at).empty) newest = std::max(newest, table.series(at).last_ms);
  return newest;
}

}  // namespace

AlertExtension::AlertExtension(ShardId shard, AlertHub& hub)
    : shard_(shard),
      hub_(hub),
      alerts_(hub.policy()),
      policy_version_(hub.policy_version()),
      take_over_ms_(kNever),
      confirmed_ms_(SilenceSweep::kNeverConfirmed) {
  alerts_.set_voice({false, false});
}

AlertExtension::~AlertExtension() {
  hub_.note_firing(shard_, 0);
}

Result<void> AlertExtension::recovered(meter::ShardFold& fold, const persistence::ReadTransaction& disk) {
  (void)alerts_.use(hub_.policy());
  const std::string from = persistence::shard_key(shard_);
  std::string watches;
  auto scanned = disk.scan(Table::alert, from, [&](std::string_view key, std::string_view value) {
    const auto parsed = persistence::parse_alert_key(key);
    if (!parsed || parsed->shard != shard_) return false;
    const auto payload = persistence::open_value(value, persistence::position_of(key));
    if (payload && parsed->alert_id == kWatchesId) {
      watches = *payload;
      return true;
    }
    if (payload && parsed->alert_id.starts_with(kDecisionsPrefix)) {
      adopt_decisions(*payload);
      return true;
    }
    auto alert = payload ? alert::decode_alert(*payload) : Result<alert::Alert>(Failure(payload.error()));
    if (alert) alerts_.load(std::move(*alert));
    if (!alert)
      hub_.log->error("corrupt_value", "alert " + std::string(parsed->alert_id) + " of shard " +
                                           std::to_string(shard_.value) + " does not verify and was left out");
    return true;
  });
  if (!scanned) return scanned;
  for (const auto& [meter, limit] : fold.limits().meters()) erased(meter, limit.before_ms);
  if (!watches.empty())
    if (auto loaded = alerts_.load_watches(watches); !loaded) hub_.log->error("corrupt_value", loaded.error().text());
  count_firing();
  fold.keep_gates(&alerts_);
  look_at_history(fold, alerts_.policy().effective_since(alert::Policy({})));
  // The first work() looks at what fires, in memory or not.
  policy_version_ = kNoPolicy;
  return {};
}

void AlertExtension::adopt(std::string_view id, std::string_view payload) {
  if (id.starts_with(kDecisionsPrefix)) {
    adopt_decisions(payload);
    write_decisions(id.substr(kDecisionsPrefix.size()), unsent_);
    return;
  }
  auto decoded = alert::decode_alert(payload);
  if (!decoded || decoded->id != id) {
    hub_.log->error("corrupt_value", "alert " + std::string(id) + " of a transfer was left out");
    return;
  }
  if (is_erased(*decoded)) return;
  alert::Alert adopted = std::move(*decoded);
  if (const alert::Alert* mine = book().find(id)) {
    // What is derived stays as it is here; what was done about it counts wherever it was done.
    alert::Alert joined = *mine;
    joined.told = mine->told || adopted.told;
    if (mine->acked_ms == 0) {
      joined.acked_ms = adopted.acked_ms;
      joined.acked_by = adopted.acked_by;
      joined.ack_note = adopted.ack_note;
    }
    if (joined == *mine) return;
    adopted = std::move(joined);
  }
  alerts_.load(adopted);
  record({{std::move(adopted), {}}});
}

bool AlertExtension::has_work(const meter::ShardFold& fold, std::int64_t now_ms) const {
  const HomeRole role = hub_.homes.of(shard_);
  if (role != role_) return true;
  if (role == HomeRole::unknown) return false;
  if (!erased_.empty()) return true;
  if (!sure_.empty() || (now_ms >= take_over_ms_ && now_ms >= next_take_over_ms())) return true;
  if (asked_ms_ == 0 && (absence_waits_ || alerts_.has_unsaid()) && now_ms >= ask_from_ms_) return true;
  if (policy_version_ != hub_.policy_version() || quarantined_ != mark_of(fold.quarantined())) return true;
  if (flight_ && flight_->outcome != Flight::Outcome::waiting) return true;
  if (!flight_ && !unsent_.empty() && now_ms >= send_from_ms_) return true;
  return now_ms >= next_pass_ms_ && (!fold.attention().empty() || now_ms >= next_deadline_ms());
}

std::int64_t AlertExtension::next_deadline_ms() const {
  std::int64_t deadline = alerts_.next_due_ms().value_or(std::numeric_limits<std::int64_t>::max());
  if (role_ == HomeRole::unknown) return kNever;
  deadline = std::min(deadline, next_take_over_ms());
  if (book().firing() != 0) deadline = std::min(deadline, next_untold_ms_);
  if (!flight_ && !unsent_.empty()) deadline = std::min(deadline, send_from_ms_);
  deadline = std::min(deadline, alerts_.next_unwritten_ms().value_or(deadline));
  if (!book().all().empty()) deadline = std::min(deadline, next_forget_ms_);
  if (alerts_.policy().silence_rules() != 0) deadline = std::min(deadline, next_sweep_ms_);
  return deadline;
}

void AlertExtension::work(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms,
                          bool must_finish) {
  if (!land()) send_from_ms_ = now_ms + kSendAgainMs;
  std::erase_if(undecided_, [&](const auto& one) { return one.second <= fold.sealed_up_to(); });
  follow_home(now_ms);
  if (role_ == HomeRole::unknown) {
    // Nobody knows who tells; what there is to look at waits, on the disk before its facts are sealed.
    if (!must_finish) return;
    put_off_attention(fold, now_ms);
    return send_all_and_wait();
  }
  if (policy_version_ != hub_.policy_version()) use_policy(fold, now_ms);
  look_at_erasures(now_ms);
  if (quarantined_ != mark_of(fold.quarantined())) look_at_quarantine(fold, now_ms);
  if (now_ms >= next_forget_ms_) forget(fold, now_ms);
  if (now_ms >= next_pass_ms_ || must_finish) {
    look_at_attention(fold, disk, now_ms);
    if (must_finish) put_off_attention(fold, now_ms);
    if (fold.attention().empty()) {
      next_pass_ms_ = now_ms + kPassEveryMs;
      if (std::exchange(looking_at_history_, false)) alerts_.looked_under(alerts_.policy().fingerprint());
      record(alerts_.say(std::exchange(sure_, {}), now_ms));
    }
  }
  if (now_ms >= next_untold_ms_) {
    next_untold_ms_ = now_ms + kUntoldEveryMs;
    record(alerts_.tell_untold(now_ms));
  }
  take_over(now_ms);
  look_for_silence(fold, disk, now_ms);
  ask_for_confirmation(now_ms);
  record(alerts_.take_unwritten(now_ms, must_finish));
  if (must_finish) {
    send_all_and_wait();
  } else if (!flight_ && now_ms >= send_from_ms_) {
    send();
    if (!flight_ && !unsent_.empty()) send_from_ms_ = now_ms + kSendAgainMs;
  }
}

void AlertExtension::use_policy(meter::ShardFold& fold, std::int64_t now_ms) {
  policy_version_ = hub_.policy_version();
  const auto policy = hub_.policy();
  const std::int64_t since_ms = policy->effective_since(alerts_.policy());
  const std::vector<std::string> firing = alerts_.use(policy);
  fold.keep_gates(&alerts_);
  look_at_quarantine(fold, now_ms);
  record(alerts_.close_orphans(now_ms));
  for (const std::string& id : firing) alerts_.look_again(id, {now_ms, now_ms}, now_ms);
  look_at_history(fold, since_ms);
}

/// Looks at what is there already from that time on: nobody has under the present policy.
void AlertExtension::look_at_history(meter::ShardFold& fold, std::int64_t since_ms) {
  const alert::Policy& policy = alerts_.policy();
  if (alerts_.looked_under() == policy.fingerprint() || policy.timelines().empty()) return;
  looking_at_history_ = true;
  if (since_ms == std::numeric_limits<std::int64_t>::max()) return;
  for (const auto meter : fold.meters().ordered()) {
    if (!policy.applies_to_any(fold.meters().id(meter))) continue;
    if (newest_of(fold.meters(), meter) >= since_ms) fold.attention().note(meter, since_ms);
  }
}

/// What there was no time for is kept with the watches, on the disk before the facts are sealed.
void AlertExtension::put_off_attention(meter::ShardFold& fold, std::int64_t now_ms) {
  for (const auto& [meter, span] : fold.attention().take()) alerts_.look_again(fold.meters().id(meter), span, now_ms);
}

void AlertExtension::look_at_attention(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms) {
  if (fold.attention().empty() && alerts_.next_due_ms().value_or(now_ms + 1) > now_ms) return;
  auto snapshot = disk.read();
  if (!snapshot) {
    hub_.evaluation_errors.add();
    next_pass_ms_ = now_ms + kMsPerSecond;
    return;
  }
  look_at_due(fold, **snapshot, now_ms);
  const auto until = std::chrono::steady_clock::now() + kTurn;
  auto meters = fold.attention().take();
  for (const auto& [meter, span] : meters) {
    if (std::chrono::steady_clock::now() >= until) {
      fold.attention().note(meter, span);
      continue;
    }
    evaluate(fold, meter, **snapshot, span, now_ms);
  }
}

void AlertExtension::look_at_due(meter::ShardFold& fold, const persistence::ReadTransaction& disk,
                                 std::int64_t now_ms) {
  const std::vector<alert::ShardAlerts::Due> due = alerts_.take_due(now_ms);
  std::vector<meter::ShardFold::Wanted> wanted;
  wanted.reserve(due.size());
  for (const auto& one : due) wanted.push_back({one.meter, hub_.key.hash(one.meter)});
  std::vector<std::string> damaged;
  if (fold.passivated_count() != 0 && !due.empty())
    if (auto back = fold.bring_back(std::move(wanted), disk, damaged); !back) {
      hub_.log->warn("evaluation_failed", back.error().text());
      for (const auto& one : due) alerts_.look_again(one.meter, one.changed, now_ms + kMsPerMinute);
      return;
    }
  for (const auto& one : due) {
    const auto meter = fold.meters().find(one.meter, hub_.key.hash(one.meter));
    if (meter) fold.attention().note(*meter, one.changed);
    if (!meter) alerts_.forget_watch(one.meter);
  }
}

void AlertExtension::evaluate(meter::ShardFold& fold, MeterIndex meter, const persistence::ReadTransaction& disk,
                              alert::Changed changed, std::int64_t now_ms) {
  const std::string id(fold.meters().id(meter));
  ResidentHistory history(fold, meter, disk);
  const auto began = std::chrono::steady_clock::now();
  auto changes = alerts_.evaluate(id, history, changed, now_ms);
  hub_.evaluation_time.record_ns(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began).count()));
  hub_.evaluations.add();
  if (!changes) {
    hub_.evaluation_errors.add();
    hub_.log->warn("evaluation_failed", "meter " + id + ": " + changes.error().text());
    alerts_.look_again(id, changed, now_ms + kMsPerMinute);
    return;
  }
  record(*changes);
  fold.refresh_gates(meter);
}

void AlertExtension::look_for_silence(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms) {
  if (alerts_.policy().silence_rules() == 0 || now_ms < next_sweep_ms_) return;
  next_sweep_ms_ = now_ms + kRoundPollMs;
  const std::int64_t interval = silence_interval_ms(alerts_.policy());
  if (!hub_.absence.may_count(shard_.value, now_ms, interval)) return;
  SilenceSweep sweep(fold, alerts_, hub_.key, hub_.absence, last_sweep_ms_, now_ms, confirmed_ms());
  if (now_ms >= next_sleepers_ms_) {
    auto snapshot = disk.read();
    if (!snapshot) return;
    auto looked = sweep.look_at_sleepers(**snapshot);
    if (!looked) {
      hub_.log->warn("silence_sweep_failed", looked.error().text());
      return;
    }
    sleepers_ = std::move(looked->tallies);
    next_sleepers_ms_ = looked->next_due_ms;
  }
  alert::Tallies tallies = sweep.look_at_residents();
  for (const auto& [source, tally] : sleepers_) {
    alert::Tally& sum = tallies[source];
    sum.meters += tally.meters;
    sum.silent += tally.silent;
    sum.permille = tally.permille;
  }
  sweep.look_at_sources();
  hub_.absence.report(shard_.value, std::move(tallies), now_ms);
  absence_waits_ = sweep.waits_for_confirmation() && alerts_.voice().speaks;
  for (const MeterIndex meter : sweep.opened()) fold.refresh_gates(meter);
  record(sweep.take_changes());
  last_sweep_ms_ = now_ms;
  next_sweep_ms_ = now_ms + interval;
}

void AlertExtension::look_at_quarantine(const meter::ShardFold& fold, std::int64_t now_ms) {
  quarantined_ = mark_of(fold.quarantined());
  std::vector<alert::Change> changes;
  const auto keep = [&](std::optional<alert::Change> change) {
    if (change) changes.push_back(std::move(*change));
  };
  for (const alert::Timeline& timeline : alerts_.policy().timelines()) {
    const alert::Rule& rule = timeline.newest();
    if (rule.kind != alert::RuleKind::quarantined || rule.disabled) continue;
    std::set<std::string> open;
    for (const meter::QuarantineNote& note : fold.quarantined()) {
      if (!alerts_.policy().applies(timeline, note.meter) || !open.insert(note.meter).second) continue;
      if (!alerts_.is_firing(rule.name, note.meter)) keep(alerts_.open(rule, note.meter, note.since_ms, 1, now_ms));
    }
    for (const std::string& meter : alerts_.firing_under(rule.name))
      if (!open.contains(meter)) keep(alerts_.close(rule, meter, now_ms, now_ms));
  }
  record(changes);
}

bool AlertExtension::may_passivate(const meter::ShardFold& fold, MeterIndex meter) const {
  return !alerts_.watches(fold.meters().id(meter));
}

void AlertExtension::passivating(meter::ShardFold& fold, MeterIndex meter) {
  // Whoever leaves is looked at on the disk from now on.
  if (alerts_.policy().silence_rules() == 0) return;
  next_sleepers_ms_ = std::min(next_sleepers_ms_, silent_from_ms(alerts_.policy(), fold.meters(), meter));
}

void AlertExtension::record(const std::vector<alert::Change>& changes) {
  if (changes.empty()) return;
  for (OwnedOp& op : hub_.operations(shard_, changes)) unsent_.push_back(std::move(op));
  count_firing();
}

void AlertExtension::count_firing() {
  hub_.note_firing(shard_, static_cast<std::int64_t>(book().firing()));
}

void AlertExtension::erased(std::string_view meter, std::int64_t before_ms) {
  std::int64_t& before = erased_before_.try_emplace(std::string(meter), before_ms).first->second;
  before = std::max(before, before_ms);
  if (book().has_any(meter)) erased_.emplace(meter);
}

bool AlertExtension::is_erased(const alert::Alert& alert) const {
  const auto at = erased_before_.find(alert.meter);
  return at != erased_before_.end() && alert.onset_ms < at->second;
}

void AlertExtension::look_at_erasures(std::int64_t now_ms) {
  for (const std::string& meter : std::exchange(erased_, {})) {
    const std::int64_t before_ms = erased_before_.find(meter)->second;
    const alert::ShardAlerts::Erased gone = alerts_.erase_before(meter, before_ms, now_ms);
    if (!gone.notifications.empty()) record({{gone.notifications.front().alert, gone.notifications}});
    for (const std::string& id : gone.ids) {
      undecided_.erase(id);
      erase_rows(id);
    }
    count_firing();
    alerts_.look_again(meter, {before_ms, now_ms}, now_ms);
  }
}

void AlertExtension::erase_rows(const std::string& id) {
  for (const std::string& row : {id, std::string(kDecisionsPrefix) + id})
    unsent_.push_back({WriteOp::Kind::erase, Table::alert, persistence::alert_key(shard_, row), {}});
}

void AlertExtension::forget(const meter::ShardFold& fold, std::int64_t now_ms) {
  next_forget_ms_ = now_ms + kForgetEveryMs;
  alerts_.keep_history_before(fold.limits().days().raw_from_ms());
  if (!hub_.retention.alerts_ms) return;
  for (const std::string& id : alerts_.forget_before(now_ms - *hub_.retention.alerts_ms)) erase_rows(id);
}

void AlertExtension::sealing(std::vector<OwnedOp>& with_the_mark) {
  for (const auto& [id, lsn] : undecided_) write_decisions(id, with_the_mark);
  if (alerts_.policy().timelines().empty()) return;
  std::string key = persistence::alert_key(shard_, kWatchesId);
  const std::uint64_t position = persistence::position_of(key);
  with_the_mark.push_back(
      {WriteOp::Kind::put, Table::alert, std::move(key), persistence::seal_value(alerts_.encode_watches(), position)});
}

void AlertExtension::send() {
  WATTRING_CHECK(!flight_);
  if (unsent_.empty()) return;
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < unsent_.size() && bytes < kSliceBytesMax) {
    bytes += unsent_[count].key.size() + unsent_[count].value.size();
    ++count;
  }
  std::vector<OwnedOp> slice(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(count));
  auto flight = std::make_shared<Flight>();
  auto* hub = &hub_;
  const auto done = [flight, hub, outbox = outbox_sequences(slice)](const persistence::CommitResult& result) {
    const bool committed = result.status == persistence::CommitStatus::committed;
    if (committed && !outbox.empty()) {
      hub->committed(outbox);
      hub->outbox_grew();
    }
    flight->outcome = committed ? Flight::Outcome::committed : Flight::Outcome::refused;
  };
  auto queued = hub_.writer.write(std::move(slice), done);
  if (!queued) return;  // busy: again at the next turn
  in_flight_.assign(std::make_move_iterator(unsent_.begin()),
                    std::make_move_iterator(unsent_.begin() + static_cast<std::ptrdiff_t>(count)));
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(count));
  if (unsent_.empty()) in_flight_waiting_ = std::exchange(waiting_, {});
  flight_ = std::move(flight);
}

bool AlertExtension::land() {
  if (!flight_ || flight_->outcome == Flight::Outcome::waiting) return true;
  const bool committed = flight_->outcome == Flight::Outcome::committed;
  flight_.reset();
  if (committed) {
    for (const auto& done : in_flight_waiting_) done();
    in_flight_waiting_.clear();
    in_flight_.clear();
    return true;
  }
  // Refused, for want of room: in front again.
  unsent_.insert(unsent_.begin(), std::make_move_iterator(in_flight_.begin()),
                 std::make_move_iterator(in_flight_.end()));
  waiting_.insert(waiting_.begin(), in_flight_waiting_.begin(), in_flight_waiting_.end());
  in_flight_waiting_.clear();
  in_flight_.clear();
  return false;
}

void AlertExtension::send_all_and_wait() {
  const auto until = std::chrono::steady_clock::now() + kDiskPatience;
  while (flight_ || !unsent_.empty()) {
    const bool refused = !land();
    if (!flight_ && !refused) send();
    if (hub_.writer.failed()) return;
    if (std::chrono::steady_clock::now() >= until) {
      hub_.log->warn("alerts_unwritten", "shard " + std::to_string(shard_.value) +
                                             ": alert records wait for the disk; a crash now would find them again "
                                             "only with the next readings");
      return;
    }
    std::this_thread::sleep_for(flight_ ? kPoll : kRefusedPause);
  }
}

Result<alert::Alert> AlertExtension::acknowledge(std::string_view id, std::string_view user, std::string_view note,
                                                 std::int64_t now_ms, std::function<void()> done) {
  follow_home(now_ms);
  auto change = alerts_.acknowledge(id, user, note, now_ms);
  if (!change) return tl::unexpected(change.error());
  alert::Alert acked = change->alert;
  std::vector<alert::Change> changes;
  changes.push_back(std::move(*change));
  record(changes);
  waiting_.push_back(std::move(done));
  if (!flight_) send();
  return acked;
}

}  // namespace wattring::app
