// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/ring.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <istream>
#include <ostream>

#include "node/ctl/drain_plan.hpp"
#include "node/ctl/member_names.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/session.hpp"
#include "node/ctl/shard_look.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kPlanMs = 10'000;    // the node asks the others what they have
constexpr std::int64_t kBallotMs = 30'000;  // a ballot gives up after 15 s

Json body_of(const RingArguments& arguments, const std::string& made_from) {
  Json body = Json::Object{};
  const auto set = [&](const char* name, const std::vector<std::string>& words) {
    if (!words.empty()) body.set(name, fmt::format("{}", fmt::join(words, ",")));
  };
  set("add", arguments.add);
  set("remove", arguments.remove);
  set("weight", arguments.weight);
  if (!arguments.lose_shards.empty()) body.set("lose_shards", arguments.lose_shards);
  if (!made_from.empty()) body.set("ring", made_from);
  return body;
}

Outcome<Json> send_change(Session& session, const char* target, const Json& body, std::int64_t wait_ms) {
  ApiRequest request;
  request.method = "POST";
  request.target = target;
  request.content_type = "application/json";
  request.body = body.compact();
  return session.send(std::move(request), wait_ms);
}

std::string change_text(std::int64_t before, std::int64_t after) {
  return before == after ? grouped(before) : fmt::format("{} -> {}", grouped(before), grouped(after));
}

std::string plan_text(const Json& plan) {
  std::string text = fmt::format("Plan       ring {}: {}, {} copies, acks at {}\n", plan["version"].integer(),
                                 plural(static_cast<std::size_t>(plan["members"].integer()), "member"),
                                 plan["copies"].integer(), plan["acks"].integer());
  text += fmt::format("Moves      {} copies of shards to new owners ({} were every share exact), {} homes\n",
                      grouped(plan["copies_moved"].integer()), grouped(plan["optimum"].integer()),
                      grouped(plan["homes_moved"].integer()));
  text += fmt::format("After      the fullest node has {:.2f} times its share of homes, {:.2f} of copies\n",
                      plan["balance_homes"].number(), plan["balance_copies"].number());
  Table table({{"NODE"}, {"HOMES", Table::Align::right}, {"COPIES", Table::Align::right}});
  for (const Json& seat : plan["nodes"].items())
    table.add({seat["node"].string(), change_text(seat["homes_before"].integer(), seat["homes_after"].integer()),
               change_text(seat["copies_before"].integer(), seat["copies_after"].integer())});
  text += table.text() + "HOMES are those of a ring whose nodes all work: who is away or drains serves none.\n";
  for (const Json& warning : plan["warnings"].items()) text += "  ! " + warning.string() + "\n";
  return text;
}

/// Why it would be refused; "" when it would not.
std::string refusal_text(const Json& plan) {
  std::string text;
  std::string away;
  for (const Json& name : plan["unreachable"].items()) away += (away.empty() ? "" : ", ") + name.string();
  if (!away.empty())
    text += fmt::format(
        "refused: the ring is changed by a majority of its members, and {} cannot be reached.\n"
        "Start one of them again. See: wattringctl problems explain NODE_DOWN\n",
        away);
  std::string held = plan["held_by_removed"].string();
  if (!held.empty())
    held = fmt::format("Of shards {} the removed node keeps readings for owners that could not take them yet.\n", held);
  if (const std::string& lost = plan["would_lose"].string(); !lost.empty())
    text += fmt::format(
        "refused: {} have too few full copies at nodes that stay and can be reached.\n"
        "{}"
        "Start the nodes that are away, or wait for what fills: wattringctl shards moving\n"
        "Last resort, loses data: --lose-shards {}\n",
        plural(static_cast<std::size_t>(plan["would_lose_count"].integer()), "shard"), held, lost);
  return text;
}

