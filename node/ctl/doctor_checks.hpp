// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/ctl/session.hpp"
#include "node/ctl/views.hpp"

/// What `doctor` finds, from what the nodes answered. Pure.

namespace wattring::ctl {

struct Finding {
  enum class Result { ok, warn, fail };
  Result result = Result::ok;
  std::string check;  ///< "clocks"
  std::string text;
  std::string fix;  ///< what to do; empty when all is well
};

/// All that was asked for.
struct Examination {
  Views views;
  std::vector<Session::Reply> status;  ///< one a node
  std::vector<Session::Reply> facts;   ///< the same nodes, in the same order
  struct Door {
    std::string node;
    std::string listener;  ///< "membership"
    std::string address;
    std::string trouble;  ///< empty: somebody accepts there
  };
  std::vector<Door> doors;
  std::vector<Door> seeds;   ///< of cluster.join; listener is empty
  std::vector<Json> events;  ///< of all nodes within the last hour
};
[[nodiscard]] std::vector<Finding> examine(const Examination& examination);

/// The part of it that is about nodes and the links between them.
void examine_members(const Examination& examination, std::vector<Finding>& findings);

/// A node's clock against this machine's, from one question and its answer.
struct ClockReading {
  std::string node;
  double offset_ms = 0;  ///< the node's minus ours
  double error_ms = 0;   ///< it is wrong by no more than this
};
[[nodiscard]] std::vector<ClockReading> read_clocks(const std::vector<Session::Reply>& status);

}  // namespace wattring::ctl
