// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/cluster_look.hpp"
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
  Json status = {};  ///< of all together
  std::size_t asked = 0;
  std::size_t answered = 0;
};

void worsen(Judgement& judgement, const std::string& verdict) {
  if (severity_of(verdict) > severity_of(judgement.verdict)) judgement.verdict = verdict;
}

/// By what all nodes say.
Judgement judge_cluster(const ClusterLook& look) {
  Judgement judgement{look.verdict,          {},         look.problems, silent_json(look),
                      status_document(look), look.asked, look.answered};
  for (const Json& problem : look.problems.items())
    judgement.reasons.push_back(fmt::format("{} {}", problem["code"].string(), problem["subject"].string()));
  for (const Session::Reply& reply : look.replies) {
    if (reply.status == 0) {
      judgement.reasons.push_back(fmt::format("{} silent", reply.node.label()));
    } else if (reply.status != 200) {
      judgement.reasons.push_back(fmt::format("{} {}", reply.node.label(), reply.trouble()));
    } else if (!reply.body["ready"].boolean(true) && reply.body["problems"].items().empty()) {
      judgement.reasons.push_back(fmt::format("{} not ready", reply.body["node"].string()));
    }
  }
  return judgement;
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
  const Json& body = judgement.status;
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

/// Monitoring takes no answer for UNKNOWN, on standard output.
Outcome<Answer> nobody(const Trouble& trouble, bool nagios) {
  if (!nagios) return tl::unexpected(trouble);
  std::string text = trouble.text.substr(0, trouble.text.find("\nNothing is known"));
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text[at] = ' ';
  Answer answer;
  answer.exit_code = kNagiosUnknown;
  answer.text = fmt::format("UNKNOWN - {}\n", text);
  answer.document.set("schema", "wattring.health/1").set("verdict", "unknown");
  return answer;
}

/// Each node that was named by what it says of itself, whatever the rest of the cluster does.
Outcome<Judgement> judge_readiness(Session& session) {
  const auto replies = session.ask_all("/readyz");
  Judgement judgement;
  judgement.asked = replies.size();
  for (const Session::Reply& reply : replies) {
    if (reply.status == 0) {
      Json row;
      row.set("node", reply.node.name).set("address", reply.node.address).set("reason", reply.reason);
      judgement.silent.push(std::move(row));
      judgement.reasons.push_back(fmt::format("{} silent", reply.node.address));
    } else {
      ++judgement.answered;
      if (reply.status == 200) continue;
      const std::string& reason = reply.body["reason"].string();
      judgement.reasons.push_back(reason.empty() ? "not ready" : "not ready: " + reason);
    }
    worsen(judgement, "degraded");
  }
  if (judgement.answered == 0) return tl::unexpected(session.nobody_useful(replies));
  return judgement;
}

}  // namespace

Outcome<Answer> health(Session& session, const HealthArguments& arguments) {
  if (arguments.local) {
    const auto judgement = judge_readiness(session);
    if (!judgement) return nobody(judgement.error(), arguments.nagios);
    return answer_of(*judgement, arguments.nagios, session.globals());
  }
  const auto look = look_at_cluster(session, true);
  if (!look) return nobody(look.error(), arguments.nagios);
  return answer_of(judge_cluster(*look), arguments.nagios, session.globals());
}

}  // namespace wattring::ctl
