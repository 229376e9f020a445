// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/json_readings.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"
#include "base/time.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kNow = 1'764'547'200'000;  // 2025-12-01T00:00:00Z
constexpr Register kImport = obis(1, 0, 1, 8, 0);

JsonContext context() {
  JsonContext result;
  result.window = {kNow - 3650 * kMsPerDay, kNow + 5 * kMsPerMinute};
  return result;
}
Batch decode(std::string_view body, const JsonContext& with = context()) {
  Batch batch;
  decode_json(body, with, batch);
  return batch;
}
/// A reading of meter m at 2025-11-30 with these members besides.
std::string reading(std::string_view members) {
  return R"({"meter":"m","time":"2025-11-30T12:00:00Z",)" + std::string(members) + "}";
}
Fact only_fact(std::string_view body, const JsonContext& with = context()) {
  const Batch batch = decode(body, with);
  EXPECT_EQ(batch.facts().size(), 1U) << body;
  EXPECT_EQ(batch.refusals.total(), 0U) << body;
  return batch.facts().empty() ? Fact{} : batch.facts()[0];
}
Refusal only_refusal(std::string_view body) {
  const Batch batch = decode(body);
  EXPECT_TRUE(batch.facts().empty()) << body;
  EXPECT_EQ(batch.refusals.total(), 1U) << body;
  return batch.refusals.listed().empty() ? Refusal{0, Reason{}, "", ""} : batch.refusals.listed()[0];
}
void expect_refused(std::string_view body, Reason reason, std::string_view got) {
  const Refusal refusal = only_refusal(body);
  EXPECT_EQ(to_string(refusal.reason), to_string(reason)) << body;
  EXPECT_EQ(refusal.got, got) << body;
}

TEST(JsonReadings, AnArrayOfObjects) {
  const Batch batch = decode(R"([
    {"meter":"m1","register":"1-0:1.8.0","time":"2025-11-30T12:00:00Z","value":3432827},
    {"time":1764504000000,"value":"3432.827","register":"import_kwh","meter":"m1"},
    {"meter":"m2","register":"power_w","time":"2025-11-30T13:00:00.5+01:00","value":-5,"quality":"estimated","revision":7}
  ])");
  ASSERT_EQ(batch.facts().size(), 3U);
  EXPECT_EQ(batch.refusals.total(), 0U);
  EXPECT_EQ(batch.runs().size(), 2U);
  EXPECT_EQ(batch.facts()[0].reg, kImport);
  EXPECT_EQ(batch.facts()[0].value, 3432827);
  EXPECT_EQ(batch.facts()[0].quality, Quality::actual);
  EXPECT_EQ(batch.facts()[1], batch.facts()[0]);
  EXPECT_EQ(batch.facts()[2].value, -5);
  EXPECT_EQ(batch.facts()[2].start_ms, 1'764'504'000'500);
  EXPECT_EQ(batch.facts()[2].end_ms, 1'764'504'000'500);
  EXPECT_EQ(batch.facts()[2].quality, Quality::estimated);
  EXPECT_EQ(batch.facts()[2].revision, 7U);
}

TEST(JsonReadings, NdjsonIsTheSameLineByLine) {
  const Batch batch =
      decode("\n" + reading(R"("register":"power_w","value":1)") + "\r\n\n  " +
             reading(R"("register":"power_w","value":2)") + "  \n" + reading(R"("register":"nonsense","value":3)"));
  EXPECT_EQ(batch.facts().size(), 2U);
  ASSERT_EQ(batch.refusals.listed().size(), 1U);
  EXPECT_EQ(batch.refusals.listed()[0].line, 5U);
}

TEST(JsonReadings, ASingleObjectMaySpreadOverLines) {
  EXPECT_EQ(
      only_fact("{\n \"meter\": \"m\",\n \"register\": \"power_w\",\n \"time\": 1764547200000,\n \"value\": 5\n}\n")
          .value,
      5);
}

