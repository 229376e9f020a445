// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/doctor_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/time.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr double kClockWarnMs = 250;
constexpr double kClockFailMs = 60'000;
constexpr std::int64_t kOpenFilesMin = 4096;
constexpr double kMapShareWarn = 0.8;
constexpr double kFreeBytesWarn = 1024.0 * 1024.0 * 1024.0;

std::string how_to_be_answered(const Session::Reply& reply) {
  if (reply.wants_withheld_token())
    return "name all nodes: --node once for each, or WATTRING_NODES; or give the nodes cluster.keys, with which "
           "members "
           "are known to be some";
  if (reply.body["error"]["code"].string() == "FOREIGN_HOST") return reply.body["error"]["hint"].string();
  if (reply.status == 401 || reply.status == 403) return "give a token: --token-file FILE or WATTRING_TOKEN_FILE";
  return "on its host: systemctl status wattringd; endpoints.json in its data directory has the address";
}

/// "1.2 on n1 n2; 1.3 on n3" of one value that all nodes tell.
std::map<std::string, std::string> nodes_by(const std::vector<Session::Reply>& replies,
                                            const std::vector<std::string>& path) {
  std::map<std::string, std::string> out;
  for (const Session::Reply& reply : replies) {
    if (!reply.is_answer()) continue;
    const Json* value = &reply.body;
    for (const std::string& name : path) value = &(*value)[name];
    if (value->is_null()) continue;
    std::string& nodes = out[value->is_string() ? value->string() : value->compact()];
    nodes += (nodes.empty() ? "" : " ") + reply.name();
  }
  return out;
}

std::string listed(const std::map<std::string, std::string>& by_value) {
  std::string text;
  for (const auto& [value, nodes] : by_value)
    text += fmt::format("{}{} on {}", text.empty() ? "" : "; ", value.empty() ? "(nothing)" : value, nodes);
  return text;
}

class Doctor {
 public:
  explicit Doctor(const Examination& examination) : seen_(examination) {}

  std::vector<Finding> all() {
    answers();
    doors();
    views();
    examine_members(seen_, findings_);
    problems();
    clocks();
    identity();
    versions();
    disks();
    open_files();
    configuration();
    access();
    return std::move(findings_);
  }

 private:
  using enum Finding::Result;

  void add(Finding::Result result, std::string check, std::string text, std::string fix = {}) {
    findings_.push_back({result, std::move(check), std::move(text), result == ok ? "" : std::move(fix)});
  }

  void answers() {
    std::string good;
    for (const Session::Reply& reply : seen_.status) {
      if (reply.is_answer()) good += (good.empty() ? "" : " ") + reply.name();
      if (!reply.is_answer())
        add(fail, "http",
            fmt::format("{}{}: {}", reply.node.name.empty() ? "" : reply.node.name + " at ", reply.node.address,
                        reply.trouble()),
            how_to_be_answered(reply));
    }
    if (!good.empty())
      add(ok, "http", fmt::format("{} {}", good, good.find(' ') == std::string::npos ? "answers" : "answer"));
  }

  void doors() {
    std::size_t open = 0;
    for (const Examination::Door& door : seen_.doors) {
      open += door.trouble.empty() ? 1 : 0;
      if (!door.trouble.empty())
        add(warn, "ports", fmt::format("{} of {} at {}: {}", door.listener, door.node, door.address, door.trouble),
            "from here it cannot be reached; nodes need membership, peers and data of each other, senders need ingest: "
            "look at firewalls and at listen.* of that node");
    }
    if (open > 0) add(ok, "ports", fmt::format("{} can be reached from here", plural(open, "listener")));
  }

  void views() {
    for (const Session::Reply& reply : seen_.status)
      if (reply.is_answer() && !reply.body["views"]["joined"].boolean(true))
        add(fail, "views", fmt::format("{} has met no other node", reply.name()),
            "check its --join addresses and keys; wattringctl problems explain NOT_JOINED");
    if (!seen_.views.agree) {
      add(warn, "views", "nodes do not see the same members",
          "wattringctl members --views; again in some seconds: a change may be spreading");
    } else if (seen_.views.answered > 0) {
      add(ok, "views",
          fmt::format("{} of {} agree on {}", seen_.views.answered, seen_.views.asked,
                      plural(seen_.views.members.size(), "member")));
    }
  }

