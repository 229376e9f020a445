// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/line_protocol.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"
#include "base/time.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kNow = 1'764'547'200'000;  // 2025-12-01T00:00:00Z
constexpr Register kImport = obis(1, 0, 1, 8, 0);
constexpr Register kPower = obis(1, 0, 1, 7, 0);

LineContext context(LinePrecision precision = LinePrecision::ns) {
  LineContext result;
  result.now_ms = kNow;
  result.window = {kNow - 3650 * kMsPerDay, kNow + 5 * kMsPerMinute};
  result.precision = precision;
  result.overwrite_latest = false;
  return result;
}
Batch decode(std::string_view body, const LineContext& with = context()) {
  Batch batch;
  decode_lines(body, with, batch);
  return batch;
}
/// The refusal of a body of which nothing else is kept.
Refusal refusal_of(std::string_view body, const LineContext& with = context()) {
  const Batch batch = decode(body, with);
  EXPECT_TRUE(batch.facts().empty()) << body;
  EXPECT_EQ(batch.refusals.total(), 1U) << body;
  return batch.refusals.listed().empty() ? Refusal{0, Reason{}, "", ""} : batch.refusals.listed()[0];
}
void expect_refused(std::string_view body, Reason reason, std::string_view got) {
  const Refusal refusal = refusal_of(body);
  EXPECT_EQ(to_string(refusal.reason), to_string(reason)) << body;
  EXPECT_EQ(refusal.got, got) << body;
}
Fact only_fact(std::string_view body, const LineContext& with = context()) {
  const Batch batch = decode(body, with);
  EXPECT_EQ(batch.facts().size(), 1U) << body;
  EXPECT_EQ(batch.refusals.total(), 0U) << body;
  return batch.facts().empty() ? Fact{} : batch.facts()[0];
}
std::string only_meter(std::string_view body) {
  const Batch batch = decode(body);
  EXPECT_EQ(batch.runs().size(), 1U) << body;
  return batch.runs().empty() ? "" : std::string(batch.id(batch.runs()[0]));
}

TEST(LineProtocol, ATypicalLine) {
  const Batch batch = decode("energy,meter=M0001234 import_wh=123456i,power_w=512i 1764547200000000000\n");
  ASSERT_EQ(batch.facts().size(), 2U);
  ASSERT_EQ(batch.runs().size(), 1U);
  EXPECT_EQ(batch.id(batch.runs()[0]), "M0001234");
  EXPECT_EQ(batch.facts()[0].reg, kImport);
  EXPECT_EQ(batch.facts()[0].value, 123456);
  EXPECT_EQ(batch.facts()[0].start_ms, kNow);
  EXPECT_EQ(batch.facts()[0].end_ms, kNow);
  EXPECT_EQ(batch.facts()[0].quality, Quality::actual);
  EXPECT_EQ(batch.facts()[0].flags, 0);
  EXPECT_EQ(batch.facts()[0].revision, 0U);
  EXPECT_EQ(batch.facts()[1].reg, kPower);
  EXPECT_EQ(batch.facts()[1].value, 512);
}

TEST(LineProtocol, FieldsAreAliasesOrObisCodes) {
  EXPECT_EQ(only_fact("e,meter=a 1-0:1.8.0=5i").value, 5);
  EXPECT_EQ(only_fact("e,meter=a 1-0:32.7.0=2301i").value, 2301);
  EXPECT_EQ(only_fact("e,meter=a voltage_l1_v=230.1").value, 2301);
  EXPECT_EQ(only_fact("e,meter=a gas_m3=246.138").value, 246138);
}

