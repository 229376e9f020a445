// SPDX-License-Identifier: Apache-2.0
#include <caf/all.hpp>
#include <chrono>
#include <future>
#include <memory>

#include "tests/bench/actor_bench.hpp"

namespace actor_bench {
namespace {

using Done = std::shared_ptr<std::promise<void>>;

/// Runs `begin` in a fresh system and measures until `done` is set.
template <class Begin>
double measure(const Load& load, Begin begin) {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", static_cast<std::size_t>(load.threads));
  caf::actor_system system(config);
  const auto done = std::make_shared<std::promise<void>>();
  const auto kick = begin(system, done);
  const auto start = std::chrono::steady_clock::now();
  kick();
  done->get_future().wait();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

caf::behavior child(caf::event_based_actor* self) {
  return {[self](int) {
    self->send(caf::actor_cast<caf::actor>(self->current_sender()), 1U);
    self->quit();
  }};
}

struct ParentState {
  std::uint32_t born = 0;
  std::uint32_t open = 0;
};

caf::behavior parent(caf::stateful_actor<ParentState>* self, Load load, Done done) {
  const auto next_wave = [self, load] {
    for (std::uint32_t i = 0; i < load.wave && self->state.born < load.spawned; ++i) {
      ++self->state.born;
      ++self->state.open;
      self->send(self->spawn(child), 1);
    }
  };
  return {[=](int) { next_wave(); },
          [=](std::uint32_t) {
            if (--self->state.open > 0) return;
            if (self->state.born < load.spawned) return next_wave();
            done->set_value();
            self->quit();
          }};
}

caf::behavior pong(caf::event_based_actor* self) {
  return {[](std::uint32_t left) { return left; }, [self](caf::unit_t) { self->quit(); }};
}

struct Open {
  std::atomic<std::uint32_t> pairs;
};

caf::behavior ping(caf::event_based_actor* self, caf::actor other, std::shared_ptr<Open> open, Done done) {
  return {[=](std::uint32_t left) {
    if (left > 0) {
      self->send(other, left - 1);
      return;
    }
    self->send_exit(other, caf::exit_reason::user_shutdown);
    if (--open->pairs == 0) done->set_value();
    self->quit();
  }};
}

struct SumState {
  std::uint64_t received = 0;
};

caf::behavior sink(caf::stateful_actor<SumState>* self, std::uint64_t expected, Done done) {
  return {[=](std::uint64_t) {
    if (++self->state.received < expected) return;
    done->set_value();
    self->quit();
  }};
}

struct SenderState {
  std::uint32_t sent = 0;
};

caf::behavior sender(caf::stateful_actor<SenderState>* self, caf::actor to, Load load) {
  return {[=](int) {
    for (std::uint32_t i = 0; i < load.burst && self->state.sent < load.messages; ++i) {
      self->send(to, static_cast<std::uint64_t>(++self->state.sent));
    }
    if (self->state.sent == load.messages) return self->quit();
    self->send(self, 1);
  }};
}

}  // namespace

double spawn_caf(const Load& load) {
  return measure(load, [&](caf::actor_system& system, const Done& done) {
    return [top = system.spawn(parent, load, done)] { caf::anon_send(top, 1); };
  });
}

double ping_pong_caf(const Load& load) {
  return measure(load, [&](caf::actor_system& system, const Done& done) {
    const auto open = std::make_shared<Open>();
    open->pairs = load.pairs;
    std::vector<caf::actor> pings;
    for (std::uint32_t i = 0; i < load.pairs; ++i) pings.push_back(system.spawn(ping, system.spawn(pong), open, done));
    return [pings, load] {
      for (const caf::actor& one : pings) caf::anon_send(one, load.round_trips);
    };
  });
}

double fan_in_caf(const Load& load) {
  return measure(load, [&](caf::actor_system& system, const Done& done) {
    const caf::actor to = system.spawn(sink, std::uint64_t{load.senders} * load.messages, done);
    std::vector<caf::actor> senders;
    for (std::uint32_t i = 0; i < load.senders; ++i) senders.push_back(system.spawn(sender, to, load));
    return [senders] {
      for (const caf::actor& one : senders) caf::anon_send(one, 1);
    };
  });
}

}  // namespace actor_bench
