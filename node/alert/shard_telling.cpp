// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "node/alert/shard_alerts.hpp"

/// What of a shard's alerts is told, when, and by whom.

namespace wattring::alert {
namespace {

Event event_of(State state) {
  if (state == State::firing) return Event::firing;
  return state == State::resolved ? Event::resolved : Event::retracted;
}

/// The alert as it was before it resolved.
Alert as_it_fired(Alert alert) {
  alert.state = State::firing;
  alert.resolved_ms = 0;
  alert.revision = revision_of(alert);
  return alert;
}

}  // namespace

void ShardAlerts::set_voice(Voice voice) {
  if (voice_.speaks && !voice.speaks) {
    queued_.clear();
    unsaid_.clear();
  }
  voice_ = voice;
}

void ShardAlerts::tell(Change& change, const Alert* old, const Rule& rule, std::int64_t now_ms) {
  find_what_to_tell(change, old, rule, now_ms);
  if (old == nullptr || !old->told)
    std::erase_if(change.notifications, [&](const Notification& one) {
      if (old == nullptr) return !is_owed(one, change.alert.state);
      const ToldMark* last = last_told(one.alert.id, one.sink);
      return last != nullptr && last->event == one.event &&
             (one.event == Event::firing || last->revision == one.alert.revision);
    });
  keep_or_drop(change, voice_.confirms && is_window_kind(rule.kind));
}

void ShardAlerts::keep_or_drop(Change& change, bool waits) {
  if (change.notifications.empty()) return;
  if (voice_.speaks && !waits && !unsaid_.contains(change.alert.id)) return queue(change);
  if (voice_.speaks) unsaid_.insert(change.alert.id);
  change.notifications.clear();
}

void ShardAlerts::queue(Change& change) {
  for (Notification& one : change.notifications) {
    const ToldMark* last = last_told(one.alert.id, one.sink);
    if (one.event != Event::acked && last != nullptr) one.created_ms = std::max(one.created_ms, last->at_ms + 1);
    (void)queued_.join(mark_of(one));
  }
}

void ShardAlerts::find_what_to_tell(Change& change, const Alert* old, const Rule& rule, std::int64_t now_ms) const {
  Alert& alert = change.alert;
  const bool recent = now_ms - alert.last_ms <= rule.page_within_ms;
  const bool wanted = rule.notify && recent && !alert.flapping && !policy_->silenced(alert.rule, alert.meter, now_ms);
  if (!alert.told) {
    if (!wanted || alert.state == State::retracted) return;
    alert.told = true;
    if (alert.state == State::resolved) {
      // It was over before anybody looked: both are told, in order.
      Change opened{as_it_fired(alert), {}};
      notify(opened, Event::firing, rule, now_ms);
      change.notifications = std::move(opened.notifications);
      notify(change, Event::resolved, rule, now_ms);
    } else {
      notify(change, Event::firing, rule, now_ms);
    }
    return;
  }
  if (old == nullptr) return;
  if (old->state == alert.state) {
    if (alert.state == State::firing && alert.severity > old->severity && wanted)
      notify(change, Event::firing, rule, now_ms, old->severity);
    return;
  }
  if (alert.state == State::resolved) notify(change, Event::resolved, rule, now_ms);
  if (alert.state == State::retracted) notify(change, Event::retracted, rule, now_ms);
  if (alert.state != State::firing) return;
  // It opened again. Hushed: its end is nobody's business either.
  alert.told = wanted;
  if (wanted) notify(change, Event::firing, rule, now_ms);
}

void ShardAlerts::notify(Change& change, Event event, const Rule& rule, std::int64_t now_ms,
                         std::optional<Severity> above) const {
  Alert shown = change.alert;
  // One id and revision, one payload: only the acknowledgement itself tells of it.
  if (event != Event::acked) {
    shown.acked_ms = 0;
    shown.acked_by.clear();
    shown.ack_note.clear();
  }
  for (const Route& route : policy_->parts().routes) {
    if (shown.severity < route.severity_min || (above && route.severity_min <= *above)) continue;
    change.notifications.push_back({route.sink, event, shown, rule.summary, now_ms});
  }
}

const ToldMark* ShardAlerts::last_told(std::string_view id, std::string_view sink) const {
  const ToldMark* known = decisions_.told(id, sink);
  const ToldMark* queued = queued_.told(id, sink);
  if (known == nullptr || queued == nullptr) return known == nullptr ? queued : known;
  return known->at_ms > queued->at_ms ? known : queued;
}

/// Whether its sink does not know it, as far as this node does.
bool ShardAlerts::is_owed(const Notification& notification, State state) const {
  const ToldMark* last = last_told(notification.alert.id, notification.sink);
  if (last == nullptr) return true;
  return last->event != notification.event && (notification.event != Event::firing || state == State::firing);
}

const Rule* ShardAlerts::rule_of(const Alert& alert) const {
  for (const Timeline& timeline : policy_->timelines())
    if (timeline.newest().name == alert.rule) return &timeline.newest();
  return nullptr;
}

/// What the sinks should know of the alert by now and do not.
Change ShardAlerts::owed(const Alert& alert, const Rule& rule, std::int64_t now_ms) const {
  Change change{alert, {}};
  // Of an alert that is over a sink that never heard of it is told as long as it would be in the outbox.
  const bool recent = now_ms - alert.recorded_ms <= kMsPerDay;
  Change fired{alert.state == State::resolved ? as_it_fired(alert) : alert, {}};
  if (alert.told && (alert.state == State::firing || (alert.state == State::resolved && recent)))
    notify(fired, Event::firing, rule, now_ms);
  if (alert.state != State::firing) notify(change, event_of(alert.state), rule, now_ms);
  std::erase_if(change.notifications, [&](const Notification& one) {
    const bool never_heard = last_told(alert.id, one.sink) == nullptr;
    return never_heard && (!alert.told || !recent || alert.state == State::retracted);
  });
  change.notifications.insert(change.notifications.begin(), fired.notifications.begin(), fired.notifications.end());
  std::erase_if(change.notifications, [&](const Notification& one) { return !is_owed(one, alert.state); });
  if (alert.state != State::firing || !alert.told || alert.acked_ms == 0) return change;
  Change acked{alert, {}};
  notify(acked, Event::acked, rule, now_ms);
  for (Notification& one : acked.notifications) {
    const ToldMark* last = decisions_.told_ack(alert.id, one.sink);
    if (last == nullptr || last->at_ms < alert.acked_ms) change.notifications.push_back(std::move(one));
  }
  return change;
}

std::vector<Change> ShardAlerts::take_over(std::int64_t now_ms) {
  std::vector<Change> changes;
  for (const auto& [id, alert] : book_.all()) {
    const Rule* rule = rule_of(alert);
    if (rule == nullptr) continue;
    Change change = owed(alert, *rule, now_ms);
    keep_or_drop(change, voice_.confirms && is_window_kind(rule->kind));
    if (!change.notifications.empty()) changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<Change> ShardAlerts::say(const std::set<std::string>& confirmed, std::int64_t now_ms) {
  std::vector<Change> changes;
  for (const std::string& id : confirmed) {
    const Alert* alert = book_.find(id);
    const Rule* rule = alert == nullptr ? nullptr : rule_of(*alert);
    if (rule == nullptr || unsaid_.contains(id)) continue;
    Change change = owed(*alert, *rule, now_ms);
    keep_or_drop(change, false);
    if (!change.notifications.empty()) changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<Change> ShardAlerts::tell_untold(std::int64_t now_ms) {
  std::vector<Change> changes;
  if (book_.firing() == 0 || !voice_.speaks) return changes;
  for (const Timeline& timeline : policy_->timelines())
    for (const auto& [id, alert] : book_.all()) {
      if (alert.state != State::firing || alert.told || alert.rule != timeline.newest().name) continue;
      Change change{alert, {}};
      tell(change, &alert, timeline.newest(), now_ms);
      if (!change.alert.told) continue;
      change.alert.recorded_ms = now_ms;
      changes.push_back(std::move(change));
    }
  for (const Change& change : changes) book_.put(change.alert);
  return changes;
}

void ShardAlerts::mark_acked(Alert& alert, const AckMark& mark) {
  alert.acked_ms = mark.at_ms;
  alert.acked_by = mark.user;
  alert.ack_note = mark.note;
}

Result<Change> ShardAlerts::acknowledge(std::string_view id, std::string_view user, std::string_view note,
                                        std::int64_t now_ms) {
  const Alert* alert = book_.find(id);
  if (alert == nullptr)
    return fail(ErrorCode::not_found, "no alert \"" + std::string(id) + "\"", "see: wattringctl alerts");
  if (alert->state != State::firing)
    return fail(ErrorCode::invalid_argument, "alert " + alert->id + " is " + std::string(state_name(*alert)),
                "only an alert that fires can be acknowledged");
  Change change{*alert, {}};
  mark_acked(change.alert, {alert->id, now_ms, std::string(user), std::string(note)});
  change.alert.recorded_ms = now_ms;
  if (change.alert.told) notify(change, Event::acked, Rule{}, now_ms);
  keep_or_drop(change, false);
  book_.put(change.alert);
  return change;
}

std::vector<Change> ShardAlerts::decide(const Decision& decision, std::int64_t now_ms) {
  std::vector<Change> changes;
  if (!decisions_.join(decision)) return changes;
  const Alert* alert = book_.find(alert_of(decision));
  if (const auto* told = std::get_if<ToldMark>(&decision)) {
    queued_.forget(*told);
    if (alert != nullptr || told->record.empty() || told->event != Event::firing) return changes;
    // Of an absence that the home found; whatever ends it is found here too.
    auto record = decode_alert(told->record);
    if (!record) return changes;
    record->told = true;
    record->recorded_ms = now_ms;
    changes.push_back({std::move(*record), {}});
  } else {
    const auto& acked = std::get<AckMark>(decision);
    if (alert == nullptr || alert->state != State::firing || alert->acked_ms >= acked.at_ms) return changes;
    Change change{*alert, {}};
    mark_acked(change.alert, acked);
    change.alert.recorded_ms = now_ms;
    if (change.alert.told) notify(change, Event::acked, Rule{}, now_ms);
    keep_or_drop(change, false);
    changes.push_back(std::move(change));
  }
  for (const Change& change : changes) book_.put(change.alert);
  return changes;
}

}  // namespace wattring::alert
