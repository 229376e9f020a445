// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kPollMs = 500;

struct State {
  bool reached = false;
  std::string missing;  ///< what is not yet as it should be
};

State look(Session& session, WaitArguments::For what) {
  const bool ready = what == WaitArguments::For::ready;
  for (const Session::Reply& reply : session.ask_all(ready ? "/readyz" : "/api/v1/status")) {
    if (reply.status == 0) return {false, fmt::format("{} does not answer: {}", reply.node.address, reply.reason)};
    if (ready && reply.status != 200) {
      return {false, fmt::format("{} is not ready: {}", reply.node.address, reply.body["reason"].string())};
    }
    const std::string& verdict = reply.body["verdict"].string();
    if (!ready && verdict != "healthy") {
      std::string codes;
      for (const Json& problem : reply.body["problems"].items()) codes += " " + problem["code"].string();
      return {false, fmt::format("{} is {}{}{}", reply.node.address, verdict.empty() ? "unknown" : verdict,
                                 codes.empty() ? "" : ":", codes)};
    }
  }
  return {true, {}};
}

}  // namespace

int wait_for(const WaitArguments& arguments, const Context& context, const Globals& globals) {
  Session session(context, globals);
  const char* const what = arguments.what == WaitArguments::For::ready ? "ready" : "healthy";
  const std::int64_t start_ns = context.clock.monotonic_ns();
  const auto waited_ms = [&] { return (context.clock.monotonic_ns() - start_ns) / 1'000'000; };
  while (true) {
    const State state = look(session, arguments.what);
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
  }
}

}  // namespace wattring::ctl
