// SPDX-License-Identifier: Apache-2.0
#include "node/actor/system.hpp"

#include "base/check.hpp"
#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"
#include "node/actor/detail/elsewhere.hpp"
#include "node/actor/detail/temporaries.hpp"

namespace wattring::actor {
namespace {

/// The parent of all: it only supervises.
class Root final : public Actor {
 public:
  void receive(Context& context, const Message&) override { context.unhandled(); }
};

}  // namespace

System::System(SystemOptions options) : core_(std::make_unique<detail::Core>(*this, std::move(options))) {
  const Props props = Props::make<Root>().with_strategy(core_->options.root_strategy);
  core_->root = ActorRef(new detail::Cell(*core_, nullptr, props, ""));
}

System::~System() {
  WATTRING_CHECK(core_->life != detail::Core::Life::running);
  // A system that never ran has its root queued nowhere.
  core_->root.recipient()->cell()->abandon();
  core_->timers.clear();
  core_->remote_watches.clear();
  core_->remote_watchers.clear();
}

void System::start() {
  WATTRING_CHECK(core_->life == detail::Core::Life::made);
  core_->life = detail::Core::Life::running;
  core_->options.scheduler->start(*core_->options.clock, core_->timers);
  core_->options.scheduler->ready(*core_->root.recipient()->cell());
}

bool System::stop(std::int64_t timeout_ms) {
  if (core_->life != detail::Core::Life::running) return true;
  core_->root.recipient()->stop(false);
  const bool inline_run = core_->options.scheduler->run_inline();
  const bool ended = core_->wait_for_root(inline_run ? 0 : timeout_ms);
  core_->options.scheduler->stop();
  core_->life = detail::Core::Life::stopped;
  core_->root.recipient()->cell()->abandon();
  core_->timers.clear();
  return ended;
}

Result<ActorRef> System::spawn(const Props& props, std::string_view name) {
  return core_->root.recipient()->cell()->spawn(props, name);
}

ActorRef System::ref(ActorAddress address) {
  if (address.node != core_->options.node) return core_->remote(std::move(address));
  return ActorRef(new detail::PathRecipient(*core_, std::move(address.path)));
}

ActorRef System::find(std::string_view path) const {
  return core_->find(path);
}

void System::stop(const ActorRef& actor) {
  if (actor) actor.recipient()->stop(false);
}
void System::stop_now(const ActorRef& actor) {
  if (actor) actor.recipient()->stop(true);
}

void System::when_terminated(const ActorRef& actor, std::function<void(const Terminated&)> ended) {
  const ActorRef watcher(new detail::Watcher(*core_, std::move(ended)));
  ActorRef watched = actor ? actor.recipient()->resolve() : ActorRef();
  if (watched) {
    watched.recipient()->watched_by(watcher);
  } else {
    watcher.recipient()->on_terminated({actor});
  }
}

TimerId System::after(std::int64_t delay_ms, std::function<void()> action) {
  return core_->timers.add(core_->due_ns(delay_ms), std::move(action));
}
bool System::cancel(TimerId timer) {
  return core_->timers.cancel(timer);
}

void System::receive_remote(RemoteEnvelope envelope) {
  const ActorRef from = envelope.from.path.empty() ? ActorRef() : ref(envelope.from);
  const ActorRef to = core_->find(envelope.to.path);
  switch (envelope.kind) {
    case RemoteEnvelope::Kind::message:
      return core_->deliver(std::move(envelope), from, to);
    case RemoteEnvelope::Kind::watch:
      if (!to) {
        core_->send({RemoteEnvelope::Kind::terminated, std::move(envelope.to), std::move(envelope.from)});
        return;
      }
      // Before the actor knows of it: it may be at its end.
      core_->remote_watchers.add(envelope.from, to);
      return to.recipient()->watched_by(from);
    case RemoteEnvelope::Kind::unwatch:
      if (!to) return;
      core_->remote_watchers.remove(envelope.from, to);
      return to.recipient()->unwatched_by(from);
    case RemoteEnvelope::Kind::terminated:
      // Only what was watched and not told of yet.
      if (to && core_->remote_watches.remove(envelope.from.node, to, envelope.from))
        to.recipient()->on_terminated({from});
      return;
    case RemoteEnvelope::Kind::refused:
      core_->refused_elsewhere.add();
      if (to) to.recipient()->on_refused(envelope.from, envelope.refusal);
      return;
    case RemoteEnvelope::Kind::watch_known:
      return;
  }
}

void System::node_down(const NodeId& node) {
  for (const auto& [watcher, watched] : core_->remote_watches.take_node(node)) {
    watcher.recipient()->on_terminated({watched, Terminated::Reason::node_down});
  }
  for (const auto& [watcher, watched] : core_->remote_watchers.take_node(node)) {
    watched.recipient()->unwatched_by(core_->remote(watcher));
  }
}

EventStream& System::events() {
  return core_->events;
}
const Clock& System::clock() const {
  return *core_->options.clock;
}
const NodeId& System::node() const {
  return core_->options.node;
}

SystemStats System::stats() const {
  const detail::Core& core = *core_;
  return {core.actors.load(),
          core.dead_letters.value(),
          core.refused_full.value(),
          core.refused_no_route.value(),
          core.failures.value(),
          core.restarts.value(),
          core.quarantined.value(),
          core.asks_timed_out.value(),
          core.refused_elsewhere.value()};
}

}  // namespace wattring::actor
