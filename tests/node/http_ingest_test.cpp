// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "base/limits.hpp"
#include "node/gateway/p1_telegram.hpp"
#include "node/http/ingest_reply.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

using gateway::AckClass;
using gateway::IngestReply;
using gateway::Reason;

constexpr std::string_view kGoodLine = "energy,meter=M1 import_kwh=1.5 1770814931000000000\n";

std::string lines(int count) {
  std::string body;
  for (int i = 0; i < count; ++i)
    body += "energy,meter=M" + std::to_string(i % 1000) + " import_wh=" + std::to_string(i) + " 1770814931000000000\n";
  return body;
}

TEST(InfluxWrite, StoresLinesAndAnswersWithoutABody) {
  for (const char* target : {"/write?db=x&precision=ns", "/api/v2/write?org=o&bucket=b"}) {
    ApiFixture fixture;
    const Response response = fixture.post(target, std::string(kGoodLine));
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.body, "");
    ASSERT_EQ(fixture.ingest.facts(), 1U);
    const Fact& fact = fixture.ingest.batches[0].facts()[0];
    EXPECT_EQ(fact.reg, kImport);
    EXPECT_EQ(fact.value, 1500);
    EXPECT_EQ(fact.start_ms, kTestNowMs);
    EXPECT_EQ(fact.revision, static_cast<std::uint64_t>(kTestNowMs)) << "the latest write of a point wins";
  }
}

TEST(InfluxWrite, DoesNotStampARevisionWhenToldNotTo) {
  IngestApi::Options options;
  options.line_overwrite_latest = false;
  ApiFixture fixture(options);
  EXPECT_EQ(fixture.post("/write", std::string(kGoodLine)).status, 204);
  EXPECT_EQ(fixture.ingest.batches[0].facts()[0].revision, 0U);
}

TEST(InfluxWrite, TakesThePrecisionOfBothApis) {
  for (const auto& [precision, text] : {std::pair{"s", "1770814931"},
                                        {"ms", "1770814931000"},
                                        {"u", "1770814931000000"},
                                        {"n", "1770814931000000000"}}) {
    ApiFixture fixture;
    const std::string line = std::string("energy,meter=M1 import_wh=1 ") + text;
    EXPECT_EQ(fixture.post(std::string("/write?precision=") + precision, line).status, 204) << precision;
    EXPECT_EQ(fixture.ingest.batches[0].facts()[0].start_ms, kTestNowMs);
  }
  ApiFixture fixture;
  const Response response = fixture.post("/write?precision=fortnight", std::string(kGoodLine));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(parse(response)["error"]["hint"].get<std::string>().find("ns, us, ms, s, m, h"), std::string::npos);
  EXPECT_EQ(fixture.ingest.facts(), 0U);
}

TEST(InfluxWrite, AMisspeltParameterIsRefusedBecauseItMeantSomething) {
  ApiFixture fixture;
  const Response response = fixture.post("/write?precisio=s", std::string(kGoodLine));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(parse(response)["error"]["hint"].get<std::string>().find("did you mean \"precision\""), std::string::npos);
}

TEST(InfluxWrite, KeepsGoodLinesAndListsTheBadOnes) {
  ApiFixture fixture;
  const Response response =
      fixture.post("/write", std::string(kGoodLine) + "energy,meter=M1 volts=1 1770814931000000000\n" +
                                 "energy,meter=M2 import_kwh=2 1000000000\n");
  EXPECT_EQ(response.status, 400);
  const auto json = parse(response);
  EXPECT_EQ(json["stored"], 1);
  EXPECT_EQ(json["refused_total"], 2);
  EXPECT_EQ(json["refused"][0]["line"], 2);
  EXPECT_EQ(json["refused"][0]["reason"], "UNKNOWN_REGISTER");
  EXPECT_EQ(json["refused"][0]["got"], "volts");
  EXPECT_EQ(json["refused"][1]["line"], 3);
  EXPECT_EQ(json["refused"][1]["reason"], "TS_TOO_OLD");
  EXPECT_FALSE(json["refused"][1]["limit"].get<std::string>().empty());
  EXPECT_EQ(json["class"], "SINGLE");
  EXPECT_EQ(json["copies"], 1);
  EXPECT_EQ(json["unknown_total"], 0);
  EXPECT_EQ(json["error"].get<std::string>().substr(0, 14), "partial write:") << "what tells Telegraf not to repeat it";
  EXPECT_EQ(json["code"], "invalid");
  EXPECT_EQ(json["message"], json["error"]);
}

