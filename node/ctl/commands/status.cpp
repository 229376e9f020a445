// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <map>

#include "node/ctl/cluster_look.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/verdict.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kHashShown = 8;

/// A count, or "-" when the node did not say.
std::string count(const Json& value) {
  return value.is_number() ? grouped(value.integer()) : "-";
}
std::string bytes(const Json& value) {
  return value.is_number() ? bytes_text(value.number()) : "-";
}
std::string latency(const Json& value) {
  return value.is_number() ? seconds_text(value.number()) : "-";
}

void add_line(std::string& text, std::string_view name, const std::string& content) {
  if (!content.empty()) text += fmt::format("{:<10}{}\n", name, content);
}

/// Of the one node that there is, or that answered.
std::string head_of_one(const Json& body, const Globals& globals) {
  const Json& ready = body["ready"];
  const std::string state = !ready.is_bool() ? "readiness unknown" : ready.boolean() ? "ready" : "not ready";
  std::string left = fmt::format("{}   ", body["cluster"].string());
  left += painted_verdict(body["verdict"].string(), globals);
  left += fmt::format("   node {}, {}", body["node"].string(), state);
  const auto now = parse_rfc3339(body["at"].string());
  const auto started = parse_rfc3339(body["started"].string());
  if (now && started) left += fmt::format(", up {}", age_text((*now - *started) / kMsPerSecond));
  if (now) left += "   " + time_text(body["at"].string());
  return left + "\n";
}

std::string head(const Json& document, const ClusterLook& look, const Globals& globals) {
  if (!look.is_cluster()) return head_of_one(document, globals);
  const Json& nodes = document["nodes"];
  std::int64_t known = 0;
  for (const char* state : {"up", "suspect", "down", "draining", "joining"}) known += nodes[state].integer();
  std::string text = fmt::format("{}   {}   {} of {} nodes up   ", document["cluster"].string(),
                                 painted_verdict(look.verdict, globals), nodes["up"].integer(), known);
  text += fmt::format("{} of {} answered, views {}", look.answered, look.asked, look.agree ? "agree" : "DIFFER");
  if (look.agree && !look.hash.empty()) text += fmt::format(" ({})", look.hash.substr(0, kHashShown));
  return text + "   " + time_text(document["at"].string()) + "\n";
}

/// "0.1.0 on 5 of 5", or each version with its nodes.
std::string versions(const Json& document) {
  if (document["members"].items().empty()) return document["version"].string();
  std::map<std::string, std::vector<std::string>> nodes;
  std::size_t total = 0;
  for (const Json& member : document["members"].items()) {
    if (!member["answered"].boolean()) continue;
    ++total;
    nodes[member["version"].string()].push_back(member["node"].string());
  }
  if (nodes.size() == 1) return fmt::format("{} on {} of {}", nodes.begin()->first, total, total);
  std::string text;
  for (const auto& [version, names] : nodes)
    text += fmt::format("{}{} on {}", text.empty() ? "" : "   ", version, fmt::join(names, " "));
  return text;
}

std::string shards_line(const Json& shards) {
  if (!shards["total"].is_number())
    return fmt::format("{} owned   {} recovering", count(shards["owned"]), count(shards["recovering"]));
  std::string text = fmt::format("{}   {} degraded   {} with nobody   {} copies", count(shards["total"]),
                                 count(shards["degraded"]), count(shards["nobody"]), count(shards["owned"]));
  const auto rare = [&](const char* name, const char* what) {
    if (shards[name].integer() > 0) text += fmt::format("   {} {}", count(shards[name]), what);
  };
  rare("moving", "filling");
  rare("missing", "catching up");
  rare("held", "held for others");
  rare("recovering", "recovering");
  return text;
}

/// What an acknowledgement is worth now; empty when the nodes know of no ring.
std::string ack_line(const Json& ring) {
  if (!ring["version"].is_number()) return {};
  std::string text = fmt::format("{} of {} copies, fsynced", ring["acks"].integer(), ring["copies"].integer());
  const std::string& worst = ring["worst_ack"].string();
  text += worst == "single"    ? "   SINGLE: one disk"
          : worst == "durable" ? "   DURABLE on every shard"
          : worst == "held"    ? "   HELD on some shards: not enough of their owners can be reached"
                               : "   NOT on every shard";
  if (ring["copies"].integer() < ring["copies_wanted"].integer())
    text += fmt::format("   ({} copies are configured: add nodes)", ring["copies_wanted"].integer());
  return text + fmt::format("   ring {}", ring["version"].integer());
}

