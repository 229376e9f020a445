// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// One look at all nodes: what status shows and health judges.
struct ClusterLook {
  std::vector<Session::Reply> replies;  ///< GET /api/v1/status, one a node
  std::size_t asked = 0;
  std::size_t answered = 0;
  bool agree = true;                            ///< the views of those that answered
  std::vector<std::vector<std::string>> views;  ///< nodes that agree with each other, the most first
  std::string hash;                             ///< of the view that most hold; empty without membership
  Json first;                                   ///< status of the first that holds that view
  Json problems = Json::Array{};                ///< of all nodes, each once; the worst first
  std::string verdict = "healthy";
  [[nodiscard]] bool is_cluster() const { return asked > 1; }
};

/// patient: views that differ are looked at again after a second, because a change takes that long to spread.
[[nodiscard]] Outcome<ClusterLook> look_at_cluster(Session& session, bool patient);

/// Status of all as one document (wattring.status/1): counts and bytes added up, latencies of the slowest.
[[nodiscard]] Json status_document(const ClusterLook& look);
/// [{"node","address","reason"}] of those that did not answer.
[[nodiscard]] Json silent_json(const ClusterLook& look);
/// The same for people, a line each.
[[nodiscard]] std::string silent_lines(const Json& silent, std::string_view prefix = {});

}  // namespace wattring::ctl
