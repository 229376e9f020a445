// SPDX-License-Identifier: Apache-2.0
#include "node/alert/decision.hpp"

#include <algorithm>
#include <tuple>

#include "base/bytes.hpp"

namespace wattring::alert {
namespace {

constexpr std::uint8_t kDecisionVersion = 1;
constexpr std::uint8_t kTold = 1;
constexpr std::uint8_t kAcked = 2;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kTextBytesMax = 64U << 10U;
/// Beyond the year 200 000: such a mark would count for ever.
constexpr std::int64_t kAtMost = std::int64_t{1} << 53U;

Failure malformed() {
  return fail(ErrorCode::corrupt, "decisions about alerts: malformed bytes");
}

bool is_id(std::string_view text) {
  return text.size() == kIdBytes && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax;
}

std::optional<ToldMark> read_told(ByteReader& in) {
  ToldMark mark;
  const unsigned event = in.u8();
  mark.sink = in.sized_bytes();
  mark.revision = in.sized_bytes();
  mark.record = in.sized_bytes();
  if (!in.ok() || event > static_cast<unsigned>(Event::acked)) return std::nullopt;
  if (!is_name(mark.sink) || !is_name(mark.revision) || mark.record.size() > kTextBytesMax) return std::nullopt;
  mark.event = static_cast<Event>(event);
  return mark;
}

std::optional<AckMark> read_acked(ByteReader& in) {
  AckMark mark;
  mark.user = in.sized_bytes();
  mark.note = in.sized_bytes();
  if (!in.ok() || mark.user.empty() || mark.user.size() > kTextBytesMax || mark.note.size() > kTextBytesMax)
    return std::nullopt;
  return mark;
}

std::optional<Decision> read(ByteReader& in) {
  const std::uint8_t kind = in.u8();
  std::string id(in.sized_bytes());
  const std::int64_t at_ms = in.zigzag();
  if (!in.ok() || !is_id(id) || at_ms < 0 || at_ms > kAtMost) return std::nullopt;
  const auto named = [&](auto mark) -> std::optional<Decision> {
    if (!mark) return std::nullopt;
    mark->alert_id = std::move(id);
    mark->at_ms = at_ms;
    return Decision(std::move(*mark));
  };
  if (kind == kAcked) return named(read_acked(in));
  if (kind != kTold) return std::nullopt;
  auto told = read_told(in);
  if (told && !told->record.empty()) {
    const auto alert = decode_alert(told->record);
    if (!alert || alert->id != id) return std::nullopt;
  }
  return named(std::move(told));
}

bool is_later(const ToldMark& a, const ToldMark& b) {
  return std::tie(a.at_ms, a.event, a.revision, a.record) > std::tie(b.at_ms, b.event, b.revision, b.record);
}

}  // namespace

ToldMark mark_of(const Notification& notification) {
  const Alert& alert = notification.alert;
  const std::int64_t at_ms = notification.event == Event::acked ? alert.acked_ms : notification.created_ms;
  return {alert.id, std::clamp<std::int64_t>(at_ms, 0, kAtMost), notification.event, notification.sink, alert.revision,
          {}};
}

const std::string& alert_of(const Decision& decision) {
  return std::visit([](const auto& mark) -> const std::string& { return mark.alert_id; }, decision);
}

std::string encode(std::span<const Decision> decisions) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kDecisionVersion);
  const auto head = [&](std::uint8_t kind, const auto& mark) {
    out.u8(kind);
    out.sized_bytes(mark.alert_id);
    out.zigzag(mark.at_ms);
  };
  for (const Decision& decision : decisions) {
    if (const auto* told = std::get_if<ToldMark>(&decision)) {
      head(kTold, *told);
      out.u8(static_cast<std::uint8_t>(told->event));
      for (const std::string* text : {&told->sink, &told->revision, &told->record}) out.sized_bytes(*text);
    } else {
      const auto& acked = std::get<AckMark>(decision);
      head(kAcked, acked);
      out.sized_bytes(acked.user);
      out.sized_bytes(acked.note);
    }
  }
  return bytes;
}

Result<std::vector<Decision>> decode_decisions(std::string_view payload) {
  ByteReader in(payload);
  if (in.u8() != kDecisionVersion || in.at_end()) return malformed();
  std::vector<Decision> decisions;
  while (in.ok() && !in.at_end()) {
    auto decision = read(in);
    if (!decision) return malformed();
    decisions.push_back(std::move(*decision));
  }
  if (!in.ok()) return malformed();
  return decisions;
}

bool DecisionBook::join(const Decision& decision) {
  OfAlert& alert = alerts_[alert_of(decision)];
  if (const auto* acked = std::get_if<AckMark>(&decision)) {
    const auto rank = [](const AckMark& mark) { return std::tie(mark.at_ms, mark.user, mark.note); };
    if (alert.ack && rank(*alert.ack) >= rank(*acked)) return false;
    alert.ack = *acked;
    return true;
  }
  const auto& told = std::get<ToldMark>(decision);
  const auto [at, added] = alert.told.try_emplace({told.sink, told.event == Event::acked}, told);
  if (added) return true;
  if (!is_later(told, at->second)) return false;
  at->second = told;
  return true;
}

const ToldMark* DecisionBook::find(std::string_view id, std::string_view sink, bool of_ack) const {
  const auto alert = alerts_.find(id);
  if (alert == alerts_.end()) return nullptr;
  const auto mark = alert->second.told.find({std::string(sink), of_ack});
  return mark == alert->second.told.end() ? nullptr : &mark->second;
}

const ToldMark* DecisionBook::told(std::string_view id, std::string_view sink) const {
  return find(id, sink, false);
}

const ToldMark* DecisionBook::told_ack(std::string_view id, std::string_view sink) const {
  return find(id, sink, true);
}

const AckMark* DecisionBook::ack(std::string_view id) const {
  const auto alert = alerts_.find(id);
  return alert == alerts_.end() || !alert->second.ack ? nullptr : &*alert->second.ack;
}

std::vector<Decision> DecisionBook::of(std::string_view id) const {
  std::vector<Decision> all;
  const auto alert = alerts_.find(id);
  if (alert == alerts_.end()) return all;
  for (const auto& [lane, mark] : alert->second.told) all.emplace_back(mark);
  if (alert->second.ack) all.emplace_back(*alert->second.ack);
  return all;
}

void DecisionBook::forget(const ToldMark& mark) {
  const auto alert = alerts_.find(mark.alert_id);
  if (alert == alerts_.end()) return;
  const auto known = alert->second.told.find({mark.sink, mark.event == Event::acked});
  if (known == alert->second.told.end() || is_later(known->second, mark)) return;
  alert->second.told.erase(known);
  if (alert->second.told.empty() && !alert->second.ack) alerts_.erase(alert);
}

void DecisionBook::erase(std::string_view id) {
  if (const auto at = alerts_.find(id); at != alerts_.end()) alerts_.erase(at);
}

std::vector<std::string> DecisionBook::quiet_since(std::int64_t at_ms) const {
  std::vector<std::string> quiet;
  for (const auto& [id, alert] : alerts_) {
    std::int64_t latest = alert.ack ? alert.ack->at_ms : 0;
    for (const auto& [lane, mark] : alert.told) latest = std::max(latest, mark.at_ms);
    if (latest < at_ms) quiet.push_back(id);
  }
  return quiet;
}

}  // namespace wattring::alert
