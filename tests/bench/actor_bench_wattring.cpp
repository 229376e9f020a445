// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <future>
#include <memory>

#include "node/actor/match.hpp"
#include "node/actor/system.hpp"
#include "tests/bench/actor_bench.hpp"

namespace actor_bench {
namespace {

using namespace wattring::actor;  // NOLINT(google-build-using-namespace): a program's own file

using Done = std::shared_ptr<std::promise<void>>;

struct Go {};
struct Ready {};
struct Ball {
  std::uint32_t left;
};
struct Number {
  std::uint64_t value;
};

template <class Begin>
double measure(const Load& load, Begin begin) {
  SystemOptions options;
  options.scheduler = make_thread_scheduler({.workers = load.threads});
  System system(std::move(options));
  system.start();
  const auto done = std::make_shared<std::promise<void>>();
  const auto kick = begin(system, done);
  const auto start = std::chrono::steady_clock::now();
  kick();
  done->get_future().wait();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  system.stop();
  return seconds;
}

class Child final : public TypedActor<Child, Go> {
 public:
  void on(Context& context, const Go&) {
    context.reply(Ready{});
    context.stop();
  }
};

class Parent final : public TypedActor<Parent, Go, Ready> {
 public:
  Parent(Load load, Done done) : load_(load), done_(std::move(done)) {}
  void on(Context& context, const Go&) {
    for (std::uint32_t i = 0; i < load_.wave && born_ < load_.spawned; ++i) {
      ++born_;
      ++open_;
      context.tell(*context.spawn(child_), Go{});
    }
  }
  void on(Context& context, const Ready&) {
    if (--open_ > 0) return;
    if (born_ < load_.spawned) return on(context, Go{});
    done_->set_value();
  }

 private:
  const Load load_;
  const Done done_;
  const Props child_ = Props::make<Child>();
  std::uint32_t born_ = 0;
  std::uint32_t open_ = 0;
};

class Pong final : public TypedActor<Pong, Ball> {
 public:
  void on(Context& context, const Ball& ball) { context.reply(ball); }
};

class Ping final : public TypedActor<Ping, Ball> {
 public:
  Ping(ActorRef other, std::shared_ptr<std::atomic<std::uint32_t>> open, Done done)
      : other_(std::move(other)), open_(std::move(open)), done_(std::move(done)) {}
  void on(Context& context, const Ball& ball) {
    if (ball.left > 0) {
      context.tell(other_, Ball{ball.left - 1});
    } else if (--*open_ == 0) {
      done_->set_value();
    }
  }

 private:
  const ActorRef other_;
  const std::shared_ptr<std::atomic<std::uint32_t>> open_;
  const Done done_;
};

class Sink final : public TypedActor<Sink, Number> {
 public:
  Sink(std::uint64_t expected, Done done) : left_(expected), done_(std::move(done)) {}
  void on(Context&, const Number&) {
    if (--left_ == 0) done_->set_value();
  }

 private:
  std::uint64_t left_;
  const Done done_;
};

class Sender final : public TypedActor<Sender, Go> {
 public:
  Sender(ActorRef to, Load load) : to_(std::move(to)), load_(load) {}
  void on(Context& context, const Go&) {
    for (std::uint32_t i = 0; i < load_.burst && sent_ < load_.messages; ++i) context.tell(to_, Number{++sent_});
    if (sent_ < load_.messages) context.tell(context.self(), Go{});
  }

 private:
  const ActorRef to_;
  const Load load_;
  std::uint32_t sent_ = 0;
};

}  // namespace

double spawn_wattring(const Load& load) {
  return measure(load, [&](System& system, const Done& done) {
    return [top = *system.spawn(Props::make<Parent>(load, done))] { top.tell(Go{}); };
  });
}

double ping_pong_wattring(const Load& load) {
  return measure(load, [&](System& system, const Done& done) {
    const auto open = std::make_shared<std::atomic<std::uint32_t>>(load.pairs);
    std::vector<ActorRef> pings;
    for (std::uint32_t i = 0; i < load.pairs; ++i) {
      pings.push_back(*system.spawn(Props::make<Ping>(*system.spawn(Props::make<Pong>()), open, done)));
    }
    return [pings, load] {
      for (const ActorRef& one : pings) one.tell(Ball{load.round_trips});
    };
  });
}

double fan_in_wattring(const Load& load) {
  return measure(load, [&](System& system, const Done& done) {
    const std::uint64_t expected = std::uint64_t{load.senders} * load.messages;
    const Props sink =
        Props::make<Sink>(expected, done).with_mailbox({MailboxLimits::kMessagesMax, MailboxLimits::kBytesMax});
    const ActorRef to = *system.spawn(sink);
    std::vector<ActorRef> senders;
    for (std::uint32_t i = 0; i < load.senders; ++i) senders.push_back(*system.spawn(Props::make<Sender>(to, load)));
    return [senders] {
      for (const ActorRef& one : senders) one.tell(Go{});
    };
  });
}

}  // namespace actor_bench
