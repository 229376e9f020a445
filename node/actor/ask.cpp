// SPDX-License-Identifier: Apache-2.0
#include "node/actor/ask.hpp"

#include <memory>

#include "node/actor/detail/core.hpp"

namespace wattring::actor {

void ask(System& system, const ActorRef& to, Message question, std::int64_t timeout_ms,
         std::function<void(AskResult)> answered) {
  auto* asked = new detail::Question(system.core(), std::move(answered));
  const ActorRef keep(asked);
  asked->send(to, std::move(question), timeout_ms);
}

std::future<AskResult> ask(System& system, const ActorRef& to, Message question, std::int64_t timeout_ms) {
  const auto promise = std::make_shared<std::promise<AskResult>>();
  std::future<AskResult> outcome = promise->get_future();
  ask(system, to, std::move(question), timeout_ms,
      [promise](AskResult result) { promise->set_value(std::move(result)); });
  return outcome;
}

}  // namespace wattring::actor