/// Asks on the terminal what cannot be taken back.
Outcome<void> confirm(const std::string& question, const std::string& expected, const Context& context) {
  if (context.in == nullptr || !context.in_is_terminal)
    return usage_trouble(question + "\nSay that you mean it: --yes\n");
  context.err << fmt::format("{}\nType {} to go on: ", question, expected);
  context.err.flush();
  std::string answer;
  std::getline(*context.in, answer);
  if (answer == expected) return {};
  return usage_trouble("Nothing was changed.\n");
}

/// Those who wait to get in.
Outcome<std::vector<std::string>> newcomers(Session& session) {
  const auto ring = session.get("/api/v1/ring");
  if (!ring) return tl::unexpected(ring.error());
  std::vector<std::string> names;
  for (const Json& one : (*ring)["waiting"].items()) names.push_back(one["node"].string());
  return names;
}

Answer answer_of(Json document, std::string text, int exit_code = kExitDone) {
  Answer answer;
  answer.exit_code = exit_code;
  answer.text = std::move(text);
  answer.csv = flattened(document);
  answer.document = std::move(document);
  return answer;
}

}  // namespace

Outcome<Answer> ring_show(Session& session) {
  auto body = session.get("/api/v1/ring");
  if (!body) return tl::unexpected(body.error());
  const Json& ring = (*body)["ring"];
  std::string text = fmt::format("Ring {} ({})   {} copies, acks at {}   {} of {} members decide the next\n",
                                 ring["version"].integer(), ring["id"].string(), ring["copies"].integer(),
                                 ring["acks"].integer(), (*body)["majority"].integer(), ring["members"].integer());
  if (ring["copies"].integer() < ring["copies_wanted"].integer())
    text += fmt::format("{} copies are configured; with {} there can be no more.\n", ring["copies_wanted"].integer(),
                        plural(static_cast<std::size_t>(ring["members"].integer()), "node"));
  using enum Table::Align;
  Table table(
      {{"NODE", left}, {"WEIGHT", right}, {"ZONE", left}, {"HOMES", right}, {"COPIES", right}, {"STATE", left}});
  const Named named = with_names((*body)["nodes"], session);
  body->set("nodes", named.members);
  for (const Json& seat : named.members.items())
    table.add({seat["node"].string(), std::to_string(seat["weight"].integer()),
               seat["zone"].string().empty() ? "-" : seat["zone"].string(), grouped(seat["homes"].integer()),
               grouped(seat["copies"].integer()),
               !seat["reachable"].boolean() ? "away"
               : seat["draining"].boolean() ? "draining"
                                            : "up"});
  text += table.text() + named.note;
  std::string waiting;
  for (const Json& one : (*body)["waiting"].items())
    waiting += fmt::format("{}{} (seen for {})", waiting.empty() ? "" : ", ", one["node"].string(),
                           age_text(one["seen_s"].integer()));
  if (!waiting.empty()) {
    const Json& in_s = (*body)["proposes_in_s"];
    text += "Waiting    " + waiting + "\n";
    text += (*body)["proposing"].boolean() ? "A ballot is under way.\n"
            : !(*body)["automatic"].boolean(true)
                ? "This node does not propose by itself (placement.auto = false): wattringctl ring commit\n"
            : in_s.is_integer() ? fmt::format("They are taken in within about {}.\n", age_text(in_s.integer()))
                                : "They are taken in when they have been steady for a while.\n";
  }
  return answer_of(std::move(*body), std::move(text));
}

Outcome<Answer> ring_plan(Session& session, const RingArguments& arguments) {
  RingArguments wanted = arguments;
  if (wanted.add.empty() && wanted.remove.empty() && wanted.weight.empty()) {
    auto waiting = newcomers(session);
    if (!waiting) return tl::unexpected(waiting.error());
    if (waiting->empty())
      return usage_trouble(
          "Nobody waits to get in, so there is nothing to plan. Name a change: --add, --remove or --weight\n");
    wanted.add = std::move(*waiting);
  }
  auto body = send_change(session, "/api/v1/ring/plan", body_of(wanted, {}), kPlanMs);
  if (!body) return tl::unexpected(body.error());
  const bool refused = (*body)["refused"].boolean();
  Json plan = (*body)["plan"];
  const Named named = with_names(plan["nodes"], session);
  plan.set("nodes", named.members);
  body->set("plan", plan);
  std::string text = plan_text(plan) + named.note;
  if (refused) text += refusal_text((*body)["plan"]);
  text += "Nothing was changed.\n";
  return answer_of(std::move(*body), std::move(text), refused ? kExitRefused : kExitDone);
}