TEST(LineProtocol, NumbersOfEveryForm) {
  EXPECT_EQ(only_fact("e,meter=a import_kwh=3432.827").value, 3432827);
  EXPECT_EQ(only_fact("e,meter=a import_wh=5u").value, 5);
  EXPECT_EQ(only_fact("e,meter=a import_wh=5").value, 5);
  EXPECT_EQ(only_fact("e,meter=a import_kwh=.5").value, 500);
  EXPECT_EQ(only_fact("e,meter=a import_kwh=5.").value, 5000);
  EXPECT_EQ(only_fact("e,meter=a import_wh=1.5e3").value, 1500);
  EXPECT_EQ(only_fact("e,meter=a power_w=-5i").value, -5);
  EXPECT_EQ(only_fact("e,meter=a net_power_w=-5.0").value, -5);
  EXPECT_EQ(only_fact("e,meter=a import_wh=-0i").value, 0);
  EXPECT_EQ(only_fact("e,meter=a import_wh=0000000000000000000000042i").value, 42);
  EXPECT_EQ(only_fact("e,meter=a import_wh=42.00000000000000000000000000").value, 42);
  EXPECT_EQ(only_fact("e,meter=a import_wh=999999999999999999i").value, 999'999'999'999'999'999);
}

TEST(LineProtocol, MoreDigitsThanTheScaleAreRoundedHalfEvenAndFlagged) {
  const Fact down = only_fact("e,meter=a import_kwh=0.0005");
  EXPECT_EQ(down.value, 0);
  EXPECT_EQ(down.flags & kFlagRounded, kFlagRounded);
  const Fact up = only_fact("e,meter=a import_kwh=0.0015");
  EXPECT_EQ(up.value, 2);
  EXPECT_EQ(up.flags & kFlagRounded, kFlagRounded);
  EXPECT_EQ(only_fact("e,meter=a import_kwh=0.0010 1764547200000000000").flags, 0);
}

TEST(LineProtocol, WhatIsNoNumberIsRefused) {
  expect_refused("e,meter=a import_wh=\"5\"", Reason::not_a_number, "\"5\"");
  expect_refused("e,meter=a import_wh=\"a b,c=d\" 1", Reason::not_a_number, "\"a b,c=d\" 1");
  for (const std::string_view value :
       {"t", "T", "true", "False", "NaN", "1.5i", "-5u", "i", "1e5i", "0x10", "+5", "--5", "-", "5iu", "1,", ""}) {
    const Refusal refusal = refusal_of("e,meter=a import_wh=" + std::string(value));
    EXPECT_TRUE(refusal.reason == Reason::not_a_number || value == "1,") << value;
  }
}

TEST(LineProtocol, ValuesOutOfRangeAreRefused) {
  expect_refused("e,meter=a import_wh=-1i", Reason::out_of_range, "-1i");
  expect_refused("e,meter=a import_kwh=-0.001", Reason::out_of_range, "-0.001");
  expect_refused("e,meter=a import_mwh=999999999999999999i", Reason::out_of_range, "999999999999999999i");
  expect_refused("e,meter=a import_wh=9223372036854775808i", Reason::out_of_range, "9223372036854775808i");
  expect_refused("e,meter=a import_wh=1e300", Reason::out_of_range, "1e300");
}

TEST(LineProtocol, PrecisionsOfTheTimestamp) {
  EXPECT_EQ(only_fact("e,meter=a power_w=1 1764547200123456789", context(LinePrecision::ns)).start_ms, kNow + 123);
  EXPECT_EQ(only_fact("e,meter=a power_w=1 1764547200123456", context(LinePrecision::us)).start_ms, kNow + 123);
  EXPECT_EQ(only_fact("e,meter=a power_w=1 1764547200123", context(LinePrecision::ms)).start_ms, kNow + 123);
  EXPECT_EQ(only_fact("e,meter=a power_w=1 1764547200", context(LinePrecision::s)).start_ms, kNow);
  EXPECT_EQ(only_fact("e,meter=a power_w=1 29409120", context(LinePrecision::m)).start_ms, kNow);
  EXPECT_EQ(only_fact("e,meter=a power_w=1 490152", context(LinePrecision::h)).start_ms, kNow);
}

TEST(LineProtocol, PrecisionParameterOfBothApis) {
  EXPECT_EQ(parse_line_precision(""), LinePrecision::ns);
  EXPECT_EQ(parse_line_precision("ns"), LinePrecision::ns);
  EXPECT_EQ(parse_line_precision("n"), LinePrecision::ns);
  EXPECT_EQ(parse_line_precision("us"), LinePrecision::us);
  EXPECT_EQ(parse_line_precision("u"), LinePrecision::us);
  EXPECT_EQ(parse_line_precision("ms"), LinePrecision::ms);
  EXPECT_EQ(parse_line_precision("s"), LinePrecision::s);
  EXPECT_EQ(parse_line_precision("m"), LinePrecision::m);
  EXPECT_EQ(parse_line_precision("h"), LinePrecision::h);
  EXPECT_FALSE(parse_line_precision("d"));
  EXPECT_FALSE(parse_line_precision("S"));
}

TEST(LineProtocol, TimesBefore1970AreFloored) {
  LineContext with = context(LinePrecision::ns);
  with.window.oldest_ms = -1'000'000;
  EXPECT_EQ(only_fact("e,meter=a power_w=1 -1", with).start_ms, -1);
  EXPECT_EQ(only_fact("e,meter=a power_w=1 -1000000", with).start_ms, -1);
}

TEST(LineProtocol, AMissingTimestampIsTheReceiveTime) {
  const Fact fact = only_fact("e,meter=a power_w=1i\n");
  EXPECT_EQ(fact.start_ms, kNow);
  EXPECT_EQ(fact.flags, kFlagReceiveTime);
}

TEST(LineProtocol, TimesOutsideTheWindowAreRefusedWithTheLimit) {
  const Refusal future = refusal_of("e,meter=a power_w=1 1764547500001", context(LinePrecision::ms));
  EXPECT_EQ(future.reason, Reason::ts_in_future);
  EXPECT_EQ(future.got, "1764547500001");
  EXPECT_EQ(future.limit, "2025-12-01T00:05:00Z");
  const Refusal old = refusal_of("e,meter=a power_w=1 1000000000", context(LinePrecision::s));
  EXPECT_EQ(old.reason, Reason::ts_too_old);
  EXPECT_EQ(refusal_of("e,meter=a power_w=1 9223372036854775807", context(LinePrecision::h)).reason,
            Reason::ts_in_future);
  EXPECT_EQ(refusal_of("e,meter=a power_w=1 -9223372036854775807", context(LinePrecision::h)).reason,
            Reason::ts_too_old);
}

TEST(LineProtocol, EscapesInTheMeterTag) {
  EXPECT_EQ(only_meter("e,meter=keller\\ 2 power_w=1"), "keller 2");
  EXPECT_EQ(only_meter("e,meter=a\\,b\\=c power_w=1"), "a,b=c");
  EXPECT_EQ(only_meter("e,meter=a\\nb power_w=1"), "a\\nb");
  EXPECT_EQ(only_meter("any\\ thing\\,at=all,x\\ y=1\\ 2,meter=a power_w=1"), "a");
  EXPECT_EQ(only_meter("e,host=h,meter=z\xC3\xA4hler,zone=z power_w=1"), "z\xC3\xA4hler");
}

TEST(LineProtocol, CommentsBlankLinesAndCrlf) {
  const Batch batch =
      decode("# comment\n\n  \r\ne,meter=a power_w=1i\r\n e,meter=a power_w=2i 1764547200000000000 \n\r\n#");
  EXPECT_EQ(batch.facts().size(), 2U);
  EXPECT_EQ(batch.refusals.total(), 0U);
}

TEST(LineProtocol, GoodLinesAreKeptAndBadOnesNamed) {
  const Batch batch = decode(
      "# one\n"
      "e,meter=a power_w=1i\n"
      "e,meter=a bogus=1i\n"
      "e,meter=a power_w=1i,bogus=1i\n"
      "e,meter=b power_w=2i\n"
      "nonsense\n"
      "e,meter=c power_w=3i");
  ASSERT_EQ(batch.facts().size(), 3U);
  EXPECT_EQ(batch.runs().size(), 3U);
  ASSERT_EQ(batch.refusals.listed().size(), 3U);
  EXPECT_EQ(batch.refusals.listed()[0].line, 3U);
  EXPECT_EQ(batch.refusals.listed()[0].reason, Reason::unknown_register);
  EXPECT_EQ(batch.refusals.listed()[0].got, "bogus");
  EXPECT_FALSE(batch.refusals.listed()[0].limit.empty());
  EXPECT_EQ(batch.refusals.listed()[1].line, 4U);  // as a whole: its good field is not kept
  EXPECT_EQ(batch.refusals.listed()[2].line, 6U);
  EXPECT_EQ(batch.refusals.listed()[2].reason, Reason::syntax);
}

TEST(LineProtocol, SyntaxErrors) {
  for (const std::string_view line : {"e",
                                      "e,meter=a",
                                      "e,meter=a ",
                                      "e,meter=a  power_w=1",
                                      "e,meter=a power_w=1  1764547200000000000",
                                      "e,meter= power_w=1",
                                      "e,=a power_w=1",
                                      "e,meter power_w=1",
                                      "e,meter=a=b power_w=1",
                                      "e,meter=a power_w",
                                      "e,meter=a =1",
                                      "e,meter=a power_w=1,",
                                      "e,meter=a power_w=1 x",
                                      "e,meter=a power_w=1 1764547200000000000x",
                                      "e,meter=a power_w=1 17645472000000000000000",
                                      "e,meter=a power_w=1 - ",
                                      ",meter=a power_w=1",
                                      "e,meter=a,meter=b power_w=1",
                                      "e,meter=a,revision=x power_w=1",
                                      "e,meter=a\\",
                                      "\\",
                                      "e,meter=a power_w=1 1 1"})
    EXPECT_EQ(to_string(refusal_of(line).reason), "SYNTAX") << line;
}

TEST(LineProtocol, ALineNeedsAMeter) {
  expect_refused("e,host=x power_w=1", Reason::bad_meter_id, "e,host=x power_w=1");
  expect_refused("e,meter=" + std::string(65, 'm') + " power_w=1", Reason::bad_meter_id, std::string(65, 'm'));
  expect_refused("e,meter=a\tb power_w=1", Reason::bad_meter_id, "a?b");
}

TEST(LineProtocol, RevisionIsATagOrTheReceiveTime) {
  EXPECT_EQ(only_fact("e,meter=a,revision=7 power_w=1").revision, 7U);
  EXPECT_EQ(only_fact("e,meter=a,revision=18446744073709551615 power_w=1").revision, 18'446'744'073'709'551'615U);
  EXPECT_EQ(only_fact("e,meter=a power_w=1").revision, 0U);
  LineContext with = context();
  with.overwrite_latest = true;
  EXPECT_EQ(only_fact("e,meter=a power_w=1", with).revision, static_cast<std::uint64_t>(kNow));
  EXPECT_EQ(only_fact("e,meter=a,revision=7 power_w=1", with).revision, 7U);
}

TEST(LineProtocol, LinesHaveALimit) {
  const std::string tag = ",x=" + std::string(kLineBytesMax - 40, 'y');
  EXPECT_EQ(decode("e,meter=a" + tag + " power_w=1\n").facts().size(), 1U);
  const std::string longer = "e,meter=a" + tag + std::string(100, 'y') + " power_w=1";
  EXPECT_EQ(refusal_of(longer).reason, Reason::too_large);
  const Batch batch = decode(longer + "\ne,meter=a power_w=1\n");
  EXPECT_EQ(batch.facts().size(), 1U);
  EXPECT_EQ(batch.refusals.count(Reason::too_large), 1U);
}

TEST(LineProtocol, ABatchHasALimitAndTheRestIsRefusedByLine) {
  std::string body;
  for (std::size_t i = 0; i < kBatchReadingsMax / 2 + 5; ++i) body += "e,meter=a power_w=1i,import_wh=1i\n";
  const Batch batch = decode(body);
  EXPECT_EQ(batch.facts().size(), kBatchReadingsMax);
  EXPECT_EQ(batch.refusals.total(), 5U);
  EXPECT_EQ(batch.refusals.listed()[0].reason, Reason::too_large);
  EXPECT_EQ(batch.refusals.listed()[0].line, kBatchReadingsMax / 2 + 1);
}

TEST(LineProtocol, MoreFieldsThanAreRemembered) {
  std::string line = "e,meter=a ";
  for (int i = 0; i < 100; ++i) line += "power_w=" + std::to_string(i) + "i,";
  line += "1-0:1.8.0*255=7i";
  const Batch batch = decode(line + "\n" + line);
  ASSERT_EQ(batch.facts().size(), 202U);
  EXPECT_EQ(batch.facts()[99].value, 99);
  EXPECT_EQ(batch.facts()[201].reg, kImport);
}

TEST(LineProtocol, FieldsMayChangeTheirPlaces) {
  const Batch batch = decode(
      "e,meter=a power_w=1i,import_wh=2i\n"
      "e,meter=a import_wh=2i,power_w=1i\n"
      "e,meter=a import_kwh=2i,power_kw=1i\n");
  ASSERT_EQ(batch.facts().size(), 6U);
  EXPECT_EQ(batch.facts()[2].reg, kImport);
  EXPECT_EQ(batch.facts()[4].value, 2000);
  EXPECT_EQ(batch.facts()[5].value, 1000);
}

TEST(LineProtocol, TextRegistersTakeNoNumbers) {
  expect_refused("e,meter=a 0-0:96.1.1=5i", Reason::not_a_number, "5i");
}

TEST(LineProtocol, NothingIsNothing) {
  EXPECT_TRUE(decode("").facts().empty());
  EXPECT_EQ(decode("").refusals.total(), 0U);
  EXPECT_EQ(decode("\n\n\n").refusals.total(), 0U);
}

}  // namespace
}  // namespace wattring::gateway
