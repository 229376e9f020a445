// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/sim/load_report.hpp"
#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

TEST(Text, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

TEST(Text, GivesMillisecondsAFittingNumberOfDecimals) {
  EXPECT_EQ(as_ms(420'000), "0.42");
  EXPECT_EQ(as_ms(1'840'000), "1.8");
  EXPECT_EQ(as_ms(27'400'000), "27");
}

TEST(LoadReport, StatesTheSumTheRateAndWhatLatencyMeans) {
  RunOptions options;
  LoadReport report;
  report.sent = 1'000'000;
  report.acked = 999'000;
  report.refused = 600;
  report.unknown = 400;
  report.seconds = 2;
  report.all.latency.record(1'800'000);
  const std::string closed = render_report(options, report);
  EXPECT_NE(closed.find("sent 1,000,000 = acked 999,000 + refused 600 + unknown 400"), std::string::npos) << closed;
  EXPECT_NE(closed.find("499,500 readings/s"), std::string::npos) << closed;
  EXPECT_NE(closed.find("service time"), std::string::npos) << closed;
  options.load.rate = 1000;
  EXPECT_NE(render_report(options, report).find("corrected for coordinated omission"), std::string::npos);
}

TEST(MissedLimit, ComparesLatencyAndRate) {
  RunOptions options;
  LoadReport report;
  report.acked = 1000;
  report.seconds = 1;
  report.all.latency.record(20'000'000);
  EXPECT_EQ(missed_limit(options, report), "");
  options.limit_p99_ms = 10;
  EXPECT_EQ(missed_limit(options, report), "p99 20.00 ms, the limit is 10.00 ms");
  options.limit_p99_ms = 30;
  options.limit_rate = 2000;
  EXPECT_EQ(missed_limit(options, report), "1000 readings/s, the limit is 2000");
}

}  // namespace
}  // namespace wattring::sim
