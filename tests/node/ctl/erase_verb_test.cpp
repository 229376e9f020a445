// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/node/ctl/fake_nodes.hpp"

namespace wattring::ctl {
namespace {

const std::string kFoundText =
    R"({"meter":"EM-9","before":"2026-01-01T00:00:00Z","erased_before":null,"readings":1200,"chunks":14,)"
    R"("interval_days":2,"quarantined":1,"alerts":3,"complete":true})";
const std::string kPath = "/api/v1/meters/EM-9/erasure?before=1767225600000";

Ctl ctl_with_meter() {
  Ctl ctl;
  ctl.nodes.answer(kPath, 200, R"({"schema":"wattring.meter-erasure/1","found":)" + kFoundText + "}");
  ctl.nodes.answer("POST " + kPath, 200,
                   R"({"schema":"wattring.meter-erase/1","meter":"EM-9","before":"2026-01-01T00:00:00Z",)"
                   R"("class":"DURABLE","copies":2,"token":"t","found":)" +
                       kFoundText + "}");
  return ctl;
}
const std::vector<std::string> kErase{"meter", "erase", "EM-9", "--before", "2026-01-01T00:00:00Z"};

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
bool erased(const Ctl& ctl) {
  return std::any_of(ctl.nodes.seen.begin(), ctl.nodes.seen.end(),
                     [](const auto& one) { return one.request.method == "POST"; });
}

TEST(MeterErase, ADryRunOnlyCounts) {
  Ctl ctl = ctl_with_meter();
  const Ran ran = ctl.run(with(kErase, {"--dry-run"}));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("1,200 in 14 chunks"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Nothing was erased"), std::string::npos) << ran.out;
  EXPECT_FALSE(erased(ctl));
  EXPECT_TRUE(
      matches_golden("meter_erase_dry.schema", shape_of(ctl.run(with(kErase, {"--dry-run", "-o", "json"})).out)));
}

TEST(MeterErase, WithoutATerminalItWantsYes) {
  Ctl ctl = ctl_with_meter();
  const Ran ran = ctl.run(kErase);
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("--yes"), std::string::npos) << ran.err;
  EXPECT_FALSE(erased(ctl));
}

TEST(MeterErase, WithYesItErasesAndSaysOnHowManyDisks) {
  Ctl ctl = ctl_with_meter();
  const Ran ran = ctl.run(with(kErase, {"--yes"}));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(erased(ctl));
  EXPECT_NE(ran.out.find("DURABLE on 2 disks"), std::string::npos) << ran.out;
  EXPECT_TRUE(matches_golden("meter_erase.schema", shape_of(ctl.run(with(kErase, {"--yes", "-o", "json"})).out)));
}

TEST(MeterErase, TheReasonGoesToTheAuditRecord) {
  Ctl ctl = ctl_with_meter();
  ctl.nodes.answer("POST " + kPath + "&reason=moved%20out", 200,
                   R"({"schema":"wattring.meter-erase/1","meter":"EM-9","before":"2026-01-01T00:00:00Z",)"
                   R"("class":"DURABLE","copies":2,"token":"t","found":null})");
  const Ran ran = ctl.run(with(kErase, {"--yes", "--reason", "moved out"}));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("could not be counted"), std::string::npos) << ran.out;
}

TEST(MeterErase, ATimeThatIsNoneIsAUsageError) {
  Ctl ctl = ctl_with_meter();
  EXPECT_EQ(ctl.run({"meter", "erase", "EM-9", "--before", "yesterday", "--yes"}).code, 2);
  EXPECT_FALSE(erased(ctl));
}

}  // namespace
}  // namespace wattring::ctl
