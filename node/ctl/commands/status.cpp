// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/verdict.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

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

std::string head(const Json& body, const Globals& globals) {
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

std::string disk(const Json& journal) {
  std::string text = fmt::format("{} of {} used", bytes(journal["used_bytes"]), bytes(journal["map_bytes"]));
  const double map = journal["map_bytes"].number();
  if (map > 0) text += fmt::format(" ({:.0f} %)", 100 * journal["used_bytes"].number() / map);
  text += fmt::format("   {} reusable   file {}   {} free on the volume", bytes(journal["reusable_bytes"]),
                      bytes(journal["file_bytes"]), bytes(journal["disk_free_bytes"]));
  return text;
}

std::string listeners(const Json& endpoints) {
  std::string text;
  for (const auto& [name, address] : endpoints.members()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "   ", name, address.string());
  }
  return text;
}

std::string numbers(const Json& body) {
  std::string text;
  const Json& nodes = body["nodes"];
  const Json& shards = body["shards"];
  const Json& ingest = body["ingest"];
  const Json& journal = body["journal"];
  add_line(text, "Nodes",
           fmt::format("{} up   {} suspect   {} down   {} draining", count(nodes["up"]), count(nodes["suspect"]),
                       count(nodes["down"]), count(nodes["draining"])));
  add_line(text, "Shards",
           fmt::format("{} owned   {} recovering", count(shards["owned"]), count(shards["recovering"])));
  add_line(text, "Meters", fmt::format("{} known", count(body["meters"]["known"])));
  add_line(text, "Ingest",
           fmt::format("{} readings/s acked   p50 {}   p99 {}   {} of {} in flight",
                       ingest["acked_per_s"].is_number() ? grouped(ingest["acked_per_s"].number(), 0) : "-",
                       latency(ingest["p50_s"]), latency(ingest["p99_s"]), bytes(ingest["in_flight_bytes"]),
                       bytes(ingest["in_flight_bytes_max"])));
  add_line(text, "Readings",
           fmt::format("{} stored   {} refused   {} duplicates   since the node started", count(ingest["stored_total"]),
                       count(ingest["refused_total"]), count(ingest["duplicate_total"])));
  add_line(text, "Disk", disk(journal));
  add_line(
      text, "Journal",
      fmt::format("{} records, last LSN {}   {} readings not yet sealed   commit p99 {}", count(journal["records"]),
                  count(journal["last_lsn"]), count(journal["unsealed_facts"]), latency(journal["commit_p99_s"])));
  add_line(text, "Listens", listeners(body["endpoints"]));
  add_line(text, "Version", body["version"].string());
  return text;
}

}  // namespace

Outcome<Answer> status(Session& session) {
  auto body = session.get("/api/v1/status");
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  const std::string trouble = problem_lines((*body)["problems"], session.globals());
  answer.text = head(*body, session.globals()) + "\n" + (trouble.empty() ? "" : trouble + "\n") + numbers(*body);
  const auto& problems = (*body)["problems"].items();
  if (!problems.empty()) {
    answer.text += fmt::format("\nNext: wattringctl problems explain {}\n", problems.front()["code"].string());
  }
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

}  // namespace wattring::ctl
