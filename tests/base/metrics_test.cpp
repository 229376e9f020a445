// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace wattring {
namespace {

using testing::HasSubstr;

TEST(Metrics, TheSameNameAndLabelsAreTheSameObject) {
  Metrics metrics;
  Counter& refused = metrics.counter("wattring_refused_total", "Refused.", "reason=\"SYNTAX\"");
  EXPECT_EQ(&refused, &metrics.counter("wattring_refused_total", "Refused.", "reason=\"SYNTAX\""));
  EXPECT_NE(&refused, &metrics.counter("wattring_refused_total", "Refused.", "reason=\"BUSY\""));
}

TEST(Metrics, WhatIsHandedOutStaysWhereItIs) {
  Metrics metrics;
  Counter& first = metrics.counter("a_total", "A.");
  for (int i = 0; i < 1000; ++i) metrics.counter("b_total", "B.", "n=\"" + std::to_string(i) + "\"");
  first.add(3);
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("a_total 3\n"));
}

TEST(Metrics, ArePrintedWithHelpTypeAndLabels) {
  Metrics metrics;
  metrics.counter("wattring_stored_total", "Readings stored.").add(41);
  metrics.gauge("wattring_members", "Members by state.", "state=\"up\"").set(3);
  metrics.gauge_function("wattring_queue_items", "Waiting.", [] { return 7.0; });
  EXPECT_EQ(metrics.prometheus_text(),
            "# HELP wattring_members Members by state.\n# TYPE wattring_members gauge\n"
            "wattring_members{state=\"up\"} 3\n"
            "# HELP wattring_queue_items Waiting.\n# TYPE wattring_queue_items gauge\n"
            "wattring_queue_items 7\n"
            "# HELP wattring_stored_total Readings stored.\n# TYPE wattring_stored_total counter\n"
            "wattring_stored_total 41\n");
}

TEST(Metrics, AGaugeFunctionIsAskedAtEachScrape) {
  Metrics metrics;
  double value = 1;
  metrics.gauge_function("x", "X.", [&value] { return value; });
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("\nx 1\n"));
  value = 2;
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("\nx 2\n"));
}

TEST(Metrics, AHistogramIsPrintedCumulatively) {
  Metrics metrics;
  DurationHistogram& h = metrics.histogram("ack_seconds", "Ack.", "gateway=\"http\"");
  h.record_ns(50'000);
  h.record_ns(3'000'000);
  h.record_ns(9'000'000'000);
  const std::string text = metrics.prometheus_text();
  EXPECT_THAT(text, HasSubstr("# TYPE ack_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("ack_seconds_bucket{gateway=\"http\",le=\"5\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ack_seconds_bucket{gateway=\"http\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("ack_seconds_count{gateway=\"http\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("ack_seconds_sum{gateway=\"http\"} 9.0030"));
}

TEST(DurationHistogram, AnEmptyOneHasNoQuantile) {
  const DurationHistogram h;
  EXPECT_EQ(h.quantile_seconds(0.5), 0);
  EXPECT_EQ(h.count(), 0U);
}

TEST(DurationHistogram, QuantilesCountFromTheSmallest) {
  DurationHistogram h;
  for (int i = 0; i < 99; ++i) h.record_ns(1'000'000);
  h.record_ns(1'000'000'000);
  EXPECT_NEAR(h.quantile_seconds(0.5), 0.001, 0.00025);
  EXPECT_NEAR(h.quantile_seconds(0.98), 0.001, 0.00025);
  EXPECT_NEAR(h.quantile_seconds(1.0), 1.0, 0.25);
  EXPECT_DOUBLE_EQ(h.sum_seconds(), 1.099);
}

TEST(DurationHistogram, ExtremesLandInTheFirstAndLastBucket) {
  DurationHistogram h;
  h.record_ns(0);
  h.record_ns(~std::uint64_t{0} >> 1U);
  EXPECT_EQ(h.count(), 2U);
  EXPECT_LE(h.quantile_seconds(0.0), 2e-6);
  EXPECT_GE(h.quantile_seconds(1.0), 137.0);
}

TEST(Metrics, MayBeRecordedAndScrapedFromManyThreads) {
  Metrics metrics;
  Counter& counter = metrics.counter("n_total", "N.");
  DurationHistogram& histogram = metrics.histogram("t_seconds", "T.");
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          counter.add();
          histogram.record_ns(1000);
          if (i % 100 == 0) {
            EXPECT_FALSE(metrics.prometheus_text().empty());
          }
        }
      });
    }
  }
  EXPECT_EQ(counter.value(), 4000U);
  EXPECT_EQ(histogram.count(), 4000U);
}

}  // namespace
}  // namespace wattring
