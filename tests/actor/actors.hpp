// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "node/actor/match.hpp"
#include "node/actor/props.hpp"
#include "node/actor/system.hpp"

/// Messages and actors that many tests use.

namespace wattring::actor {

struct Text {
  std::string value;
  [[nodiscard]] std::size_t message_bytes() const { return value.size(); }
};
struct Fail {
  std::string why;
};
struct Count {
  int value = 0;
};
struct GetCount {};

/// What happened, in order; tests compare it as a whole.
using Journal = std::shared_ptr<std::vector<std::string>>;
inline Journal make_journal() {
  return std::make_shared<std::vector<std::string>>();
}

/// An actor out of functions.
class Scripted final : public Actor {
 public:
  using OnMessage = std::function<void(Context&, const Message&)>;
  using OnStart = std::function<void(Context&)>;
  explicit Scripted(OnMessage on_message, OnStart on_start = {})
      : on_message_(std::move(on_message)), on_start_(std::move(on_start)) {}

  void receive(Context& context, const Message& message) override { on_message_(context, message); }
  void started(Context& context) override {
    if (on_start_) on_start_(context);
  }

 private:
  OnMessage on_message_;
  OnStart on_start_;
};

inline Props scripted(Scripted::OnMessage on_message, Scripted::OnStart on_start = {}) {
  return Props::make<Scripted>(std::move(on_message), std::move(on_start));
}

/// Writes its life into a journal; throws on Fail, counts Text, answers GetCount.
class Recorder final : public Actor {
 public:
  explicit Recorder(Journal journal) : journal_(std::move(journal)) {}

  void started(Context& context) override { note(context, "started"); }
  void restarting(Context& context, const Failure& failure) override { note(context, "restarting: " + failure.what); }
  void stopped(Context& context) override { note(context, "stopped"); }
  void receive(Context& context, const Message& message) override {
    match(message)
        .on<Text>([&](const Text& text) {
          ++count_;
          note(context, text.value);
        })
        .on<Fail>([&](const Fail& fail) { throw std::runtime_error(fail.why); })
        .on<GetCount>([&] { context.reply(Count{count_}); })
        .otherwise([&] { context.unhandled(); });
  }

 private:
  void note(Context& context, const std::string& what) { journal_->push_back(name(context) + " " + what); }
  static std::string name(Context& context) {
    const std::string path = context.self().path();
    return path.substr(path.rfind('/') + 1);
  }
  Journal journal_;
  int count_ = 0;
};

inline Props recorder(const Journal& journal) {
  return Props::make<Recorder>(journal).with_poison_after(1);
}

/// A parent whose children are the named recorders, under the strategy.
inline Props family(const Journal& journal, Strategy strategy, std::vector<std::string> names,
                    std::uint32_t poison_after = 1) {
  const Props child = recorder(journal).with_poison_after(poison_after);
  return scripted([](Context& context, const Message&) { context.unhandled(); },
                  [child, names = std::move(names)](Context& context) {
                    for (const std::string& name : names) (void)context.spawn(child, name);
                  })
      .with_strategy(std::move(strategy));
}

inline Strategy restart_at_once() {
  Strategy strategy;
  strategy.backoff = Backoff::none();
  return strategy;
}

inline Strategy always(Directive directive, Scope scope = Scope::one_for_one) {
  Strategy strategy = restart_at_once();
  strategy.scope = scope;
  strategy.choose = [directive](const Failure&) { return directive; };
  return strategy;
}

}  // namespace wattring::actor
