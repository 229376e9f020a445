// SPDX-License-Identifier: Apache-2.0
#include "cluster/view.hpp"

#include <algorithm>

namespace wattring::cluster {
namespace {

std::string named(const View& view, const NodeId& id) {
  const MemberView* member = view.find(id);
  return member != nullptr && !member->record->name.empty() ? member->record->name : to_hex(id.bytes).substr(0, 8);
}

std::string accusers(const View& view, const MemberView& member, Evidence evidence) {
  std::string names;
  for (const Accusation& accusation : member.accusations) {
    if (accusation.evidence != evidence) continue;
    names += (names.empty() ? "" : ", ") + named(view, accusation.accuser);
  }
  return names;
}

}  // namespace

const MemberView* View::find(const NodeId& id) const {
  const auto found = std::ranges::find_if(members, [&](const MemberView& member) { return member.record->id == id; });
  return found == members.end() ? nullptr : &*found;
}

std::size_t View::count(MemberState state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(members, [&](const MemberView& member) { return member.state() == state; }));
}

std::string View::why(const NodeId& id) const {
  const MemberView* member = find(id);
  if (member == nullptr || member->state() == MemberState::alive) return {};
  if (member->state() == MemberState::left) return "left by itself";
  std::string text = member->state() == MemberState::suspect ? "suspected" : "held dead";
  const std::string refused = accusers(*this, *member, Evidence::refused);
  const std::string silent = accusers(*this, *member, Evidence::silent);
  const std::string unheard = accusers(*this, *member, Evidence::unheard);
  if (!refused.empty()) text += "; connection refused to " + refused;
  if (!silent.empty()) text += "; no answer to " + silent;
  if (!unheard.empty()) text += "; no answer time after time to " + unheard;
  if (member->accusations.empty()) text += "; heard from others, without their evidence";
  return text;
}

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::joined:
      return "joined";
    case EventKind::rejoined:
      return "rejoined";
    case EventKind::suspected:
      return "suspected";
    case EventKind::recovered:
      return "recovered";
    case EventKind::failed:
      return "failed";
    case EventKind::left:
      return "left";
    case EventKind::moved:
      return "moved";
    case EventKind::flapping:
      return "flapping";
    case EventKind::steady:
      return "steady";
    case EventKind::forgotten:
      return "forgotten";
    case EventKind::refuted:
      return "refuted";
    case EventKind::own_pause:
      return "own_pause";
    case EventKind::conflict:
      return "conflict";
    case EventKind::rejected:
      return "rejected";
  }
  return "?";
}

}  // namespace wattring::cluster
