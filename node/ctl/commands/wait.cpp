// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "node/ctl/cluster_look.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/shard_look.hpp"
#include "node/ctl/views.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kPollMs = 500;
constexpr std::int64_t kAnswerMsMin = 200;  // a node gets so long, however little time is left

struct State {
  bool reached = false;
  std::string missing;  ///< what is not yet as it should be
};

State ready(Session& session) {
  for (const Session::Reply& reply : session.ask_all("/readyz")) {
    if (reply.status == 0) return {false, fmt::format("{} does not answer: {}", reply.node.address, reply.reason)};
    if (reply.status != 200)
      return {false, fmt::format("{} is not ready: {}", reply.node.address, reply.body["reason"].string())};
  }
  return {true, {}};
}

State healthy(Session& session) {
  const auto look = look_at_cluster(session, false);
  if (!look) return {false, look.error().text.substr(0, look.error().text.find("\nNothing is known"))};
  for (const Session::Reply& reply : look->replies) {
    if (reply.status != 200) return {false, fmt::format("{} does not answer: {}", reply.node.label(), reply.trouble())};
    const std::string& verdict = reply.body["verdict"].string();
    if (verdict == "healthy") continue;
    std::string codes;
    for (const Json& problem : reply.body["problems"].items()) codes += " " + problem["code"].string();
    return {false, fmt::format("{} is {}{}{}", reply.node.label(), verdict.empty() ? "unknown" : verdict,
                               codes.empty() ? "" : ":", codes)};
  }
  if (!look->agree) return {false, "the nodes' views differ"};
  return {true, {}};
}

/// What every node that is up says of the members. How many there are up, and who does not answer.
struct Members {
  Views views;
  std::string silent;
};

Members members_now(Session& session) {
  Members out{put_together(all_views(session, find_nodes(session))), {}};
  for (const View& view : out.views.views)
    if (!view.answered && out.silent.empty())
      out.silent = fmt::format("{} does not answer: {}", view.node.label(), view.trouble);
  return out;
}

State node_up(Session& session, const std::string& name) {
  const Members now = members_now(session);
  if (now.views.answered == 0) return {false, now.silent};
  const auto member = std::ranges::find_if(
      now.views.members, [&](const Json& one) { return one["node"].string() == name || one["id"].string() == name; });
  if (member == now.views.members.end()) return {false, fmt::format("nobody knows a member {}", name)};
  for (const View& view : now.views.views) {
    if (!view.answered) continue;
    const auto state = view.states.find(identity_of(*member));
    const std::string word = state == view.states.end() ? "does not know it" : "sees it " + state->second;
    if (word != "sees it up") return {false, fmt::format("{} {}", view.node.label(), word)};
  }
  return {true, {}};
}

State member_count(Session& session, std::size_t wanted) {
  const Members now = members_now(session);
  if (now.views.answered == 0) return {false, now.silent};
  for (const View& view : now.views.views) {
    if (!view.answered) continue;
    const auto up = static_cast<std::size_t>(
        std::ranges::count_if(view.states, [](const auto& state) { return state.second == "up"; }));
    if (up != wanted) return {false, fmt::format("{} sees {} up", view.node.label(), up)};
  }
  if (now.views.answered < wanted) return {false, now.silent.empty() ? "not all have an HTTP address" : now.silent};
  return {true, {}};
}

State shards_settled(Session& session) {
  const Members now = members_now(session);
  if (now.views.answered == 0) return {false, now.silent};
  const auto found = look_at_shards(session);
  if (!found) return {false, found.error().text.substr(0, found.error().text.find('\n'))};
  const std::string missing = unsettled(*found, now.views.members);
  return {missing.empty(), missing};
}

State look(Session& session, const WaitArguments& arguments) {
  session.look_anew();
  switch (arguments.what) {
    case WaitArguments::For::ready:
      return ready(session);
    case WaitArguments::For::healthy:
      return healthy(session);
    case WaitArguments::For::node_up:
      return node_up(session, arguments.node);
    case WaitArguments::For::members:
      return member_count(session, static_cast<std::size_t>(arguments.members));
    case WaitArguments::For::shards_settled:
      return shards_settled(session);
  }
  return {};
}

std::string name_of(const WaitArguments& arguments) {
  switch (arguments.what) {
    case WaitArguments::For::ready:
      return "ready";
    case WaitArguments::For::healthy:
      return "healthy";
    case WaitArguments::For::node_up:
      return fmt::format("{} up", arguments.node);
    case WaitArguments::For::members:
      return fmt::format("{} up", plural(static_cast<std::size_t>(arguments.members), "member"));
    case WaitArguments::For::shards_settled:
      return "settled";
  }
  return {};
}

}  // namespace

int wait_for(const WaitArguments& arguments, const Context& context, const Globals& asked) {
  Globals globals = asked;
  globals.timeout_ms = std::min(asked.timeout_ms, std::max(kAnswerMsMin, arguments.timeout_ms));
  Session session(context, globals);
  const std::string what = name_of(arguments);
  const std::int64_t start_ns = context.clock.monotonic_ns();
  const auto waited_ms = [&] { return (context.clock.monotonic_ns() - start_ns) / 1'000'000; };
  while (true) {
    const State state = look(session, arguments);
    if (state.reached) {
      Answer answer;
      answer.text = fmt::format("{} after {:.1f} s\n", what, static_cast<double>(waited_ms()) / 1000);
      answer.document.set("schema", "wattring.wait/1")
          .set("reached", what)
          .set("waited_s", static_cast<double>(waited_ms()) / 1000);
      answer.csv = flattened(answer.document);
      context.out << render(answer, globals.format);
      return kExitDone;
    }
    const std::int64_t left_ms = arguments.timeout_ms - waited_ms();
    if (left_ms <= 0) {
      context.err << fmt::format("Not {} after {}: {}\n", what, format_duration_ms(arguments.timeout_ms),
                                 state.missing);
      return kExitTimeIsUp;
    }
    context.sleep(std::min(kPollMs, left_ms));
    globals.timeout_ms = std::min(asked.timeout_ms, std::max(kAnswerMsMin, left_ms));
  }
}

}  // namespace wattring::ctl
