// SPDX-License-Identifier: Apache-2.0
// An actor that asks another one, goes on when no answer comes, and takes messages one at a time meanwhile.
#include "node/actor/examples/examples.hpp"
#include "node/actor/match.hpp"
#include "node/actor/testkit/test_kit.hpp"

namespace wattring::actor::examples {
namespace {

struct Save {
  int value;
};
struct Saved {};

class Saver final : public TypedActor<Saver, Save> {
 public:
  Saver(ActorRef store, std::vector<std::string>& outcomes) : store_(std::move(store)), outcomes_(&outcomes) {}

  void on(Context& context, const Save& save) {
    context.become([](Context& busy, const Message&) {
      if (!busy.stash()) busy.reply(std::string("busy"));
    });
    context.ask(store_, save, 500, [this](Context& later, const AskResult& outcome) {
      outcomes_->push_back(outcome ? "saved" : "no answer");
      later.unbecome();
      later.unstash_all();
    });
  }

 private:
  ActorRef store_;
  std::vector<std::string>* outcomes_;
};

/// Answers every second time.
class Store final : public TypedActor<Store, Save> {
 public:
  void on(Context& context, const Save&) {
    if (++asked_ % 2 == 0) context.reply(Saved{});
  }

 private:
  int asked_ = 0;
};

}  // namespace

std::vector<std::string> deadlines() {
  std::vector<std::string> outcomes;
  testkit::TestKit kit;
  const ActorRef store = kit.spawn(Props::make<Store>(), "store");
  const ActorRef saver = kit.spawn(Props([&] { return std::make_unique<Saver>(store, outcomes); }), "saver");
  for (int value = 1; value <= 4; ++value) saver.tell(Save{value});
  kit.advance(1'000);
  return outcomes;
}

}  // namespace wattring::actor::examples
