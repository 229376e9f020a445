// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/wording.hpp"

#include <gtest/gtest.h>

#include "node/ctl/table.hpp"

namespace wattring::ctl {
namespace {

TEST(Wording, NumbersAreGroupedByThousands) {
  EXPECT_EQ(grouped(std::int64_t{0}), "0");
  EXPECT_EQ(grouped(std::int64_t{999}), "999");
  EXPECT_EQ(grouped(std::int64_t{-1000}), "-1,000");
  EXPECT_EQ(grouped(std::int64_t{1234567}), "1,234,567");
  EXPECT_EQ(grouped(18204.7314, 3), "18,204.731");
  EXPECT_EQ(grouped(-999.5, 1), "-999.5");
}

TEST(Wording, SizesLatenciesAndAgesChooseTheirUnit) {
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(1099511627776.0), "1.0 TiB");
  EXPECT_EQ(seconds_text(0.00025), "250 us");
  EXPECT_EQ(seconds_text(0.0019), "1.9 ms");
  EXPECT_EQ(seconds_text(0.25), "250 ms");
  EXPECT_EQ(seconds_text(3), "3.0 s");
  EXPECT_EQ(age_text(38), "38 s");
  EXPECT_EQ(age_text(720), "12 min");
  EXPECT_EQ(age_text(75600), "21 h");
  EXPECT_EQ(age_text(273840), "3d 04h");
}

TEST(Wording, ValuesAreShownInTheUnitsOfMetersAndBills) {
  EXPECT_EQ(value_text(Json(std::int64_t{18204731}), "Wh"), "18,204.731 kWh");
  EXPECT_EQ(value_text(Json(2304), "dV"), "230.4 V");
  EXPECT_EQ(value_text(Json(1420), "W"), "1.420 kW");
  EXPECT_EQ(value_text(Json(5), "MJ"), "5 MJ");
  EXPECT_EQ(value_text(Json("moved"), ""), "moved");
  EXPECT_EQ(value_text(Json(), "Wh"), "-");
  EXPECT_EQ(value_text(Json(3), "1"), "3");
}

TEST(Wording, ASparklineRunsFromTheLeastToTheMost) {
  const std::vector<std::optional<double>> values{0, 1, 2, 3, 4, 5, 6, 7, std::nullopt, 3.5};
  EXPECT_EQ(sparkline(values, true), "▁▂▃▄▅▆▇█ ▅");
  EXPECT_EQ(sparkline(values, false), "._-==+*# =");
  EXPECT_EQ(sparkline(std::vector<std::optional<double>>{4, 4}, true), "▁▁");
  EXPECT_EQ(sparkline({}, true), "");
}

TEST(Table, AlignsNumbersRightAndCountsCodePoints) {
  Table table({{"A"}, {"N", Table::Align::right}, {"B"}});
  table.add({"größe", "1", "x"});
  table.add({"a", "1,000", ""});
  EXPECT_EQ(table.text(), "A          N  B\ngröße      1  x\na      1,000\n");
}

TEST(Csv, QuotesWhatNeedsIt) {
  const Csv csv{{"a", "b"}, {{"x,y", "say \"hi\""}, {"", "plain"}}};
  EXPECT_EQ(csv.text(), "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n,plain\n");
}

}  // namespace
}  // namespace wattring::ctl