  /// What the nodes themselves complain of and no other check tells.
  void problems() {
    static const std::set<std::string> kToldElsewhere{"NODE_DOWN",  "NODE_SUSPECT", "NODE_FLAPPING",
                                                      "NOT_JOINED", "DISK_RESERVE", "INSECURE"};
    std::set<std::string> told;
    for (const Session::Reply& reply : seen_.status)
      for (const Json& problem : reply.body["problems"].items()) {
        const std::string& code = problem["code"].string();
        const std::string what = fmt::format("{} {}: {}", code, problem["subject"].string(), problem["text"].string());
        if (!reply.is_answer() || kToldElsewhere.contains(code) || !told.insert(what).second) continue;
        add(problem["severity"].string() == "critical" ? fail : warn, "problems", what,
            fmt::format("{}; wattringctl problems explain {}", problem["do"].string(), code));
      }
  }

  void clocks() {
    const auto readings = read_clocks(seen_.status);
    if (readings.empty()) return;
    const auto by_offset = [](const ClockReading& a, const ClockReading& b) { return a.offset_ms < b.offset_ms; };
    const auto [least, most] = std::minmax_element(readings.begin(), readings.end(), by_offset);
    const double apart = most->offset_ms - least->offset_ms;
    const double error = readings.size() > 1 ? most->error_ms + least->error_ms : most->error_ms;
    const double sure = readings.size() > 1 ? apart - error : std::abs(most->offset_ms) - error;
    const std::string fix = "run an NTP client on every node (systemd-timesyncd, chrony) and look: timedatectl";
    const std::string text = readings.size() > 1 ? fmt::format("widest offset {:.1f} ms +- {:.1f} ms ({} ahead of {})",
                                                               apart, error, most->node, least->node)
                                                 : fmt::format("{} is {:+.1f} ms +- {:.1f} ms from this machine",
                                                               most->node, most->offset_ms, error);
    add(sure >= kClockFailMs ? fail : sure >= kClockWarnMs ? warn : ok, "clocks", text, fix);
  }

  void identity() {
    const auto clusters = nodes_by(seen_.facts, {"cluster_id"});
    if (clusters.size() > 1)
      add(fail, "identity", "nodes of different clusters: " + listed(clusters),
          "a node was initialised without --join: give it an empty data directory and wattringd init --join");
    bool unique = true;
    for (const char* what : {"node_id", "node"})
      for (const auto& [value, nodes] : nodes_by(seen_.status, {what}))
        if (nodes.find(' ') != std::string::npos) {
          unique = false;
          add(fail, "identity", fmt::format("{} {} is used twice", what, value),
              "a data directory was copied: stop one of them and initialise it anew");
        }
    if (unique && clusters.size() == 1)
      add(ok, "identity", fmt::format("one cluster, {}, and no name or id twice", clusters.begin()->first));
  }

  void versions() {
    const auto versions = nodes_by(seen_.status, {"version"});
    const auto formats = nodes_by(seen_.facts, {"format"});
    if (versions.empty()) return;
    const bool mixed = versions.size() > 1 || formats.size() > 1;
    add(mixed ? warn : ok, "versions",
        fmt::format("{}{}{}", listed(versions), formats.empty() ? "" : "   data format ", listed(formats)),
        "fine while an upgrade is under way; afterwards bring all nodes to the same release");
  }

  void disks() {
    for (const Session::Reply& reply : seen_.status) {
      if (!reply.is_answer()) continue;
      const Json& journal = reply.body["journal"];
      const double map = journal["map_bytes"].number();
      const double share = map > 0 ? journal["used_bytes"].number() / map : 0;
      const double free = journal["disk_free_bytes"].number();
      const std::string text =
          fmt::format("{}: {} of {} used, {} free on the volume", reply.name(),
                      bytes_text(journal["used_bytes"].number()), bytes_text(map), bytes_text(free));
      const bool full = journal["disk_reserve"].boolean();
      add(full                                              ? fail
          : share >= kMapShareWarn || free < kFreeBytesWarn ? warn
                                                            : ok,
          "disk", text,
          full ? "readings are refused: make room on the volume now"
               : "make room, raise store.map_size, or keep less (retention.raw)");
    }
  }

