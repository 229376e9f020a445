// SPDX-License-Identifier: Apache-2.0
#include "cluster/event_text.hpp"

namespace wattring::cluster {
namespace {

constexpr std::size_t kIdDigits = 8;

std::string short_id(const NodeId& id) {
  return to_hex(id.bytes).substr(0, kIdDigits);
}

std::string accusers(const MemberEvent& event, Evidence evidence, const NameOf& name_of) {
  std::string names;
  for (const Accusation& accusation : event.accusations) {
    if (accusation.evidence != evidence) continue;
    const std::string name = name_of(accusation.accuser);
    names += (names.empty() ? "" : ", ") + (name.empty() ? short_id(accusation.accuser) : name);
  }
  return names;
}

}  // namespace

std::string_view event_id(EventKind kind) {
  switch (kind) {
    case EventKind::joined:
      return "member_joined";
    case EventKind::rejoined:
      return "member_rejoined";
    case EventKind::suspected:
      return "member_suspected";
    case EventKind::recovered:
      return "member_recovered";
    case EventKind::failed:
      return "member_failed";
    case EventKind::left:
      return "member_left";
    case EventKind::moved:
      return "member_moved";
    case EventKind::flapping:
      return "member_flapping";
    case EventKind::steady:
      return "member_steady";
    case EventKind::forgotten:
      return "member_forgotten";
    case EventKind::refuted:
      return "suspicion_refuted";
    case EventKind::own_pause:
      return "own_pause";
    case EventKind::conflict:
      return "node_id_conflict";
    case EventKind::rejected:
      return "join_rejected";
  }
  return "member_event";
}

LogLevel event_level(EventKind kind) {
  switch (kind) {
    case EventKind::failed:
    case EventKind::flapping:
    case EventKind::own_pause:
    case EventKind::refuted:
    case EventKind::rejected:
      return LogLevel::warn;
    case EventKind::conflict:
      return LogLevel::error;
    default:
      return LogLevel::info;
  }
}

std::string event_text(const MemberEvent& event, const NameOf& name_of) {
  std::string text;
  if (event.record) {
    text = event.record->name + " at " + event.record->endpoints.membership + " (" + short_id(event.record->id) + ")";
  }
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  const std::string refused = accusers(event, Evidence::refused, name_of);
  const std::string silent = accusers(event, Evidence::silent, name_of);
  const std::string unheard = accusers(event, Evidence::unheard, name_of);
  if (!refused.empty()) add("refused to " + refused);
  if (!silent.empty()) add("silent to " + silent);
  if (!unheard.empty()) add("unheard by " + unheard);
  if (!event.detail.empty()) add(event.detail);
  return text;
}

}  // namespace wattring::cluster
