// SPDX-License-Identifier: Apache-2.0
// An actor with state, asked from a thread that is no actor.
#include "node/actor/ask.hpp"
#include "node/actor/examples/examples.hpp"
#include "node/actor/match.hpp"
#include "node/actor/system.hpp"

namespace wattring::actor::examples {
namespace {

struct Add {
  int amount;
};
struct GetTotal {};

class Adder final : public TypedActor<Adder, Add, GetTotal> {
 public:
  void on(Context&, const Add& add) { total_ += add.amount; }
  void on(Context& context, const GetTotal&) { context.reply(total_); }

 private:
  int total_ = 0;
};

}  // namespace

Result<int> first_actor() {
  System system({});
  system.start();
  const Result<ActorRef> adder = system.spawn(Props::make<Adder>(), "adder");
  adder->tell(Add{2});
  adder->tell(Add{40});
  Result<int> total = answer_as<int>(ask(system, *adder, GetTotal{}, 5'000).get());
  system.stop();
  return total;
}

}  // namespace wattring::actor::examples
