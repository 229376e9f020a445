// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <future>

#include "base/result.hpp"
#include "node/actor/actor_ref.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

class System;

/// The one outcome of a question: the first answer, or
///   unknown_outcome   no answer within the time; it may or may not have been processed. Nothing is sent again
///   busy              the mailbox was full; nothing was processed
///   not_found         nobody is there, or no way leads there
/// Later answers become dead letters.
using AskResult = Result<Message>;

/// Calls `answered` once, on whichever thread brings the outcome; it must not block. Any thread.
void ask(System& system, const ActorRef& to, Message question, std::int64_t timeout_ms,
         std::function<void(AskResult)> answered);

/// For threads that are no actors: an actor that waits for a future holds its worker. Any thread.
[[nodiscard]] std::future<AskResult> ask(System& system, const ActorRef& to, Message question, std::int64_t timeout_ms);

/// The payload when the outcome is an answer of type T; invalid_argument, naming both types, when it is another one.
template <class T>
[[nodiscard]] Result<T> answer_as(const AskResult& outcome) {
  if (!outcome) return wattring::Failure(outcome.error());
  if (const T* payload = outcome->template get_if<T>()) return *payload;
  return fail(ErrorCode::invalid_argument, "the answer is a " + std::string(outcome->type_name()) + ", not a " +
                                               std::string(detail::type_name<T>()));
}

}  // namespace wattring::actor
