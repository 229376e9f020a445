// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "base/time.hpp"
#include "node/app/commands/commands.hpp"
#include "node/app/commands/running_node.hpp"

namespace wattring::app {

int leave_node(const LeaveArguments& arguments, const Context& context) {
  const auto timeout_ms = parse_duration_ms(arguments.timeout);
  if (!timeout_ms) return report(context, timeout_ms.error(), kExitUsage);
  const auto node = RunningNode::find(arguments.data_dir);
  if (!node) {
    const bool nobody = node.error().code == ErrorCode::not_found;
    return report(context, node.error(), nobody ? kExitNobody : exit_code_of(node.error().code));
  }
  if (const auto asked = node->ask_to_stop(); !asked) return report(context, asked.error(), kExitIo);
  if (!node->wait_for_end(*timeout_ms)) {
    return report(
        context,
        Error{ErrorCode::busy, fmt::format("process {} has not ended within {}", node->pid(), arguments.timeout),
              "it goes on stopping; its log says what it waits for"},
        kExitTimeout);
  }
  context.out << fmt::format("The node on {} has stopped.\n", arguments.data_dir);
  return kExitDone;
}

}  // namespace wattring::app