TEST(InfluxWrite, AnEmptyBodyIsNothingToStore) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.post("/write", "").status, 204);
  EXPECT_EQ(fixture.post("/write", "\n# comment\n\n").status, 204);
}

TEST(InfluxWrite, CutsALargeBodyIntoBatchesAndKeepsLineNumbers) {
  ApiFixture fixture;
  std::string body = lines(60'000);
  body += "energy,meter=M1 volts=1\n";
  const Response response = fixture.post("/write", body);
  EXPECT_EQ(response.status, 400);
  const auto json = parse(response);
  EXPECT_EQ(json["stored"], 60'000);
  EXPECT_EQ(json["refused"][0]["line"], 60'001);
  EXPECT_GT(fixture.ingest.batches.size(), 2U);
  for (const gateway::Batch& batch : fixture.ingest.batches) EXPECT_LE(batch.facts().size(), kBatchReadingsMax);
}

TEST(InfluxWrite, TheShortestReadingsFitIntoBatchesToo) {
  ApiFixture fixture;
  std::string body;
  while (body.size() < 2'000'000) {
    body += "e,meter=M gas_m3=1";
    for (int i = 0; i < 100; ++i) body += ",gas_m3=1";
    body += " 1770814931000000000\n";
  }
  EXPECT_EQ(fixture.post("/write", body).status, 204);
}

TEST(InfluxWrite, WhatWasTurnedAwayIsToBeSentAgain) {
  ApiFixture fixture;
  fixture.ingest.orders.emplace_back([](IngestReply& reply) {
    reply = IngestReply{};
    reply.turned_away = Reason::busy;
    reply.retry_after_ms = 2'500;
  });
  const Response response = fixture.post("/write", std::string(kGoodLine));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "3");
  const auto json = parse(response);
  EXPECT_EQ(json["error"]["code"], "BUSY");
  EXPECT_EQ(json["stored"], 0);
  EXPECT_EQ(json["class"], "NONE");
}

TEST(InfluxWrite, AFullDiskSaysSo) {
  ApiFixture fixture;
  fixture.ingest.orders.emplace_back([](IngestReply& reply) {
    reply = IngestReply{};
    reply.turned_away = Reason::disk_reserve;
    reply.retry_after_ms = 5'000;
  });
  const Response response = fixture.post("/write", std::string(kGoodLine));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "5");
  EXPECT_EQ(parse(response)["error"]["code"], "DISK_RESERVE");
}

TEST(InfluxWrite, WhatIsUnknownIsToBeSentAgainEvenWhenSomethingWasRefused) {
  ApiFixture fixture;
  fixture.ingest.orders.emplace_back([](IngestReply& reply) {
    reply.stored = 0;
    reply.unknown_total = 1;
  });
  const Response response = fixture.post("/write", std::string(kGoodLine) + "energy,meter=M1 volts=1\n");
  EXPECT_EQ(response.status, 503);
  const auto json = parse(response);
  EXPECT_EQ(json["error"]["code"], "NOT_ENOUGH_COPIES");
  EXPECT_EQ(json["unknown_total"], 1);
  EXPECT_EQ(json["refused_total"], 1);
}

TEST(InfluxWrite, StopsWhenABatchIsTurnedAwayAndSaysWhatIsStored) {
  ApiFixture fixture;
  fixture.ingest.orders.emplace_back([](IngestReply&) {});
  fixture.ingest.orders.emplace_back([](IngestReply& reply) {
    reply = IngestReply{};
    reply.turned_away = Reason::busy;
  });
  const Response response = fixture.post("/write", lines(100'000));
  EXPECT_EQ(response.status, 503);
  EXPECT_GT(parse(response)["stored"].get<int>(), 0);
  EXPECT_EQ(fixture.ingest.batches.size(), 2U);
}

TEST(InfluxWrite, AReplyThatDoesNotComeLeavesTheOutcomeUnknown) {
  IngestApi::Options options;
  options.wait_ms = 0;
  ApiFixture fixture(options);
  fixture.ingest.hold_replies = true;
  const Response response = fixture.post("/write", std::string(kGoodLine) + std::string(kGoodLine));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(parse(response)["unknown_total"], 2);
  fixture.ingest.release();
}

TEST(IngestOutcome, PromisesNoMoreThanTheWeakestBatch) {
  IngestOutcome outcome;
  IngestReply durable;
  durable.stored = 5;
  durable.ack = AckClass::durable;
  durable.copies = 3;
  durable.token = "a";
  IngestReply held = durable;
  held.ack = AckClass::held;
  held.copies = 2;
  held.token = "b";
  IngestReply nothing;
  outcome.add(std::move(durable));
  outcome.add(std::move(held));
  outcome.add(std::move(nothing));
  EXPECT_EQ(outcome.total.stored, 10U);
  EXPECT_EQ(outcome.total.ack, AckClass::held);
  EXPECT_EQ(outcome.total.copies, 2);
  EXPECT_EQ(outcome.total.token, "b");
  const auto json = parse(native_response(outcome));
  EXPECT_EQ(json, nlohmann::json::parse(R"({"stored":10,"refused":[],"refused_total":0,"unknown":[],"unknown_total":0,
    "class":"HELD","copies":2,"token":"b"})"));
}

TEST(IngestOutcome, CountsRefusalsBeyondThoseThatAreListed) {
  IngestOutcome outcome;
  for (int batch = 0; batch < 2; ++batch) {
    IngestReply reply;
    for (std::uint32_t i = 1; i <= 150; ++i)
      reply.refusals.add(i, i % 2 == 0 ? Reason::syntax : Reason::precision, "x");
    outcome.add(std::move(reply), 1000);
  }
  EXPECT_EQ(outcome.total.refusals.total(), 300U);
  EXPECT_EQ(outcome.total.refusals.count(Reason::syntax), 150U);
  EXPECT_EQ(outcome.total.refusals.listed().size(), 100U);
  EXPECT_EQ(outcome.total.refusals.listed().front().line, 1001U);
}

TEST(IngestOutcome, OnTheNativeEndpointsUnknownBesideStoredIsAnAnswerToReadAndAloneAReasonToRepeat) {
  IngestOutcome some;
  some.total.stored = 1;
  some.total.unknown_total = 2;
  EXPECT_EQ(native_response(some).status, 200);
  IngestOutcome none;
  none.total.unknown_total = 2;
  EXPECT_EQ(native_response(none).status, 503);
  EXPECT_EQ(influx_response(some).status, 503);
}

TEST(PackedBodies, AreUnpacked) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.post("/write", gzip(lines(20'000)), "gzip").status, 204);
  EXPECT_EQ(fixture.ingest.facts(), 20'000U);
  EXPECT_EQ(fixture.budget.free_bytes(), 512U << 20U) << "the room is given back";
}

TEST(PackedBodies, ThatShrankAThousandfoldAreUnpackedUpToTheLimit) {
  IngestApi::Options options;
  options.unpacked_bytes_max = 4U << 20U;
  ApiFixture fixture(options);
  EXPECT_EQ(
      fixture
          .post("/write", gzip("#" + std::string(60'000, 'x') + "\n" + std::string((4U << 20U) - 60'002, '\n')), "gzip")
          .status,
      204);
  const Response response = fixture.post("/write", gzip(std::string((4U << 20U) + 1, '\n')), "gzip");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(parse(response)["error"]["code"], "TOO_LARGE");
  EXPECT_NE(parse(response)["error"]["message"].get<std::string>().find("4194304"), std::string::npos);
  EXPECT_EQ(fixture.budget.free_bytes(), 512U << 20U);
}

TEST(PackedBodies, ThatAreDamagedOrOtherwisePackedAreRefusedWhole) {
  ApiFixture fixture;
  const std::string packed = gzip(lines(1'000));
  EXPECT_EQ(fixture.post("/write", packed.substr(0, packed.size() / 2), "gzip").status, 400);
  EXPECT_EQ(parse(fixture.post("/write", "not gzip", "gzip"))["error"]["code"], "BAD_FRAME");
  EXPECT_EQ(fixture.post("/write", "", "gzip").status, 400);
  const Response other = fixture.post("/write", packed, "br");
  EXPECT_EQ(other.status, 415);
  EXPECT_EQ(parse(other)["error"]["hint"], "accepted: gzip");
  EXPECT_EQ(fixture.ingest.facts(), 0U);
}

TEST(PackedBodies, BeyondTheMemoryOfAllBodiesAreTurnedAway) {
  ApiFixture fixture;
  BodyBudget::Share other(fixture.budget);
  ASSERT_TRUE(other.grow_to((512U << 20U) - 1000));
  const Response response = fixture.post("/write", gzip(lines(10)), "gzip");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(parse(response)["error"]["code"], "BUSY");
  EXPECT_EQ(header(response, "Retry-After"), "1");
}

constexpr std::string_view kObject = R"({"meter":"M1","register":"import_kwh","time":1770814931000,"value":1.5})";

TEST(JsonReadings, TakesAnArrayOrObjectsLineByLine) {
  for (const std::string& body :
       {"[" + std::string(kObject) + "]", std::string(kObject), std::string(kObject) + "\n"}) {
    ApiFixture fixture;
    const Response response = fixture.post("/api/v1/readings", body);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(parse(response),
              nlohmann::json::parse(R"({"stored":1,"refused":[],"refused_total":0,"unknown":[],"unknown_total":0,
      "class":"SINGLE","copies":1,"token":"t1"})"));
    const Fact& fact = fixture.ingest.batches.at(0).facts().at(0);
    EXPECT_EQ(fact.value, 1500);
    EXPECT_EQ(fact.revision, 0U) << "no one overwrites silently here";
  }
}

TEST(JsonReadings, RefusesEachBadOneAndKeepsTheOthers) {
  ApiFixture fixture;
  const std::string body =
      "[" + std::string(kObject) +
      R"(,{"meter":"M1","register":"import_wh","time":1770814931000,"value":1.5},{"meter":"","register":"x"}])";
  const Response response = fixture.post("/api/v1/readings", body);
  EXPECT_EQ(response.status, 200);
  const auto json = parse(response);
  EXPECT_EQ(json["stored"], 1);
  EXPECT_EQ(json["refused_total"], 2);
  EXPECT_EQ(json["refused"][0]["line"], 2);
  EXPECT_EQ(json["refused"][0]["reason"], "PRECISION");
  EXPECT_EQ(json["refused"][1]["reason"], "BAD_METER_ID");
}

TEST(JsonReadings, WhatIsNoJsonIsRefusedAsSyntax) {
  ApiFixture fixture;
  const Response response = fixture.post("/api/v1/readings", "\xff\xfe not json");
  EXPECT_EQ(response.status, 200);
  const auto json = parse(response);
  EXPECT_EQ(json["stored"], 0);
  EXPECT_EQ(json["class"], "NONE");
  EXPECT_EQ(json["refused"][0]["reason"], "SYNTAX");
}

TEST(JsonReadings, LinesAreNumberedThroughALargeBody) {
  ApiFixture fixture;
  std::string body;
  for (int i = 0; i < 30'000; ++i) body += std::string(kObject) + "\n";
  body += "{\n";
  const auto json = parse(fixture.post("/api/v1/readings", body));
  EXPECT_EQ(json["stored"], 30'000);
  EXPECT_EQ(json["refused"][0]["line"], 30'001);
  EXPECT_GT(fixture.ingest.batches.size(), 2U);
}

TEST(JsonReadings, TakeNoParameters) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.post("/api/v1/readings?meter=M1", std::string(kObject)).status, 400);
}

std::string telegram(std::string_view value, std::string_view time = "260211140211W") {
  const std::string text = "/ISK5\\2M550T-1012\r\n\r\n0-0:1.0.0(" + std::string(time) +
                           ")\r\n0-0:96.1.1(4530303033303030303030303030303031)\r\n1-0:1.8.1(" + std::string(value) +
                           "*kWh)\r\n!";
  std::array<char, 8> checksum{};
  std::snprintf(checksum.data(), checksum.size(), "%04X\r\n", static_cast<unsigned>(gateway::crc16_arc(text)));
  return text + checksum.data();
}

std::string damaged_telegram() {
  std::string text = telegram("000000.002");
  text[text.find("000000.002")] = '9';
  return text;
}

TEST(Telegrams, AreStoredUnderTheGivenMeterInTheGivenZone) {
  ApiFixture fixture;
  const Response response =
      fixture.post("/api/v1/telegrams?meter=House%201&zone=Europe/Brussels", telegram("001000.001"));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(parse(response)["class"], "SINGLE") << response.body;
  ASSERT_EQ(fixture.ingest.batches.size(), 1U);
  const gateway::Batch& batch = fixture.ingest.batches[0];
  ASSERT_FALSE(batch.runs().empty());
  EXPECT_EQ(batch.id(batch.runs()[0]), "House 1");
  const auto found = std::find_if(batch.facts().begin(), batch.facts().end(),
                                  [](const Fact& fact) { return fact.reg == obis(1, 0, 1, 8, 1); });
  ASSERT_NE(found, batch.facts().end());
  EXPECT_EQ(found->value, 1'000'001);
  EXPECT_EQ(found->start_ms, kTestNowMs);
}

TEST(Telegrams, WithoutAMeterGoByTheirEquipmentId) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.post("/api/v1/telegrams", telegram("000000.001")).status, 200);
  const gateway::Batch& batch = fixture.ingest.batches.at(0);
  EXPECT_EQ(batch.id(batch.runs().at(0)), "E0003000000000001");
}

TEST(Telegrams, ThatAreDamagedAreRefusedByNumberAndTheOthersKept) {
  ApiFixture fixture;
  const Response response = fixture.post("/api/v1/telegrams", telegram("000000.001") + damaged_telegram());
  EXPECT_EQ(response.status, 200);
  const auto json = parse(response);
  EXPECT_GT(json["stored"].get<int>(), 0);
  EXPECT_EQ(json["refused"][0]["line"], 2);
  EXPECT_EQ(json["refused"][0]["reason"], "BAD_CRC");
}

TEST(Telegrams, InALargeBodyAreCutBetweenTelegramsAndNumberedThrough) {
  ApiFixture fixture;
  std::string body;
  int count = 0;
  while (body.size() < 2'000'000) {
    body += telegram("000000.001");
    ++count;
  }
  const auto json = parse(fixture.post("/api/v1/telegrams", body + damaged_telegram()));
  EXPECT_EQ(json["refused_total"], 1);
  EXPECT_EQ(json["refused"][0]["line"], count + 1);
  EXPECT_GT(fixture.ingest.batches.size(), 1U);
}

TEST(Telegrams, RefuseAMeterIdOrAZoneThatIsNone) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.post("/api/v1/telegrams?meter=" + std::string(65, 'a'), telegram("1")).status, 400);
  EXPECT_EQ(fixture.post("/api/v1/telegrams?meter=a%0a", telegram("1")).status, 400);
  EXPECT_EQ(fixture.post("/api/v1/telegrams?zone=Mars/Olympus", telegram("1")).status, 400);
  EXPECT_EQ(fixture.post("/api/v1/telegrams?meters=a", telegram("1")).status, 400);
  EXPECT_EQ(fixture.ingest.facts(), 0U);
}

}  // namespace
}  // namespace wattring::http
