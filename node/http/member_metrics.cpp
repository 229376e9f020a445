// SPDX-License-Identifier: Apache-2.0
#include "node/http/member_metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace wattring::http {
namespace {

using cluster::MemberState;

constexpr std::array<std::pair<MemberState, std::string_view>, 4> kStates{{{MemberState::alive, "up"},
                                                                           {MemberState::suspect, "suspect"},
                                                                           {MemberState::dead, "down"},
                                                                           {MemberState::left, "left"}}};

std::string escaped(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void head(std::string& out, std::string_view name, std::string_view help) {
  out += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
}

}  // namespace

std::string member_metrics(const cluster::View& view) {
  std::string out;
  head(out, "wattring_member_state", "1 for the state in which this node holds a member, 0 for the others");
  for (const cluster::MemberView& member : view.members)
    for (const auto& [state, word] : kStates)
      out += fmt::format("wattring_member_state{{peer=\"{}\",state=\"{}\"}} {}\n", escaped(member.record->name), word,
                         member.state() == state ? 1 : 0);
  head(out, "wattring_member_flapping", "1 for a member that is lost and found again and again");
  for (const cluster::MemberView& member : view.members)
    out += fmt::format("wattring_member_flapping{{peer=\"{}\"}} {}\n", escaped(member.record->name),
                       member.flapping ? 1 : 0);
  head(out, "wattring_member_round_trip_seconds", "Smoothed round trip of this node's probes");
  for (const cluster::MemberView& member : view.members)
    if (member.round_trip_ns > 0)
      out += fmt::format("wattring_member_round_trip_seconds{{peer=\"{}\"}} {}\n", escaped(member.record->name),
                         static_cast<double>(member.round_trip_ns) * 1e-9);
  head(out, "wattring_local_health", "0 good to 7: how slow this node finds itself");
  out += fmt::format("wattring_local_health {}\n", view.local_health);
  head(out, "wattring_joined", "1 when this node has met another member or is the cluster alone");
  out += fmt::format("wattring_joined {}\n", view.joined ? 1 : 0);
  return out;
}

}  // namespace wattring::http