TEST(JsonReadings, DecimalsAreKeptExactly) {
  EXPECT_EQ(only_fact(reading(R"("register":"import_kwh","value":3432.827)")).value, 3432827);
  EXPECT_EQ(only_fact(reading(R"("register":"import_kwh","value":"3432.8270")")).value, 3432827);
  EXPECT_EQ(only_fact(reading(R"("register":"import_kwh","value":1e3)")).value, 1'000'000);
  EXPECT_EQ(only_fact(reading(R"("register":"import_wh","value":999999999999999999)")).value, 999'999'999'999'999'999);
  EXPECT_EQ(only_fact(reading(R"("register":"1-0:1.8.0","value":5,"unit":"kWh")")).value, 5000);
  EXPECT_EQ(only_fact(reading(R"("register":"import_kwh","value":5,"unit":"KWH")")).value, 5000);
  EXPECT_EQ(only_fact(reading(R"("register":"voltage_l1_v","value":230.1)")).value, 2301);
  EXPECT_EQ(only_fact(reading(R"("register":"heat_gj","value":240.860)")).value, 240860);
  EXPECT_EQ(only_fact(reading(R"("register":"6-0:1.0.0","value":10,"unit":"kWh")")).value, 36);
}

TEST(JsonReadings, MoreDigitsThanTheScaleAreRefused) {
  const Refusal refusal = only_refusal(reading(R"("register":"import_kwh","value":3432.8271)"));
  EXPECT_EQ(refusal.reason, Reason::precision);
  EXPECT_EQ(refusal.got, "3432.8271");
  EXPECT_EQ(refusal.limit, "whole Wh");
  expect_refused(reading(R"("register":"voltage_l1_v","value":230.15)"), Reason::precision, "230.15");
  expect_refused(reading(R"("register":"import_wh","value":0.12345678901234567890)"), Reason::precision,
                 "0.12345678901234567890");
}

TEST(JsonReadings, ValuesThatAreNone) {
  for (const char* value : {"true", "null", "\"\"", "\"abc\"", "\"NaN\"", "\" 5\"", "{}", "[1]", "\"1,5\"", "\"0x5\""})
    EXPECT_EQ(only_refusal(reading(R"("register":"power_w","value":)" + std::string(value))).reason,
              Reason::not_a_number)
        << value;
  EXPECT_EQ(only_refusal(reading(R"("register":"power_w")")).reason, Reason::not_a_number);
}

TEST(JsonReadings, NumbersFollowTheGrammarOfJson) {
  for (const char* value : {"01", ".5", "5.", "+5", "-", "1e", "0x10", "NaN", "Infinity", "1_000"})
    EXPECT_EQ(only_refusal(reading(R"("register":"power_w","value":)" + std::string(value))).reason, Reason::syntax)
        << value;
}

TEST(JsonReadings, ValuesOutOfRange) {
  expect_refused(reading(R"("register":"import_wh","value":-1)"), Reason::out_of_range, "-1");
  expect_refused(reading(R"("register":"import_mwh","value":999999999999999999)"), Reason::out_of_range,
                 "999999999999999999");
  expect_refused(reading(R"("register":"import_wh","value":99999999999999999999999)"), Reason::out_of_range,
                 "99999999999999999999999");
  EXPECT_EQ(only_fact(reading(R"("register":"net_power_w","value":-1)")).value, -1);
}

TEST(JsonReadings, UnitsThatDoNotFit) {
  expect_refused(reading(R"("register":"1-0:1.8.0","value":1,"unit":"kW")"), Reason::bad_unit, "kW");
  expect_refused(reading(R"("register":"1-0:1.8.0","value":1,"unit":"furlong")"), Reason::bad_unit, "furlong");
  expect_refused(reading(R"("register":"import_kwh","value":1,"unit":"Wh")"), Reason::bad_unit, "Wh");
  expect_refused(reading(R"("register":"import_wh","value":1,"unit":"kWh")"), Reason::bad_unit, "kWh");
  expect_refused(reading(R"("register":"1-0:1.8.0","value":1,"unit":5)"), Reason::bad_unit, "5");
}

TEST(JsonReadings, UnknownRegisters) {
  expect_refused(reading(R"("register":"import","value":1)"), Reason::unknown_register, "import");
  expect_refused(reading(R"("register":"1-0:99.8.0","value":1)"), Reason::unknown_register, "1-0:99.8.0");
  expect_refused(reading(R"("register":5,"value":1)"), Reason::unknown_register, "5");
  expect_refused(reading(R"("value":1)"), Reason::unknown_register, "");
}

TEST(JsonReadings, MeterIds) {
  const auto with = [](std::string_view meter) {
    return R"({"meter":)" + std::string(meter) + R"(,"register":"power_w","time":1764547200000,"value":1})";
  };
  EXPECT_EQ(decode(with(R"("z\u00e4hler \"1\"\/\ud83d\udd0c")"))
                .id(decode(with(R"("z\u00e4hler \"1\"\/\ud83d\udd0c")")).runs()[0]),
            "z\xC3\xA4hler \"1\"/\xF0\x9F\x94\x8C");
  for (const char* meter : {"\"\"", "5", "null", "\"a\\nb\"", "\"a\\u0000\"", "\" a\"", "\"\xFF\"", "[\"a\"]"})
    EXPECT_EQ(only_refusal(with(meter)).reason, Reason::bad_meter_id) << meter;
  EXPECT_EQ(only_refusal(with("\"" + std::string(65, 'x') + "\"")).reason, Reason::bad_meter_id);
  EXPECT_EQ(only_refusal(R"({"register":"power_w","time":1764547200000,"value":1})").reason, Reason::bad_meter_id);
}

TEST(JsonReadings, Times) {
  const auto with = [](std::string_view time) {
    return R"({"meter":"m","register":"power_w","time":)" + std::string(time) + R"(,"value":1})";
  };
  EXPECT_EQ(only_fact(with("1764547200123")).start_ms, 1'764'547'200'123);
  EXPECT_EQ(only_fact(with("\"2025-12-01T01:00:00+01:00\"")).start_ms, kNow);
  EXPECT_EQ(only_refusal(with("null")).reason, Reason::ts_missing);
  EXPECT_EQ(only_refusal(R"({"meter":"m","register":"power_w","value":1})").reason, Reason::ts_missing);
  for (const char* time :
       {"\"yesterday\"", "\"2025-12-01T00:00:00\"", "1764547200.5", "1e12", "true", "\"\"", "99999999999999999999"})
    EXPECT_EQ(only_refusal(with(time)).reason, Reason::syntax) << time;
  const Refusal old = only_refusal(with("\"2009-01-01T00:00:00Z\""));
  EXPECT_EQ(old.reason, Reason::ts_too_old);
  EXPECT_EQ(old.got, "2009-01-01T00:00:00Z");
  EXPECT_EQ(old.limit, "2015-12-04T00:00:00Z");
  EXPECT_EQ(only_refusal(with("1764547500001")).reason, Reason::ts_in_future);
}

TEST(JsonReadings, QualityAndRevision) {
  EXPECT_EQ(only_fact(reading(R"("register":"power_w","value":1,"quality":"edited")")).quality, Quality::edited);
  EXPECT_EQ(only_fact(reading(R"("register":"power_w","value":1,"quality":null,"unit":null,"revision":null)")).quality,
            Quality::actual);
  expect_refused(reading(R"("register":"power_w","value":1,"quality":"good")"), Reason::syntax, "good");
  expect_refused(reading(R"("register":"power_w","value":1,"quality":"missing")"), Reason::syntax, "missing");
  EXPECT_EQ(only_fact(reading(R"("register":"power_w","value":1,"revision":"18446744073709551615")")).revision,
            18'446'744'073'709'551'615U);
  expect_refused(reading(R"("register":"power_w","value":1,"revision":-1)"), Reason::syntax, "-1");
  JsonContext stamped = context();
  stamped.revision = 99;
  EXPECT_EQ(only_fact(reading(R"("register":"power_w","value":1)"), stamped).revision, 99U);
  EXPECT_EQ(only_fact(reading(R"("register":"power_w","value":1,"revision":3)"), stamped).revision, 3U);
}

TEST(JsonReadings, AMisspeltMemberIsRefusedWithASuggestion) {
  const Refusal refusal = only_refusal(reading(R"("register":"power_w","val":1)"));
  EXPECT_EQ(refusal.reason, Reason::syntax);
  EXPECT_EQ(refusal.got, "val");
  EXPECT_EQ(refusal.limit, "did you mean \"value\"?");
  EXPECT_EQ(only_refusal(reading(R"("register":"power_w","value":1,"temperature":{"a":[1,{}]})")).limit,
            "meter, register, time, value, unit, quality, revision");
}

TEST(JsonReadings, OfSeveralUnknownMembersTheFirstIsNamed) {
  const std::string longer(200, 'y');
  expect_refused(reading(R"("a rather long unknown member":1,")" + longer + R"(":2)"), Reason::syntax,
                 "a rather long unknown member");
}

TEST(JsonReadings, AMemberThatStandsTwiceIsRefused) {
  expect_refused(reading(R"("register":"power_w","value":1,"value":2)"), Reason::syntax, "value");
}

TEST(JsonReadings, TextRegistersTakeStrings) {
  const Batch batch = decode(reading(R"("register":"0-0:96.1.1","value":"E0044\u0020x")"));
  ASSERT_EQ(batch.facts().size(), 1U);
  EXPECT_EQ(batch.texts().at(batch.facts()[0].value), "E0044 x");
  EXPECT_EQ(only_refusal(reading(R"("register":"0-0:96.1.1","value":5)")).reason, Reason::syntax);
  EXPECT_EQ(only_refusal(reading(R"("register":"0-0:96.1.1","value":")" + std::string(1025, 'x') + "\"")).reason,
            Reason::too_large);
}

TEST(JsonReadings, OneBadElementDoesNotSpoilTheOthers) {
  const std::string good = reading(R"("register":"power_w","value":1)");
  const Batch batch = decode("[" + good + "," + reading(R"("register":"nonsense","value":1)") + "," + good +
                             R"(,{"meter":"m" "time":5},)" + good + R"(,5,"x",null,)" + good +
                             R"(,{"meter":"unclosed},)" + "\n" + good + "]");
  EXPECT_EQ(batch.facts().size(), 4U);
  ASSERT_EQ(batch.refusals.listed().size(), 6U);
  EXPECT_EQ(batch.refusals.listed()[0].line, 2U);
  EXPECT_EQ(batch.refusals.listed()[1].line, 4U);
  EXPECT_EQ(batch.refusals.listed()[2].line, 6U);
  EXPECT_EQ(batch.refusals.listed()[3].line, 7U);
  EXPECT_EQ(batch.refusals.listed()[4].line, 8U);
  EXPECT_EQ(batch.refusals.listed()[5].line, 10U);  // swallows its neighbour, whose quotes it confused
}

TEST(JsonReadings, OneBadLineDoesNotSpoilTheOthers) {
  const std::string good = reading(R"("register":"power_w","value":1)") + "\n";
  const Batch batch = decode(good + "{\"meter\":\"m\",\"ti\n" + good + "nonsense\n" + good + "[1]\n" + good +
                             good.substr(0, good.size() - 1) + ",\n" + "{}{}\n" + good);
  EXPECT_EQ(batch.facts().size(), 5U);
  ASSERT_EQ(batch.refusals.listed().size(), 5U);
  EXPECT_EQ(batch.refusals.listed()[0].line, 2U);
  EXPECT_EQ(batch.refusals.listed()[1].line, 4U);
  EXPECT_EQ(batch.refusals.listed()[2].line, 6U);
  EXPECT_EQ(batch.refusals.listed()[3].line, 8U);
  EXPECT_EQ(batch.refusals.listed()[4].line, 9U);
}

TEST(JsonReadings, ATruncatedDocumentKeepsWhatWasWhole) {
  const std::string good = reading(R"("register":"power_w","value":1)");
  const std::string array = "[" + good + "," + good + "," + good + "]";
  for (std::size_t size = 0; size < array.size(); ++size) {
    const Batch batch = decode(std::string_view(array).substr(0, size));
    const std::size_t whole = size <= good.size()           ? 0
                              : size <= 2 * good.size() + 1 ? 1
                              : size <= 3 * good.size() + 2 ? 2
                                                            : 3;
    EXPECT_EQ(batch.facts().size(), whole) << size;
    EXPECT_EQ(batch.refusals.total(), size == 0 ? 0U : 1U) << size;
    for (const Refusal& refusal : batch.refusals.listed()) EXPECT_EQ(refusal.line, whole + 1) << size;
  }
  const Batch lines = decode(good + "\n" + good + "\n" + good.substr(0, 20));
  EXPECT_EQ(lines.facts().size(), 2U);
  ASSERT_EQ(lines.refusals.total(), 1U);
  EXPECT_EQ(lines.refusals.listed()[0].line, 3U);
}

TEST(JsonReadings, ArraysEndWithTheirBracket) {
  const std::string good = reading(R"("register":"power_w","value":1)");
  EXPECT_EQ(decode("[]").refusals.total(), 0U);
  EXPECT_EQ(decode(" [ ] \n").refusals.total(), 0U);
  EXPECT_EQ(decode("\xEF\xBB\xBF[" + good + "]").facts().size(), 1U);
  for (const std::string& body : {"[" + good + ",]", "[" + good + "] x", "[" + good + " 5]", "[" + good + "}"}) {
    EXPECT_EQ(decode(body).facts().size(), 1U) << body;
    EXPECT_EQ(decode(body).refusals.count(Reason::syntax), 1U) << body;
    EXPECT_EQ(decode(body).refusals.listed()[0].line, 2U) << body;
  }
  const Batch no_comma = decode("[" + good + good + "," + good + "]");
  EXPECT_EQ(no_comma.facts().size(), 2U);
  EXPECT_EQ(no_comma.refusals.listed()[0].limit, "a comma before this element");
}

TEST(JsonReadings, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return reading(R"("register":"power_w","value":)" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_EQ(only_refusal(nested(16)).reason, Reason::not_a_number);
  EXPECT_EQ(only_refusal(nested(17)).reason, Reason::syntax);
  EXPECT_EQ(only_refusal(nested(100'000)).reason, Reason::syntax);
  EXPECT_EQ(only_refusal("[" + std::string(100'000, '[')).reason, Reason::syntax);
}

TEST(JsonReadings, ABatchHasALimit) {
  std::string body = "[";
  for (std::size_t i = 0; i < kBatchReadingsMax + 3; ++i) {
    if (i != 0) body += ",";
    body += R"({"meter":"m","register":"power_w","time":1764547200000,"value":1})";
  }
  const Batch batch = decode(body + "]");
  EXPECT_EQ(batch.facts().size(), kBatchReadingsMax);
  EXPECT_EQ(batch.refusals.count(Reason::too_large), 3U);
}

}  // namespace
}  // namespace wattring::gateway