  void open_files() {
    for (const Session::Reply& reply : seen_.facts) {
      const std::int64_t limit = reply.body["open_files_max"].integer();
      if (!reply.is_answer() || limit == 0) continue;
      const std::int64_t open = reply.body["open_files"].integer();
      const bool near = open * 10 >= limit * 8;
      add(near                    ? fail
          : limit < kOpenFilesMin ? warn
                                  : ok,
          "ulimit", fmt::format("{}: {} of {} files and connections open", reply.name(), grouped(open), grouped(limit)),
          "LimitNOFILE=65536 in its systemd unit (ulimit -n elsewhere), then restart it");
    }
  }

  /// Keys that are different on purpose are not compared, nor the names of files whose content is.
  static bool is_own(const std::string& key) {
    return key.starts_with("listen.") || key.starts_with("advertise.") || key.starts_with("p1.") ||
           key == "cluster.join" || key == "cluster.keys" || key == "cluster.zone" || key == "http.tokens" ||
           key == "cluster.weight" || key == "store.workers";
  }

  void configuration() {
    std::map<std::string, std::map<std::string, std::string>> values;  // key -> value -> nodes
    std::set<std::string> keys;
    for (const Session::Reply& reply : seen_.facts)
      for (const auto& [key, value] : reply.body["config"].members()) keys.insert(key);
    std::size_t same = 0;
    for (const std::string& key : keys) {
      if (is_own(key)) continue;
      const auto by_value = nodes_by(seen_.facts, {"config", key});
      if (by_value.size() <= 1) {
        ++same;
        continue;
      }
      add(warn, "config", fmt::format("{} differs: {}", key, listed(by_value)),
          "make it the same in /etc/wattring/wattringd.toml of all nodes; wattringd config show --origin says who set "
          "it");
    }
    if (same > 0)
      add(ok, "config", fmt::format("{} the same on all nodes", same == 1 ? "1 key is" : plural(same, "key") + " are"));
  }

  void access() {
    for (const Session::Reply& reply : seen_.status) {
      if (!reply.is_answer()) continue;
      if (reply.body["insecure"].boolean())
        add(warn, "access", fmt::format("{} listens off loopback and asks nobody who they are", reply.name()),
            "wattringctl problems explain INSECURE");
    }
    secrets("tokens", "file of tokens", "mend the file; it is read again when it changes",
            "put the same file on every node; it is read again when it changes");
    secrets("keys", "key file", "mend the file and send SIGHUP again (systemctl reload)",
            "give all of them the same cluster-public and allow lines, then SIGHUP (systemctl reload)");
  }

  /// Until a file that was refused is mended, what it held before goes on to count.
  void secrets(const std::string& what, const char* file, const char* mend, const char* equalise) {
    static constexpr std::string_view kRefused = "; refused: ";
    std::map<std::string, std::string> in_force;
    for (const auto& [value, nodes] : nodes_by(seen_.facts, {what})) {
      const std::size_t refused = value.find(kRefused);
      if (refused != std::string::npos)
        add(fail, "access",
            fmt::format("{} cannot use its {}: {}", nodes, file, value.substr(refused + kRefused.size())), mend);
      std::string& holders = in_force[value.substr(0, refused)];
      holders += (holders.empty() ? "" : " ") + nodes;
    }
    if (in_force.size() > 1)
      add(warn, "access", fmt::format("{} are not the same: {}", what, listed(in_force)), equalise);
    if (in_force.size() == 1) add(ok, "access", fmt::format("{}: {}", what, in_force.begin()->first));
  }

  const Examination& seen_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<ClockReading> read_clocks(const std::vector<Session::Reply>& status) {
  std::vector<ClockReading> readings;
  for (const Session::Reply& reply : status) {
    const auto at = parse_rfc3339(reply.body["at"].string());
    if (!reply.is_answer() || !at || reply.answered_us == 0) continue;
    // Its clock was read somewhere between question and answer, and is told in whole milliseconds.
    const double middle_ms = static_cast<double>(reply.asked_us + reply.answered_us) / 2000.0;
    readings.push_back({reply.name(), static_cast<double>(*at) + 0.5 - middle_ms,
                        static_cast<double>(reply.answered_us - reply.asked_us) / 2000.0 + 0.5});
  }
  return readings;
}

std::vector<Finding> examine(const Examination& examination) {
  return Doctor(examination).all();
}

}  // namespace wattring::ctl
