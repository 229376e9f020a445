// SPDX-License-Identifier: Apache-2.0
#include "node/alert/alert.hpp"

#include <array>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/time.hpp"

namespace wattring::alert {
namespace {

// alert        := version u8 (1) | text id, rule, meter, phase | severity u8 | state u8 | zigzag onset, fired, last,
// resolved,
//                 peak | varint count | bits u8 (1 flapping, 2 told) | zigzag acked | text acked_by, ack_note | zigzag
//                 recorded
// notification := version u8 (1) | text sink | event u8 | text summary | zigzag created | alert
// text         := varint size | bytes
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kBitFlapping = 1;
constexpr std::uint8_t kBitTold = 2;

constexpr std::array<std::string_view, 4> kEventNames{"firing", "resolved", "retracted", "acked"};

Failure malformed(std::string_view what) {
  return fail(ErrorCode::corrupt, std::string(what) + ": malformed bytes");
}

std::string hex(std::uint64_t value, int digits) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (int i = digits - 1; i >= 0; --i, value >>= 4U)
    text[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15U];
  return text;
}

void write(ByteWriter& out, const Alert& alert) {
  out.u8(kVersion);
  for (const std::string* text : {&alert.id, &alert.rule, &alert.meter, &alert.phase}) out.sized_bytes(*text);
  out.u8(static_cast<std::uint8_t>(alert.severity));
  out.u8(static_cast<std::uint8_t>(alert.state));
  for (const std::int64_t number : {alert.onset_ms, alert.fired_ms, alert.last_ms, alert.resolved_ms, alert.peak})
    out.zigzag(number);
  out.varint(alert.count);
  out.u8(static_cast<std::uint8_t>((alert.flapping ? kBitFlapping : 0) | (alert.told ? kBitTold : 0)));
  out.zigzag(alert.acked_ms);
  out.sized_bytes(alert.acked_by);
  out.sized_bytes(alert.ack_note);
  out.zigzag(alert.recorded_ms);
}

bool read(ByteReader& in, Alert& alert) {
  if (in.u8() != kVersion) return false;
  for (std::string* text : {&alert.id, &alert.rule, &alert.meter, &alert.phase}) *text = in.sized_bytes();
  const unsigned severity = in.u8();
  const unsigned state = in.u8();
  for (std::int64_t* number : {&alert.onset_ms, &alert.fired_ms, &alert.last_ms, &alert.resolved_ms, &alert.peak})
    *number = in.zigzag();
  alert.count = in.varint();
  const unsigned bits = in.u8();
  alert.acked_ms = in.zigzag();
  alert.acked_by = in.sized_bytes();
  alert.ack_note = in.sized_bytes();
  alert.recorded_ms = in.zigzag();
  if (!in.ok() || severity > static_cast<unsigned>(Severity::critical) ||
      state > static_cast<unsigned>(State::retracted) || bits > (kBitFlapping | kBitTold))
    return false;
  alert.severity = static_cast<Severity>(severity);
  alert.state = static_cast<State>(state);
  alert.flapping = (bits & kBitFlapping) != 0;
  alert.told = (bits & kBitTold) != 0;
  alert.revision = revision_of(alert);
  return true;
}

}  // namespace

std::string_view state_name(const Alert& alert) {
  if (alert.state == State::resolved) return "resolved";
  if (alert.state == State::retracted) return "retracted";
  return alert.acked_ms != 0 ? "acked" : "firing";
}

std::string_view to_string(Event event) {
  return kEventNames[static_cast<std::size_t>(event)];
}

std::int64_t onset_window(std::int64_t onset_ms) {
  return floor_to(onset_ms, 15 * kMsPerMinute);
}

std::string alert_id(std::string_view rule, std::string_view meter, std::string_view phase, std::int64_t onset_ms) {
  std::string bytes;
  ByteWriter out(bytes);
  out.sized_bytes(rule);
  out.sized_bytes(meter);
  out.sized_bytes(phase);
  out.zigzag(onset_window(onset_ms));
  return hex(hash64(bytes), 16);
}

std::string revision_of(const Alert& alert) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(static_cast<std::uint8_t>(alert.state));
  out.u8(static_cast<std::uint8_t>(alert.severity));
  out.u8(alert.flapping ? 1 : 0);
  for (const std::int64_t number : {alert.onset_ms, alert.fired_ms, alert.last_ms, alert.resolved_ms, alert.peak})
    out.zigzag(number);
  return std::to_string(alert.count) + "." + hex(hash64(bytes, alert.count), 8);
}

std::string encode(const Alert& alert) {
  std::string bytes;
  ByteWriter out(bytes);
  write(out, alert);
  return bytes;
}

Result<Alert> decode_alert(std::string_view bytes) {
  ByteReader in(bytes);
  Alert alert;
  if (!read(in, alert) || !in.at_end()) return malformed("alert");
  return alert;
}

std::string encode(const Notification& notification) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.sized_bytes(notification.sink);
  out.u8(static_cast<std::uint8_t>(notification.event));
  out.sized_bytes(notification.summary);
  out.zigzag(notification.created_ms);
  write(out, notification.alert);
  return bytes;
}

Result<Notification> decode_notification(std::string_view bytes) {
  ByteReader in(bytes);
  Notification notification;
  if (in.u8() != kVersion) return malformed("notification");
  notification.sink = in.sized_bytes();
  const unsigned event = in.u8();
  notification.summary = in.sized_bytes();
  notification.created_ms = in.zigzag();
  if (event >= kEventNames.size() || !read(in, notification.alert) || !in.at_end()) return malformed("notification");
  notification.event = static_cast<Event>(event);
  return notification;
}

}  // namespace wattring::alert
