// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/prng.hpp"
#include "node/alert/alert.hpp"
#include "node/alert/alert_book.hpp"

namespace wattring::alert {
namespace {

std::string text(Prng& prng, std::size_t most) {
  std::string made;
  const std::size_t size = prng.below(most + 1);
  for (std::size_t i = 0; i < size; ++i) made.push_back(static_cast<char>(prng.below(256)));
  return made;
}

Alert any_alert(Prng& prng) {
  const auto number = [&] { return static_cast<std::int64_t>(prng.next()); };
  Alert alert;
  alert.rule = text(prng, 48);
  alert.meter = text(prng, 64);
  alert.phase = text(prng, 6);
  alert.severity = static_cast<Severity>(prng.below(3));
  alert.state = static_cast<State>(prng.below(3));
  alert.onset_ms = number();
  alert.fired_ms = number();
  alert.last_ms = number();
  alert.resolved_ms = number();
  alert.peak = number();
  alert.count = prng.next();
  alert.flapping = prng.chance(0.5);
  alert.told = prng.chance(0.5);
  alert.acked_ms = number();
  alert.acked_by = text(prng, 40);
  alert.ack_note = text(prng, 200);
  alert.recorded_ms = number();
  alert.id = text(prng, 16);
  alert.revision = revision_of(alert);
  return alert;
}

TEST(AlertRecord, ComesBackAsItWasAndNoPartOfItIsTakenForAWhole) {
  EXPECT_TRUE(rc::check("round trip", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    Notification notification{text(prng, 20), static_cast<Event>(prng.below(4)), any_alert(prng), text(prng, 80), 7};
    const std::string bytes = encode(notification);
    const auto back = decode_notification(bytes);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == notification);
    RC_ASSERT(*decode_alert(encode(notification.alert)) == notification.alert);
    for (std::size_t size = 0; size < bytes.size(); ++size) RC_ASSERT(!decode_notification(bytes.substr(0, size)));
    RC_ASSERT(!decode_notification(bytes + "x"));
  }));
}

TEST(AlertRecord, RubbishIsRefusedAndNeverCrashes) {
  EXPECT_TRUE(rc::check("flipped bytes", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    std::string bytes = encode(any_alert(prng));
    for (std::uint64_t i = 0; i <= prng.below(4); ++i) bytes[prng.below(bytes.size())] = static_cast<char>(prng.next());
    (void)decode_alert(bytes);
    (void)decode_notification(text(prng, 300));
  }));
}

TEST(AlertRecord, TheRevisionStandsForWhatIsDerivedAndForNothingElse) {
  Prng prng(1);
  Alert alert = any_alert(prng);
  const std::string revision = revision_of(alert);
  Alert local = alert;
  local.told = !local.told;
  local.acked_by = "somebody";
  local.recorded_ms += 1;
  EXPECT_EQ(revision_of(local), revision);
  for (auto change : std::vector<void (*)(Alert&)>{
           [](Alert& a) { a.count += 1; }, [](Alert& a) { a.peak ^= 1; }, [](Alert& a) { a.flapping = !a.flapping; },
           [](Alert& a) { a.last_ms ^= 1; }, [](Alert& a) { a.fired_ms ^= 1; }, [](Alert& a) { a.resolved_ms ^= 1; },
           [](Alert& a) { a.onset_ms ^= 1; }}) {
    Alert other = alert;
    change(other);
    EXPECT_NE(revision_of(other), revision);
  }
}

TEST(AlertRecord, TheIdIsThatOfTheOnsetsQuarterHour) {
  constexpr std::int64_t kNoon = 1'767'614'400'000;
  const std::string id = alert_id("over-power", "M-1", "L1", kNoon);
  EXPECT_EQ(id.size(), 16U);
  EXPECT_EQ(alert_id("over-power", "M-1", "L1", kNoon + 15 * kMsPerMinute - 1), id);
  EXPECT_NE(alert_id("over-power", "M-1", "L1", kNoon + 15 * kMsPerMinute), id);
  EXPECT_NE(alert_id("over-power", "M-1", "L2", kNoon), id);
  EXPECT_NE(alert_id("over-powerM", "-1", "L1", kNoon), id) << "no text runs into the next";
}

TEST(AlertBook, FindsByMeterAndRuleAndCountsWhatFires) {
  AlertBook book;
  Prng prng(3);
  std::size_t firing = 0;
  for (int i = 0; i < 500; ++i) {
    Alert alert = any_alert(prng);
    alert.meter = "M" + std::to_string(prng.below(5));
    alert.rule = "r" + std::to_string(prng.below(3));
    alert.id = std::to_string(prng.below(100));
    book.put(alert);
    EXPECT_EQ(*book.find(alert.id), alert);
    const auto of = book.of(alert.rule, alert.meter);
    EXPECT_TRUE(std::any_of(of.begin(), of.end(), [&](const Alert* one) { return one->id == alert.id; }));
  }
  for (const auto& [id, alert] : book.all()) firing += alert.state == State::firing ? 1 : 0;
  EXPECT_EQ(book.firing(), firing);
  std::size_t seen = 0;
  for (int meter = 0; meter < 5; ++meter) seen += book.of_meter("M" + std::to_string(meter)).size();
  EXPECT_EQ(seen, book.all().size());
  while (!book.all().empty()) book.erase(book.all().begin()->first);
  EXPECT_FALSE(book.has_any("M0"));
  EXPECT_EQ(book.firing(), 0U);
}

}  // namespace
}  // namespace wattring::alert