Outcome<Answer> ring_commit(Session& session, RingArguments arguments) {
  if (arguments.dry_run) return ring_plan(session, arguments);
  auto planned = ring_plan(session, arguments);
  if (!planned) return tl::unexpected(planned.error());
  const Json& plan = planned->document["plan"];
  if (planned->exit_code != kExitDone)
    return tl::unexpected(Trouble{planned->exit_code, refusal_text(plan) + "Nothing was changed.\n"});
  if (arguments.add.empty() && arguments.remove.empty() && arguments.weight.empty()) {
    auto waiting = newcomers(session);
    if (!waiting) return tl::unexpected(waiting.error());
    arguments.add = std::move(*waiting);
  }
  const std::string removed = fmt::format("{}", fmt::join(arguments.remove, " "));
  if (!arguments.yes && !removed.empty()) {
    std::string question = plan_text(plan) + fmt::format("{} can never come back with the data it has now.", removed);
    if (!arguments.lose_shards.empty())
      question += fmt::format("\nReadings of shards {} that only it has ARE LOST.", arguments.lose_shards);
    if (const auto confirmed = confirm(question, removed, session.context()); !confirmed)
      return tl::unexpected(confirmed.error());
  }
  auto body = send_change(session, "/api/v1/ring/commit", body_of(arguments, plan["made_from"].string()), kBallotMs);
  if (!body) return tl::unexpected(body.error());
  std::string text = fmt::format(
      "Decided: ring {}. {} copies go to new owners. Watch: wattringctl shards moving --watch, or wait: wattringctl "
      "wait shards-settled\n",
      (*body)["plan"]["version"].integer(), grouped((*body)["plan"]["copies_moved"].integer()));
  return answer_of(std::move(*body), std::move(text));
}

Outcome<Answer> node_drain(Session& session, const DrainArguments& arguments) {
  const auto address = find_node(session, arguments.node);
  if (!address) return tl::unexpected(address.error());
  const auto look = look_at_shards(session);
  if (!look) return tl::unexpected(look.error());
  const DrainPlan plan = drain_plan(*look, *address);
  if (arguments.dry_run) {
    Json document;
    document.set("schema", "wattring.node-drain/1").set("node", address->name).set("draining", plan.drains);
    return answer_of(std::move(document), plan.text + "Nothing was changed.\n");
  }
  if (!arguments.yes)
    if (const auto confirmed = confirm(plan.text, arguments.node, session.context()); !confirmed)
      return tl::unexpected(confirmed.error());
  ApiRequest request;
  request.method = "POST";
  request.target = "/api/v1/node/drain";
  auto body = session.send_to(*address, std::move(request));
  if (!body) return tl::unexpected(body.error());
  return answer_of(
      std::move(*body),
      fmt::format("{} drains.{}\n"
                  "Undo: wattringctl node resume {}   A restart ends it too.\n",
                  arguments.node, plan.gives_up ? " Its homes go to others within seconds: wattringctl shards" : "",
                  arguments.node));
}

Outcome<Answer> node_resume(Session& session, const std::string& node) {
  const auto address = find_node(session, node);
  if (!address) return tl::unexpected(address.error());
  ApiRequest request;
  request.method = "POST";
  request.target = "/api/v1/node/resume";
  auto body = session.send_to(*address, std::move(request));
  if (!body) return tl::unexpected(body.error());
  return answer_of(
      std::move(*body),
      fmt::format("{} takes part again; it gets its homes back when it has been steady for a minute.\n", node));
}

}  // namespace wattring::ctl