std::string disk(const Json& journal, bool is_cluster) {
  std::string text = fmt::format("{} of {} used", bytes(journal["used_bytes"]), bytes(journal["map_bytes"]));
  const double map = journal["map_bytes"].number();
  if (map > 0) text += fmt::format(" ({:.0f} %)", 100 * journal["used_bytes"].number() / map);
  text += fmt::format("   {} reusable   file {}   {} free on the {}volume", bytes(journal["reusable_bytes"]),
                      bytes(journal["file_bytes"]), bytes(journal["disk_free_bytes"]), is_cluster ? "fullest " : "");
  return text;
}

/// Empty when nothing was turned away.
std::string turned_away(const Json& away) {
  std::string text;
  const auto add = [&](const char* name, const char* what) {
    if (away[name].integer() > 0)
      text +=
          fmt::format("{}{}", text.empty() ? "" : "   ", plural(static_cast<std::size_t>(away[name].integer()), what));
  };
  add("keys", "unknown key");
  add("handshakes", "failed handshake");
  add("malformed", "malformed frame");
  add("foreign", "foreign frame");
  add("requests", "request without a right");
  return text;
}

std::string listeners(const Json& endpoints) {
  std::string text;
  for (const auto& [name, address] : endpoints.members()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "   ", name, address.string());
  }
  return text;
}

std::string numbers(const Json& body, bool is_cluster) {
  std::string text;
  const Json& nodes = body["nodes"];
  const Json& shards = body["shards"];
  const Json& ingest = body["ingest"];
  const Json& journal = body["journal"];
  std::string members = fmt::format("{} up   {} suspect   {} down   {} draining", count(nodes["up"]),
                                    count(nodes["suspect"]), count(nodes["down"]), count(nodes["draining"]));
  for (const char* rare : {"joining", "left"})
    if (nodes[rare].integer() > 0) members += fmt::format("   {} {}", count(nodes[rare]), rare);
  add_line(text, "Nodes", members);
  add_line(text, "Shards", shards_line(shards));
  add_line(text, "Ack", ack_line(body["ring"]));
  add_line(text, "Meters",
           fmt::format("{} {}", count(body["meters"]["known"]),
                       is_cluster ? "copies: a meter counts at every node that keeps it" : "known"));
  add_line(text, "Ingest",
           fmt::format("{} readings/s acked   p50 {}   p99 {}   {} of {} in flight",
                       ingest["acked_per_s"].is_number() ? grouped(ingest["acked_per_s"].number(), 0) : "-",
                       latency(ingest["p50_s"]), latency(ingest["p99_s"]), bytes(ingest["in_flight_bytes"]),
                       bytes(ingest["in_flight_bytes_max"])));
  add_line(text, "Readings",
           fmt::format("{} stored   {} refused   {} duplicates   since the node started", count(ingest["stored_total"]),
                       count(ingest["refused_total"]), count(ingest["duplicate_total"])));
  add_line(text, "Disk", disk(journal, is_cluster));
  std::string records =
      fmt::format("{} {}", count(journal["records"]), journal["records"].integer() == 1 ? "record" : "records");
  if (!is_cluster) records += fmt::format(", last LSN {}", count(journal["last_lsn"]));
  add_line(text, "Journal",
           fmt::format("{}   {} readings not yet sealed   commit p99 {}", records, count(journal["unsealed_facts"]),
                       latency(journal["commit_p99_s"])));
  add_line(text, "Refused", turned_away(body["turned_away"]));
  add_line(text, "Listens", listeners(body["endpoints"]));
  add_line(text, "Version", versions(body));
  return text;
}

}  // namespace

Outcome<Answer> status(Session& session) {
  const auto look = look_at_cluster(session, true);
  if (!look) return tl::unexpected(look.error());
  Answer answer;
  answer.document = status_document(*look);
  const std::string trouble = problem_lines(look->problems, answer.document["at"].string(), session.globals()) +
                              silent_lines(answer.document["silent"], "  ! ");
  answer.text = head(answer.document, *look, session.globals()) + "\n" + (trouble.empty() ? "" : trouble + "\n") +
                numbers(answer.document, look->is_cluster());
  const auto& problems = look->problems.items();
  if (!problems.empty()) {
    answer.text += fmt::format("\nNext: wattringctl problems explain {}\n", problems.front()["code"].string());
  }
  answer.csv = flattened(answer.document);
  return answer;
}

}  // namespace wattring::ctl
