// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/temporaries.hpp"

#include <charconv>

#include "node/actor/detail/core.hpp"

namespace wattring::actor::detail {
namespace {

wattring::Failure refusal(Delivery sent, const ActorAddress& to) {
  if (sent == Delivery::full) {
    return fail(ErrorCode::busy, "the mailbox of " + to.text() + " is full", "ask again later");
  }
  const std::string why = sent == Delivery::dead ? "there is no actor at " : "no way leads to ";
  return fail(ErrorCode::not_found, why + to.text());
}

}  // namespace

void Temporaries::add(std::uint64_t number, Recipient& recipient) {
  const std::lock_guard lock(mutex_);
  listed_.emplace(number, &recipient);
}

void Temporaries::remove(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  listed_.erase(number);
}

ActorRef Temporaries::find(std::string_view number) const {
  std::uint64_t wanted = 0;
  std::from_chars(number.data(), number.data() + number.size(), wanted);
  const std::lock_guard lock(mutex_);
  const auto found = listed_.find(wanted);
  // Its last handle may be going right now; then its destructor waits for our lock.
  if (found == listed_.end() || !found->second->try_retain()) return {};
  ActorRef ref(found->second);
  found->second->release();
  return ref;
}

Temporary::Temporary(Core& core) : core_(core), number_(core.draw_number()) {}

Temporary::~Temporary() {
  if (listed_.load()) core_.temporaries.remove(shown());
}

ActorAddress Temporary::address() const {
  if (!listed_.exchange(true)) core_.temporaries.add(shown(), const_cast<Temporary&>(*this));
  return {core_.options.node, "/temp/" + std::to_string(shown())};
}

std::uint64_t Temporary::shown() const {
  return number_ ^ core_.options.seed;
}

void Question::send(const ActorRef& to, Message&& question, std::int64_t timeout_ms) {
  const ActorRef self(this);
  timer_ =
      core_.timers.add(core_.due_ns(timeout_ms), [this, self, to, timeout_ms] { time_out(to.address(), timeout_ms); });
  const Delivery sent = to.tell(std::move(question), self);
  if (sent == Delivery::accepted || !claim()) return;
  core_.timers.cancel(timer_);
  complete(refusal(sent, to.address()));
}

Delivery Question::deliver(Message&& message, const ActorRef& sender) {
  if (!claim()) {
    core_.dead_letter(std::move(message), sender, {core_.options.node, "/temp"}, DeadLetter::Reason::late_answer);
    return Delivery::dead;
  }
  core_.timers.cancel(timer_);
  complete(std::move(message));
  return Delivery::accepted;
}

void Question::on_refused(const ActorAddress& by, Delivery why) {
  if (!claim()) return;
  core_.timers.cancel(timer_);
  complete(refusal(why, by));
}

void Question::time_out(const ActorAddress& to, std::int64_t timeout_ms) {
  if (!claim()) return;
  core_.asks_timed_out.add();
  complete(fail(ErrorCode::unknown_outcome,
                "no answer from " + to.text() + " within " + std::to_string(timeout_ms) + " ms"));
}

void Question::complete(AskResult outcome) {
  const Answered answered = std::exchange(answered_, nullptr);
  answered(std::move(outcome));
}

Delivery Watcher::deliver(Message&& message, const ActorRef& sender) {
  core_.dead_letter(std::move(message), sender, address(), DeadLetter::Reason::unhandled);
  return Delivery::dead;
}

void Watcher::on_terminated(const Terminated& terminated) {
  if (!told_.exchange(true)) std::exchange(ended_, nullptr)(terminated);
}

}  // namespace wattring::actor::detail
