// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>

#include "node/alert/delivery_runner.hpp"
#include "tests/alert/delivery_fakes.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kGiveUpMs = kMsPerHour;

/// What a sink was told for certain, and what it saw; answers as drawn, some notifications never well.
class DrawnSink final : public Sink {
 public:
  explicit DrawnSink(FakeClock& clock) : clock_(clock) {}

  Answer tell(const Notification& row, std::int64_t) override {
    clock_.advance(*rc::gen::inRange<std::int64_t>(0, 3000));
    const int mood = *rc::gen::inRange(0, 12);
    if (row.alert.meter == "poison")
      return {mood < 6 ? Answer::Kind::row_failed : Answer::Kind::sink_failed, 0, "poison"};
    if (down_ || mood == 0) return {Answer::Kind::sink_failed, std::int64_t{mood} * 1000, "down"};
    if (mood == 1) return {Answer::Kind::row_failed, 0, "cut before it was seen"};
    if (mood == 2) return {Answer::Kind::refused, 0, "bad"};
    seen.push_back({row.alert.id, row.alert.count});
    if (mood == 3) return {Answer::Kind::row_failed, 0, "cut after it was seen"};
    return {};
  }
  void down(bool yes) { down_ = yes; }

  std::vector<std::pair<std::string, std::uint64_t>> seen;

 private:
  FakeClock& clock_;
  bool down_ = false;
};

class World {
 public:
  World() : sink_(clock_), board_({.name = "hook", .give_up_after_ms = kGiveUpMs}, metrics_) { restart(); }

  void restart() {
    runner_.emplace(doors_, sink_, board_, queue_options(), Prng(*rc::gen::arbitrary<std::uint64_t>()));
  }

  /// The n-th transition of an alert; n stands in its count.
  void put(std::size_t alert, bool poison) {
    Notification row = notification("a" + std::to_string(alert), Event::firing, "hook", clock_.wall_ms());
    row.alert.count = ++transitions_[alert];
    if (poison) row.alert.meter = "poison";
    ++put_;
    outbox_.put(std::move(row));
    outbox_.put(notification("other", Event::firing, "somebody-else", clock_.wall_ms()));
    ++foreign_;
  }

  void act() {
    switch (*rc::gen::weightedElement<int>({{12, 0}, {6, 1}, {2, 2}, {1, 3}, {2, 4}, {1, 5}})) {
      case 0:
        clock_.advance(runner_->step());
        break;
      case 1:
        put(*rc::gen::inRange<std::size_t>(0, 3), *rc::gen::inRange(0, 12) == 0);
        break;
      case 2:
        restart();
        break;
      case 3:
        sink_.down(*rc::gen::arbitrary<bool>());
        break;
      case 4:
        outbox_.refuse(*rc::gen::arbitrary<bool>());
        break;
      default:
        clock_.advance(*rc::gen::inRange<std::int64_t>(0, kGiveUpMs / 4));
    }
  }

  /// All is well again, but for what is poison: it ends by its age.
  void settle() {
    sink_.down(false);
    outbox_.refuse(false);
    for (int i = 0; i < 100'000 && outbox_.size() > foreign_; ++i)
      clock_.advance(std::max<std::int64_t>(1, runner_->step()));
  }

  void check() {
    RC_ASSERT(outbox_.size() == foreign_);
    const auto delivered = outbox_.delivered_rows();
    const auto dead = outbox_.dead_rows();
    for (const auto& [sequence, times] : delivered) {
      RC_ASSERT(times == 1);
      RC_ASSERT(!dead.contains(sequence));
    }
    for (const auto& [sequence, times] : dead) RC_ASSERT(times == 1);
    RC_ASSERT(delivered.size() + dead.size() == put_);
    check_order();
  }

  void check_order() const {
    std::map<std::string, std::uint64_t> last;
    for (const auto& [id, count] : sink_.seen) {
      RC_ASSERT(count >= last[id]);  // a repeat is fine, a step back is not
      last[id] = count;
    }
  }

 private:
  static SinkQueue::Options queue_options() {
    return {.give_up_after_ms = kGiveUpMs, .rows_max = static_cast<std::size_t>(*rc::gen::inRange(1, 20))};
  }

  FakeClock clock_;
  FakeOutbox outbox_;
  Metrics metrics_;
  DrawnSink sink_;
  SinkBoard board_;
  DeliveryDoors doors_{outbox_, clock_, metrics_, Log::silent()};
  std::optional<SinkRunner> runner_;
  std::map<std::size_t, std::uint64_t> transitions_;
  std::size_t put_ = 0;
  std::size_t foreign_ = 0;
};

TEST(DeliveryProperty, EachNotificationEndsDeliveredOrDeadOnceAndAlertsKeepTheirOrderOverRestartsAndFailures) {
  EXPECT_TRUE(rc::check([] {
    World world;
    const int steps = *rc::gen::inRange(1, 500);
    for (int i = 0; i < steps; ++i) {
      world.act();
      world.check_order();
    }
    world.settle();
    world.check();
  }));
}

}  // namespace
}  // namespace wattring::alert
