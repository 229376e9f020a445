// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "base/prng.hpp"
#include "node/alert/decision.hpp"

namespace wattring::alert {
namespace {

Alert an_alert() {
  Alert alert;
  alert.rule = "silent";
  alert.meter = "M-1";
  alert.onset_ms = alert.fired_ms = alert.last_ms = 1'767'571'200'000;
  alert.id = alert_id(alert.rule, alert.meter, "", alert.onset_ms);
  alert.revision = revision_of(alert);
  return alert;
}

Decision some_decision(Prng& prng) {
  Alert alert = an_alert();
  const std::string id = alert_id("r" + std::to_string(prng.below(2)), "M-1", "", alert.onset_ms);
  const auto at_ms = static_cast<std::int64_t>(prng.below(6));
  if (prng.chance(0.3)) return AckMark{id, at_ms, "u" + std::to_string(prng.below(3)), "n"};
  return ToldMark{id,
                  at_ms,
                  static_cast<Event>(prng.below(4)),
                  "s" + std::to_string(prng.below(2)),
                  std::to_string(prng.below(3)),
                  id == alert.id ? encode(alert) : ""};
}

std::vector<Decision> all_of(const DecisionBook& book) {
  std::vector<Decision> all;
  for (const std::string& id : book.quiet_since(1'000'000))
    for (const Decision& one : book.of(id)) all.push_back(one);
  return all;
}

TEST(Decisions, OrderAndRepeatsChangeNothing) {
  EXPECT_TRUE(rc::check("a grow-only set", [] {
    Prng prng(*rc::gen::arbitrary<std::uint64_t>());
    std::vector<Decision> decisions;
    for (std::size_t i = 0; i < 12; ++i) decisions.push_back(some_decision(prng));
    DecisionBook once;
    for (const Decision& one : decisions) (void)once.join(one);
    DecisionBook again;
    for (std::size_t i = 0; i < 40; ++i) (void)again.join(decisions[prng.below(decisions.size())]);
    for (auto one = decisions.rbegin(); one != decisions.rend(); ++one) (void)again.join(*one);
    RC_ASSERT(all_of(once) == all_of(again));
    for (const Decision& one : decisions) RC_ASSERT(!again.join(one));
    // What is kept of an alert says the same as all that was ever said.
    DecisionBook from_rows;
    const auto rows = decode_decisions(encode(all_of(once)));
    RC_ASSERT(rows.has_value());
    for (const Decision& one : *rows) (void)from_rows.join(one);
    RC_ASSERT(all_of(from_rows) == all_of(once));
  }));
}

TEST(Decisions, BytesThatAreNotWholeAreRefusedAsAWhole) {
  Prng prng(7);
  std::vector<Decision> decisions;
  for (std::size_t i = 0; i < 5; ++i) decisions.push_back(some_decision(prng));
  const std::string bytes = encode(decisions);
  ASSERT_EQ(decode_decisions(bytes).value(), decisions);
  std::size_t shorter = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length)
    if (const auto some = decode_decisions(std::string_view(bytes).substr(0, length))) ++shorter;
  EXPECT_EQ(shorter, decisions.size() - 1) << "only whole decisions are a payload";
  EXPECT_FALSE(decode_decisions(bytes + "x"));
  std::string other_version = bytes;
  other_version[0] = 2;
  EXPECT_FALSE(decode_decisions(other_version));
}

TEST(Decisions, AMarkOfTheFarFutureWouldCountForEver) {
  const ToldMark mark{an_alert().id, INT64_MAX, Event::firing, "log", "1.00000000", {}};
  EXPECT_FALSE(decode_decisions(encode(std::vector<Decision>{mark})));
}

TEST(Decisions, ARecordOfAnotherAlertIsRefused) {
  Alert other = an_alert();
  other.meter = "M-2";
  other.id = alert_id(other.rule, other.meter, "", other.onset_ms);
  const ToldMark mark{an_alert().id, 1, Event::firing, "log", "1.00000000", encode(other)};
  EXPECT_FALSE(decode_decisions(encode(std::vector<Decision>{mark})));
}

}  // namespace
}  // namespace wattring::alert
