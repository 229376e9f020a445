// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/verdict.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr int kNagiosUnknown = 3;

struct Judgement {
  std::string verdict = "healthy";
  std::vector<std::string> reasons;
  Json problems = Json::Array{};
  Json silent = Json::Array{};
  Json first;  ///< status of the first node that answered
  std::size_t asked = 0;
  std::size_t answered = 0;
};

void worsen(Judgement& judgement, const std::string& verdict) {
  if (severity_of(verdict) > severity_of(judgement.verdict)) judgement.verdict = verdict;
}

void add_silent(Judgement& judgement, const Session::Reply& reply, const std::string& reason) {
  worsen(judgement, "degraded");
  judgement.reasons.push_back(fmt::format("{} silent", reply.node.address));
  Json row;
  row.set("address", reply.node.address).set("reason", reason);
  judgement.silent.push(std::move(row));
}

void add_answer(Judgement& judgement, const Json& body) {
  ++judgement.answered;
  if (judgement.first.is_null()) judgement.first = body;
  worsen(judgement, body["verdict"].string());
  for (const Json& problem : body["problems"].items()) {
    judgement.reasons.push_back(fmt::format("{} {}", problem["code"].string(), problem["subject"].string()));
    judgement.problems.push(problem);
  }
  if (!body["ready"].boolean(true) && body["problems"].items().empty()) {
    judgement.reasons.push_back(fmt::format("{} not ready", body["node"].string()));
  }
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string nagios_line(const Judgement& judgement) {
  const int severity = severity_of(judgement.verdict);
  const std::string reasons = joined(judgement.reasons);
  std::string line = severity == 0 ? "OK" : severity == 2 ? "CRITICAL" : "WARNING";
  line += fmt::format(" - {}",
                      reasons.empty() ? fmt::format("{} of {} nodes", judgement.answered, judgement.asked) : reasons);
  const Json& body = judgement.first;
  line += fmt::format(" | nodes_up={} shards_unready={} acked_per_s={:.0f} ack_p99={:.6f}s disk_free={}B",
                      body["nodes"]["up"].integer(), body["shards"]["recovering"].integer(),
                      body["ingest"]["acked_per_s"].number(), body["ingest"]["p99_s"].number(),
                      body["journal"]["disk_free_bytes"].integer());
  return line + "\n";
}

Answer answer_of(const Judgement& judgement, bool nagios, const Globals& globals) {
  Answer answer;
  const int severity = severity_of(judgement.verdict);
  answer.exit_code = nagios ? severity : exit_code_of_verdict(judgement.verdict);
  const std::string reasons = joined(judgement.reasons);
  answer.text = nagios ? nagios_line(judgement)
                       : painted_verdict(judgement.verdict, globals) + (reasons.empty() ? "" : "  " + reasons) + "\n";
  answer.document.set("schema", "wattring.health/1").set("verdict", judgement.verdict);
  answer.document.set("asked", judgement.asked).set("answered", judgement.answered);
  answer.document.set("problems", judgement.problems).set("silent", judgement.silent);
  answer.csv = flattened(answer.document);
  return answer;
}

Outcome<Answer> nobody(Session& session, const std::vector<Session::Reply>& replies, bool nagios) {
  std::vector<Silence> silent;
  silent.reserve(replies.size());
  for (const Session::Reply& reply : replies) silent.push_back({reply.node, reply.reason});
  if (!nagios) return tl::unexpected(session.nobody_answered(silent));
  Answer answer;
  answer.exit_code = kNagiosUnknown;
  answer.text = fmt::format("UNKNOWN - no answer from {}: {}\n", silent.front().node.address, silent.front().reason);
  answer.document.set("schema", "wattring.health/1").set("verdict", "unknown");
  return answer;
}

/// The one node by what it says of itself, whatever the rest of the cluster does.
void judge_readiness(Judgement& judgement, const Session::Reply& reply) {
  ++judgement.answered;
  if (reply.status == 200) return;
  worsen(judgement, "degraded");
  const std::string& reason = reply.body["reason"].string();
  judgement.reasons.push_back(reason.empty() ? "not ready" : "not ready: " + reason);
}

}  // namespace

Outcome<Answer> health(Session& session, const HealthArguments& arguments) {
  const auto replies = session.ask_all(arguments.local ? "/readyz" : "/api/v1/status");
  const bool any = std::any_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.status != 0; });
  if (!any) return nobody(session, replies, arguments.nagios);
  Judgement judgement;
  judgement.asked = replies.size();
  for (const Session::Reply& reply : replies) {
    if (reply.status == 0) {
      add_silent(judgement, reply, reply.reason);
    } else if (arguments.local) {
      judge_readiness(judgement, reply);
    } else if (reply.status == 200) {
      add_answer(judgement, reply.body);
    } else {
      add_silent(judgement, reply, fmt::format("answered {}", reply.status));
    }
  }
  return answer_of(judgement, arguments.nagios, session.globals());
}

}  // namespace wattring::ctl
