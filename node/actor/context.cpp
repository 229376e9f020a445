// SPDX-License-Identifier: Apache-2.0
#include "node/actor/context.hpp"

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"
#include "node/actor/detail/temporaries.hpp"

namespace wattring::actor {
ActorRef Context::self() const {
  return ActorRef(&cell_);
}
ActorRef Context::parent() const {
  return ActorRef(cell_.parent_);
}

const ActorRef& Context::sender() const {
  static const ActorRef kNobody;
  return cell_.current_ == nullptr ? kNobody : cell_.current_->sender;
}

System& Context::system() const {
  return cell_.core_.system;
}

Delivery Context::tell(const ActorRef& to, Message message) {
  return to.tell(std::move(message), self());
}
Delivery Context::reply(Message message) {
  return sender().tell(std::move(message), self());
}

Delivery Context::forward(const ActorRef& to) {
  if (cell_.current_ == nullptr) return Delivery::dead;
  return to.tell(cell_.current_->message, cell_.current_->sender);
}

void Context::unhandled() {
  if (cell_.current_ == nullptr) return;
  Message message = cell_.current_->message;
  cell_.core_.dead_letter(std::move(message), sender(), cell_.address(), DeadLetter::Reason::unhandled);
}

bool Context::ask(const ActorRef& to, Message question, std::int64_t timeout_ms,
                  std::function<void(Context&, AskResult)> answered) {
  detail::Extras& extras = cell_.extras();
  if (extras.asks.size() >= kAsksMax) return false;
  const std::uint64_t number = cell_.core_.draw_number();
  extras.asks.emplace(number, std::move(answered));
  auto* asked = new detail::Question(cell_.core_, [asker = self(), number](AskResult outcome) {
    asker.recipient()->cell()->push_control(detail::Kind::answer, detail::Answered{number, std::move(outcome)});
  });
  const ActorRef keep(asked);
  asked->send(to, std::move(question), timeout_ms);
  return true;
}

Result<ActorRef> Context::spawn(const Props& props, std::string_view name) {
  return cell_.spawn(props, name);
}
ActorRef Context::child(std::string_view name) const {
  return cell_.find_child(name);
}

std::vector<ActorRef> Context::children() const {
  const detail::Children* known = cell_.children();
  return known == nullptr ? std::vector<ActorRef>() : known->list();
}

void Context::stop(const ActorRef& actor) {
  if (actor) actor.recipient()->stop(false);
}
void Context::stop_now(const ActorRef& actor) {
  if (actor) actor.recipient()->stop(true);
}
void Context::stop() {
  cell_.stop(false);
}
void Context::stop_now() {
  cell_.stop(true);
}

void Context::watch(const ActorRef& actor) {
  if (!actor || actor == self()) return;
  ActorRef watched = actor.recipient()->resolve();
  if (!watched) watched = actor;
  if (cell_.extras().watching.add(watched)) watched.recipient()->watched_by(self());
}

void Context::unwatch(const ActorRef& actor) {
  if (!actor) return;
  ActorRef watched = actor.recipient()->resolve();
  if (!watched) watched = actor;
  if (cell_.extras().watching.remove(watched)) watched.recipient()->unwatched_by(self());
}

bool Context::become(Behaviour behaviour) {
  auto& behaviours = cell_.extras().behaviours;
  if (behaviours.size() >= kBehavioursMax) return false;
  behaviours.push_back(std::make_shared<const Behaviour>(std::move(behaviour)));
  cell_.has_behaviour_ = true;
  return true;
}

void Context::unbecome() {
  if (!cell_.has_behaviour_) return;
  auto& behaviours = cell_.extras().behaviours;
  behaviours.pop_back();
  cell_.has_behaviour_ = !behaviours.empty();
}

bool Context::stash() {
  if (cell_.current_ == nullptr || cell_.current_->kind != detail::Kind::user) return false;
  if (cell_.extras().stashed >= cell_.props_->stash_max) return false;
  cell_.stash_current_ = true;
  return true;
}

void Context::unstash_all() {
  if (cell_.extras_ == nullptr) return;
  cell_.extras_->stashed = 0;
  cell_.mailbox_.put_back(std::move(cell_.extras_->stash));
}

void Context::start_timer(std::string_view key, Message message, std::int64_t delay_ms) {
  start_repeating(key, std::move(message), delay_ms, 0);
}

void Context::start_repeating(std::string_view key, Message message, std::int64_t first_ms, std::int64_t period_ms) {
  cancel_timer(key);
  detail::ActorTimer timer{cell_.core_.draw_number(), std::move(message), period_ms, {}};
  const auto [entry, added] = cell_.extras().timers.emplace(std::string(key), std::move(timer));
  cell_.queue_timer(entry->first, entry->second, cell_.core_.due_ns(first_ms));
}

void Context::cancel_timer(std::string_view key) {
  if (cell_.extras_ == nullptr) return;
  const auto found = cell_.extras_->timers.find(key);
  if (found == cell_.extras_->timers.end()) return;
  cell_.core_.timers.cancel(found->second.queued);
  cell_.extras_->timers.erase(found);
}

void Context::set_receive_timeout(std::int64_t timeout_ms) {
  detail::Extras& extras = cell_.extras();
  cell_.core_.timers.cancel(extras.idle_timer);
  extras.receive_timeout_ms = timeout_ms;
  extras.idle_timer_number = timeout_ms > 0 ? cell_.core_.draw_number() : 0;
  extras.last_message_ns = cell_.core_.now_ns();
  if (timeout_ms > 0) cell_.queue_idle_timer(detail::later_ns(extras.last_message_ns, timeout_ms));
}

void Context::hold_start() {
  cell_.hold_start_ = true;
}
void Context::start_finished() {
  cell_.release_budget();
}

std::int64_t Context::now_ns() const {
  return cell_.core_.now_ns();
}
std::int64_t Context::wall_ms() const {
  return cell_.core_.options.clock->wall_ms();
}
Prng& Context::random() {
  return cell_.extras().random;
}

std::uint32_t Context::failures_of_message() const {
  return cell_.current_ == nullptr ? 0 : cell_.current_->failures;
}

}  // namespace wattring::actor
