// SPDX-License-Identifier: Apache-2.0
#include "node/actor/ping.hpp"

#include <stdexcept>

#include "node/actor/match.hpp"

namespace wattring::actor {
namespace {

class PingActor final : public TypedActor<PingActor, Ping> {
 public:
  void on(Context& context, const Ping& ping) { context.reply(Pong{ping.number}); }
};

class SystemActors final : public TypedActor<SystemActors, Ping> {
 public:
  void started(Context& context) override {
    const Result<ActorRef> ping = context.spawn(Props::make<PingActor>(), "ping");
    if (!ping) throw std::runtime_error(ping.error().text());
  }
  void on(Context& context, const Ping& ping) { context.reply(Pong{ping.number}); }
};

}  // namespace

void add_system_codecs(MessageCodecs& codecs) {
  codecs.add<Ping>().add<Pong>();
}

Result<ActorRef> spawn_system_actors(System& system) {
  return system.spawn(Props::make<SystemActors>(), "system");
}

}  // namespace wattring::actor
