// SPDX-License-Identifier: Apache-2.0
#include "node/alert/payload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kResendsMissed = 4;  // without a word for so many resends an alert ends at the Alertmanager

void write_text(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}

/// Labels name an alert at an Alertmanager, so they are the same in each state of it.
void write_labels(JsonWriter& json, const Alert& alert) {
  json.object("labels").field("alertname", alert.rule).field("meter", alert.meter);
  // An Alertmanager takes an empty label for one that is not there.
  if (!alert.phase.empty()) json.field("phase", alert.phase);
  json.field("severity", to_string(alert.severity)).field("wattring_id", alert.id).end_object();
}

void write_annotations(JsonWriter& json, const Told& told) {
  const Alert& alert = *told.alert;
  json.object("annotations");
  // Templates of Alertmanager expect a summary.
  json.field("summary",
             told.summary.empty() ? fmt::format("{} at {}", alert.rule, alert.meter) : std::string(told.summary));
  json.field("state", state_name(alert)).field("peak", fmt::format("{}", alert.peak));
  json.field("count", fmt::format("{}", alert.count)).field("since", format_rfc3339(alert.onset_ms));
  json.field("revision", alert.revision);
  if (alert.acked_ms != 0) json.field("acked_by", alert.acked_by);
  if (alert.flapping) json.field("flapping", "true");
  if (alert.state == State::retracted) json.field("retracted", "late readings changed the picture");
  json.end_object();
}

void write_span(JsonWriter& json, const Alert& alert, std::int64_t now_ms, std::int64_t firing_until_ms) {
  // A meter's clock may be ahead: nothing starts or has ended later than now.
  const std::int64_t starts = std::min(alert.onset_ms, now_ms);
  const std::int64_t ended = alert.resolved_ms == 0 ? now_ms : std::min(alert.resolved_ms, now_ms);
  const std::int64_t ends = alert.state == State::firing ? firing_until_ms : std::max(starts, ended);
  json.field("startsAt", format_rfc3339(starts)).field("endsAt", format_rfc3339(ends));
}

/// Quoted as JSON does it, so that a line stays a line whatever a name holds.
void append_pair(std::string& out, std::string_view name, std::string_view text) {
  out += out.empty() ? "" : " ";
  out += name;
  out += "=";
  append_json_string(out, text);
}

}  // namespace

void write_time(JsonWriter& json, std::string_view name, std::int64_t time_ms) {
  json.key(name);
  if (time_ms == 0) {
    json.null();
  } else {
    json.string(format_rfc3339(time_ms));
  }
}

void write_alert(JsonWriter& json, const Alert& alert) {
  json.begin_object().field("id", alert.id).field("revision", alert.revision).field("rule", alert.rule);
  json.field("meter", alert.meter).field("phase", alert.phase).field("state", state_name(alert));
  json.field("severity", to_string(alert.severity));
  write_time(json, "since", alert.onset_ms);
  write_time(json, "fired", alert.fired_ms);
  write_time(json, "last", alert.last_ms);
  write_time(json, "resolved", alert.resolved_ms);
  json.key("value").integer(alert.peak).key("count").count(alert.count);
  json.key("flapping").boolean(alert.flapping).key("told").boolean(alert.told);
  write_text(json, "acked_by", alert.acked_by);
  write_time(json, "acked_at", alert.acked_ms);
  write_text(json, "note", alert.ack_note);
  json.end_object();
}

std::string idempotency_key(const Notification& notification) {
  const Alert& alert = notification.alert;
  if (notification.event != Event::acked) return fmt::format("{}:{}", alert.id, alert.revision);
  return fmt::format("{}:{}:acked:{}", alert.id, alert.revision, alert.acked_ms);
}

std::string webhook_body(const Notification& notification, std::int64_t sent_ms) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("schema", "wattring.notification/1").field("event", to_string(notification.event));
  json.key("alert");
  write_alert(json, notification.alert);
  json.field("summary", notification.summary);
  write_time(json, "sent", sent_ms);
  json.end_object();
  return out;
}

std::string alertmanager_body(std::span<const Told> alerts, std::int64_t now_ms, std::int64_t resend_ms,
                              std::string_view generator) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const Told& told : alerts) {
    const Alert& alert = *told.alert;
    json.begin_object();
    write_labels(json, alert);
    write_annotations(json, told);
    write_span(json, alert, now_ms, now_ms + kResendsMissed * resend_ms);
    if (!generator.empty()) json.field("generatorURL", fmt::format("{}{}", generator, alert.id));
    json.end_object();
  }
  json.end_array();
  return out;
}

std::string log_line(const Notification& notification) {
  const Alert& alert = notification.alert;
  std::string out;
  append_pair(out, "event", to_string(notification.event));
  append_pair(out, "severity", to_string(alert.severity));
  append_pair(out, "rule", alert.rule);
  append_pair(out, "meter", alert.meter);
  if (!alert.phase.empty()) append_pair(out, "phase", alert.phase);
  append_pair(out, "since", format_rfc3339(alert.onset_ms));
  if (alert.resolved_ms != 0) append_pair(out, "resolved", format_rfc3339(alert.resolved_ms));
  out += fmt::format(" value={} count={}", alert.peak, alert.count);
  append_pair(out, "key", idempotency_key(notification));
  if (alert.acked_ms != 0) append_pair(out, "acked_by", alert.acked_by);
  if (!notification.summary.empty()) append_pair(out, "summary", notification.summary);
  return out;
}

}  // namespace wattring::alert
