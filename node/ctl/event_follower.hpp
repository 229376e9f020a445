// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// Asks every node for the events that it has not told yet.
class EventFollower {
 public:
  /// Learns the members by itself, and again now and then.
  explicit EventFollower(Session& session) : session_(session) {}
  /// Asks these.
  EventFollower(Session& session, std::vector<NodeAddress> nodes)
      : session_(session), nodes_(std::move(nodes)), looks_(1) {}

  /// The new events of all nodes by time, each with "seen_by"; those that do not answer are in silent().
  [[nodiscard]] Outcome<std::vector<Json>> next();
  [[nodiscard]] const Json& silent() const { return silent_; }
  /// Events that nodes had dropped before they were asked for.
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  struct Place {
    std::string started;  ///< sequences begin anew with a start of the node
    std::int64_t after = 0;
  };
  [[nodiscard]] std::vector<Session::Reply> ask(const std::vector<NodeAddress>& nodes);
  /// True when there may be more.
  bool take(const Session::Reply& reply);
  void add_silent(const Session::Reply& reply);

  Session& session_;
  std::vector<NodeAddress> nodes_;
  std::map<std::string, Place> places_;
  std::vector<Json> found_;
  Json silent_ = Json::Array{};
  std::int64_t lost_ = 0;
  int looks_ = 0;
};

}  // namespace wattring::ctl
