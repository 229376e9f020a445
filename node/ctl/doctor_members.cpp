// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/sockets.hpp"
#include "node/ctl/doctor_checks.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kSuspectedOften = 3;  // within the hour
constexpr std::int64_t kSlow = 2;           // of 7: a moment of it is normal
constexpr std::array<const char*, 5> kListeners{"membership", "peers", "ingest", "http", "data"};

bool is_live(const Json& member) {
  const std::string& state = member["state"].string();
  return state != "down" && state != "left";
}

std::string names(const std::set<std::string>& nodes) {
  std::string text;
  for (const std::string& node : nodes) text += (text.empty() ? "" : " ") + node;
  return text;
}

class MembersCheck {
 public:
  MembersCheck(const Examination& seen, std::vector<Finding>& findings) : seen_(seen), findings_(findings) {}

  void all() {
    states();
    addresses();
    seeds();
    suspicions();
    pauses();
    refusals();
    slow_nodes();
    strangers();
  }

 private:
  using enum Finding::Result;

  void add(Finding::Result result, std::string check, std::string text, std::string fix) {
    findings_.push_back({result, std::move(check), std::move(text), std::move(fix)});
  }

  void states() {
    for (const Json& member : seen_.views.members) {
      const std::string& node = member["node"].string();
      const std::string& state = member["state"].string();
      const std::string& why = member["why"].string();
      if (state == "down")
        add(fail, "members", fmt::format("{} is down: {}", node, why),
            why.find("refused") != std::string::npos
                ? "start it again; journalctl -u wattringd on its host says why it ended"
                : "does its host run, and can it be reached both ways? a process that hangs is restarted");
      if (state == "suspect")
        add(warn, "members", fmt::format("{} is suspect: {}", node, why),
            "look again in some seconds: it answers for itself, or it is held down");
      if (member["flapping"].boolean())
        add(warn, "members", fmt::format("{} is lost and found again and again", node),
            "wattringctl problems explain NODE_FLAPPING");
    }
  }

  /// Others would speak with whoever has the address now.
  void addresses() {
    for (const char* listener : kListeners) {
      std::map<std::string, std::set<std::string>> nodes;
      for (const Json& member : seen_.views.members)
        if (const std::string& address = member["endpoints"][listener].string(); is_live(member) && !address.empty())
          nodes[address].insert(member["node"].string());
      std::set<std::string> loopback;
      std::set<std::string> elsewhere;
      for (const auto& [address, holders] : nodes) {
        if (holders.size() > 1)
          add(fail, "addresses", fmt::format("{} all say that their {} is {}", names(holders), listener, address),
              fmt::format("give each its own: listen.{0} and advertise.{0}", listener));
        const bool is_loopback = address.starts_with("127.") || address.starts_with("[::1]");
        (is_loopback ? loopback : elsewhere).insert(holders.begin(), holders.end());
      }
      if (!loopback.empty() && !elsewhere.empty())
        add(fail, "addresses",
            fmt::format("{}: others are told a loopback address of {}, which leads back to themselves", names(loopback),
                        listener),
            fmt::format("set advertise.{0} (or listen.{0}) to an address that the others reach", listener));
    }
  }

  void seeds() {
    for (const Examination::Door& seed : seen_.seeds)
      if (!seed.trouble.empty())
        add(warn, "seeds", fmt::format("{} of cluster.join of {}: {}", seed.address, seed.node, seed.trouble),
            "start the node there, or take it out of cluster.join: a node that starts alone asks its seeds for a way "
            "in");
  }

  struct Suspicions {
    std::map<std::string, std::size_t> by_observer;
    std::set<std::string> accusers;
  };

  /// A node that is missed often and always found again: a link that loses some, or a node that is too slow.
  void suspicions() {
    std::map<std::string, Suspicions> nodes;
    for (const Json& event : seen_.events) {
      if (event["event"].string() != "suspected") continue;
      Suspicions& of_it = nodes[event["node"].string()];
      ++of_it.by_observer[event["seen_by"].string()];
      for (const Json& accuser : event["accusers"].items()) of_it.accusers.insert(accuser["node"].string());
    }
    for (const auto& [node, of_it] : nodes) {
      std::size_t times = 0;
      for (const auto& [observer, n] : of_it.by_observer) times = std::max(times, n);
      if (times < kSuspectedOften) continue;
      const bool one = of_it.accusers.size() == 1;
      add(warn, "links",
          fmt::format("{} was suspected {} times within the hour, by {}{}", node, times, names(of_it.accusers),
                      one ? " alone" : ""),
          one ? fmt::format("look at the way between {} and {} in both directions, and at the load of {}",
                            names(of_it.accusers), node, names(of_it.accusers))
              : fmt::format("look at the load, the memory and the network of {}", node));
    }
  }

  void pauses() {
    std::map<std::string, std::pair<std::size_t, std::string>> nodes;
    for (const Json& event : seen_.events) {
      if (event["event"].string() != "own_pause") continue;
      auto& [times, last] = nodes[event["seen_by"].string()];
      ++times;
      last = event["detail"].string();
    }
    for (const auto& [node, of_it] : nodes)
      add(warn, "pauses",
          fmt::format("{}: {} within the hour, last: {}", node, plural(of_it.first, "pause"), of_it.second),
          "on its host: swap, CPU steal, a suspended or migrated machine, a disk that stalls (vmstat 1, dmesg)");
  }

  void refusals() {
    std::set<std::string> told;
    for (const Json& event : seen_.events) {
      const std::string& kind = event["event"].string();
      if (kind != "conflict" && kind != "rejected") continue;
      const std::string text = fmt::format("{}: {} {}", event["seen_by"].string(), kind, event["detail"].string());
      if (told.insert(text).second)
        add(fail, "identity", text,
            kind == "conflict" ? "two processes hold one id: was a data directory copied? stop one of them"
                               : "its log says who refused it; check cluster.join, the cluster's name and the keys");
    }
  }

  void slow_nodes() {
    for (const View& view : seen_.views.views)
      if (view.local_health >= kSlow)
        add(warn, "load",
            fmt::format("{} finds itself slow ({} of 7) and is patient with others for it", view.node.label(),
                        view.local_health),
            "look at the CPU and the memory of its host (vmstat 1), and at wattring_membership_late_seconds");
  }

  void strangers() {
    for (const Session::Reply& reply : seen_.status) {
      const Json& away = reply.body["turned_away"];
      const std::string& node = reply.body["node"].string();
      if (away["keys"].integer() > 0)
        add(warn, "strangers",
            fmt::format("{} turned away {} under keys that are not on its list", node,
                        plural(static_cast<std::size_t>(away["keys"].integer()), "attempt")),
            "its log (key_refused) has address and key: a node or client whose allow line is missing, or a stranger");
      if (away["foreign"].integer() > 0)
        add(warn, "strangers",
            fmt::format("{} got {} of another cluster or protocol", node,
                        plural(static_cast<std::size_t>(away["foreign"].integer()), "frame")),
            "does cluster.join of some node name the wrong cluster, or has an address been given to another one?");
    }
  }

  const Examination& seen_;
  std::vector<Finding>& findings_;
};

}  // namespace

void examine_members(const Examination& examination, std::vector<Finding>& findings) {
  MembersCheck(examination, findings).all();
}

}  // namespace wattring::ctl
