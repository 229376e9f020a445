// SPDX-License-Identifier: Apache-2.0
// A parent that restarts its child, and a message that is set aside when it fails again and again.
#include <stdexcept>

#include "node/actor/examples/examples.hpp"
#include "node/actor/match.hpp"
#include "node/actor/testkit/test_kit.hpp"

namespace wattring::actor::examples {
namespace {

struct Line {
  std::string text;
};

class Parser final : public TypedActor<Parser, Line> {
 public:
  explicit Parser(std::vector<std::string>& parsed) : parsed_(&parsed) {}
  void on(Context&, const Line& line) {
    if (line.text.empty()) throw std::runtime_error("an empty line");
    parsed_->push_back(line.text);
  }

 private:
  std::vector<std::string>* parsed_;
};

class Door final : public TypedActor<Door, Line> {
 public:
  explicit Door(std::vector<std::string>& parsed) : parser_(Props([&] { return std::make_unique<Parser>(parsed); })) {}
  void started(Context& context) override {
    if (const Result<ActorRef> child = context.spawn(parser_, "parser")) child_ = *child;
  }
  void on(Context& context, const Line&) { context.forward(child_); }

 private:
  const Props parser_;
  ActorRef child_;
};

}  // namespace

Supervised supervised() {
  Supervised seen;
  SystemOptions options;
  options.quarantine = [&](const Quarantined& poison) { seen.set_aside.push_back(poison.why); };
  testkit::TestKit kit(std::move(options));
  Strategy patient;
  patient.backoff = {200, 10'000, 2.0, 0.1};
  const Props door = Props([&] { return std::make_unique<Door>(seen.parsed); }).with_strategy(patient);
  const ActorRef ref = kit.spawn(door, "door");
  for (const char* text : {"one", "", "two"}) ref.tell(Line{text});
  kit.advance(60'000);
  return seen;
}

}  // namespace wattring::actor::examples
