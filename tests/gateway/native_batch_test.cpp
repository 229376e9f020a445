// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>

#include "tests/gateway/native_frames.hpp"

namespace wattring::gateway::native {
namespace {

Batch example_batch() {
  Batch batch;
  batch.meter("m1");
  batch.add(reading(kImport, kTestNowMs, 3'432'827));
  batch.add(reading(kPower, kTestNowMs, 431));
  batch.meter("m2");
  Fact estimated = reading(kImport, kTestNowMs - 900'000, 120);
  estimated.quality = Quality::estimated;
  estimated.method = 3;
  estimated.revision = 5;
  batch.add(estimated);
  return batch;
}

std::string encoded(const Batch& batch, std::uint64_t id = 9) {
  std::string frame;
  const auto result = encode_batch(id, batch, frame);
  EXPECT_TRUE(result) << (result ? "" : result.error().text());
  return frame;
}

/// The one refusal of a frame with one reading.
Refusal refusal_of(const std::string& frame) {
  const Batch batch = decoded(frame);
  EXPECT_TRUE(batch.facts().empty());
  EXPECT_EQ(batch.refusals.total(), 1U);
  return batch.refusals.listed().empty() ? Refusal{} : batch.refusals.listed().front();
}

void expect_refused(const std::string& frame, Reason reason) {
  const Refusal refusal = refusal_of(frame);
  EXPECT_EQ(refusal.line, 1U);
  EXPECT_EQ(to_string(refusal.reason), to_string(reason)) << refusal.got;
}

void expect_whole_refused(const std::string& frame, Reason reason = Reason::bad_frame) {
  const Refusal refusal = refusal_of(frame);
  EXPECT_EQ(refusal.line, 0U);
  EXPECT_EQ(to_string(refusal.reason), to_string(reason)) << refusal.got << ", " << refusal.limit;
}

void expect_same(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.facts(), b.facts());
  EXPECT_EQ(a.texts(), b.texts());
  ASSERT_EQ(a.runs().size(), b.runs().size());
  for (std::size_t i = 0; i < a.runs().size(); ++i) {
    EXPECT_EQ(a.id(a.runs()[i]), b.id(b.runs()[i]));
    EXPECT_EQ(a.runs()[i].fact_count, b.runs()[i].fact_count);
  }
}

TEST(NativeBatch, ComesBackAsItWasEncoded) {
  Batch batch = example_batch();
  batch.add_text(kEquipment, kTestNowMs, "E0047000");
  Fact interval = reading(kExport, kTestNowMs - 900'000, 250);
  interval.end_ms = kTestNowMs;
  interval.flags = kFlagRounded;
  batch.add(interval);
  const Batch back = decoded(encoded(batch));
  EXPECT_EQ(back.refusals.total(), 0U);
  expect_same(batch, back);
}

TEST(NativeBatch, OfMsgpackCIsUnderstood) {
  const Batch batch = decoded(batch_frame(3, [](Packer& packer) {
    packer.pack_array(2).pack(kImport.packed).pack("power_w");
    packer.pack_array(2);
    packer.pack_array(2).pack("m1").pack_array(2);
    packer.pack_array(3).pack(0).pack(0).pack(3'432'827);
    packer.pack_array(3).pack(1).pack(0).pack(431);
    packer.pack_array(2).pack("m2").pack_array(1);
    packer.pack_array(6).pack(0).pack(-900'000).pack(120).pack(1).pack(3).pack(5);
  }));
  EXPECT_EQ(batch.refusals.total(), 0U);
  expect_same(batch, example_batch());
}

TEST(NativeBatch, IsUnderstoodByMsgpackC) {
  const std::string frame = encoded(example_batch());
  const msgpack::object_handle handle = msgpack::unpack(frame.data() + kHeaderBytes, frame.size() - kHeaderBytes);
  std::ostringstream shown;
  shown << handle.get();
  EXPECT_EQ(shown.str(),
            "[9,1700000000000,3,[1099528929535,1099528863999],"
            "[[\"m1\",[[0,0,3432827],[1,0,431]]],[\"m2\",[[0,-900000,120,1,3,5]]]]]");
}

TEST(NativeBatch, WithoutReadingsIsOneWithoutReadings) {
  const Batch back = decoded(encoded(Batch{}));
  EXPECT_TRUE(back.facts().empty());
  EXPECT_EQ(back.refusals.total(), 0U);
}

TEST(NativeBatch, KeepsEveryIntegerExactly) {
  for (const std::int64_t value : {std::int64_t{0},
                                   std::int64_t{127},
                                   std::int64_t{128},
                                   std::int64_t{255},
                                   std::int64_t{256},
                                   std::int64_t{65'535},
                                   std::int64_t{65'536},
                                   std::int64_t{4'294'967'295},
                                   std::int64_t{4'294'967'296},
                                   std::int64_t{-1},
                                   std::int64_t{-32},
                                   std::int64_t{-33},
                                   std::int64_t{-128},
                                   std::int64_t{-129},
                                   std::int64_t{-32'768},
                                   std::int64_t{-32'769},
                                   std::int64_t{-2'147'483'648},
                                   std::int64_t{-2'147'483'649},
                                   std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min()}) {
    Batch batch;
    batch.meter("m1");
    batch.add(reading(kPower, kTestNowMs, value));
    const Batch back = decoded(encoded(batch));
    ASSERT_EQ(back.facts().size(), 1U) << value;
    EXPECT_EQ(back.facts()[0].value, value);
  }
}

TEST(NativeBatch, ConvertsValuesThatComeUnderAnAliasWithAUnit) {
  const Batch whole = decoded(one_reading("import_kwh", 2, [](Packer& packer) { packer.pack(0).pack(12); }));
  ASSERT_EQ(whole.facts().size(), 1U);
  EXPECT_EQ(whole.facts()[0], reading(kImport, kTestNowMs, 12'000));
  const Batch numeral = decoded(one_reading("import_kwh", 2, [](Packer& packer) { packer.pack(0).pack("12.345"); }));
  ASSERT_EQ(numeral.facts().size(), 1U);
  EXPECT_EQ(numeral.facts()[0].value, 12'345);
  EXPECT_EQ(numeral.facts()[0].flags, 0);
}

TEST(NativeBatch, RoundsDigitsBeyondTheScaleAndSaysSo) {
  const Batch batch = decoded(one_reading("import_kwh", 2, [](Packer& packer) { packer.pack(0).pack("0.0025"); }));
  ASSERT_EQ(batch.facts().size(), 1U);
  EXPECT_EQ(batch.facts()[0].value, 2);
  EXPECT_EQ(batch.facts()[0].flags, kFlagRounded);
}

TEST(NativeBatch, RefusesReadingsThatAreNoFactsAndKeepsTheOthers) {
  const Batch batch = decoded(batch_frame(5, [](Packer& packer) {
    packer.pack_array(2).pack(kImport.packed).pack("no_such_register");
    packer.pack_array(2);
    packer.pack_array(2).pack("m1").pack_array(3);
    packer.pack_array(3).pack(0).pack(0).pack(1);
    packer.pack_array(3).pack(1).pack(0).pack(2);
    packer.pack_array(3).pack(0).pack(400'000).pack(3);
    packer.pack_array(2).pack(" m2").pack_array(2);
    packer.pack_array(3).pack(0).pack(0).pack(4);
    packer.pack_array(3).pack(0).pack(0).pack(5);
  }));
  ASSERT_EQ(batch.facts().size(), 1U);
  EXPECT_EQ(batch.facts()[0].value, 1);
  ASSERT_EQ(batch.runs().size(), 1U);
  ASSERT_EQ(batch.refusals.total(), 4U);
  const auto& listed = batch.refusals.listed();
  EXPECT_EQ(listed[0].line, 2U);
  EXPECT_EQ(listed[0].reason, Reason::unknown_register);
  EXPECT_EQ(listed[0].got, "no_such_register");
  EXPECT_EQ(listed[1].line, 3U);
  EXPECT_EQ(listed[1].reason, Reason::ts_in_future);
  EXPECT_EQ(listed[1].got, "2023-11-14T22:20:00Z");
  EXPECT_EQ(listed[1].limit, "2023-11-14T22:18:20Z");
  EXPECT_EQ(listed[2].reason, Reason::bad_meter_id);
  EXPECT_EQ(listed[3].line, 5U);
}

TEST(NativeBatch, NamesTheReasonOfEachRefusal) {
  const auto items = [](auto... values) { return [values...](Packer& packer) { (packer.pack(values), ...); }; };
  const std::int64_t far = std::numeric_limits<std::int64_t>::max();
  expect_refused(one_reading("import_wh", 2, items(-2'000'000'000, 1)), Reason::ts_too_old);
  expect_refused(one_reading("import_wh", 2, items(far, 1)), Reason::ts_in_future);
  expect_refused(one_reading("import_wh", 2, items(msgpack::type::nil_t{}, 1)), Reason::ts_missing);
  expect_refused(one_reading("import_wh", 2, items(0, -1)), Reason::out_of_range);
  expect_refused(one_reading("power_w", 2, items(0, std::numeric_limits<std::uint64_t>::max())), Reason::out_of_range);
  expect_refused(one_reading("import_kwh", 2, items(0, far)), Reason::out_of_range);
  expect_refused(one_reading("power_w", 2, items(0, 1.5)), Reason::not_a_number);
  expect_refused(one_reading("power_w", 2, items(0, true)), Reason::not_a_number);
  expect_refused(one_reading("power_w", 2, items(0, "12,5")), Reason::not_a_number);
  expect_refused(one_reading("power_w", 3, items(0, 1, 6)), Reason::out_of_range);
  expect_refused(one_reading("power_w", 4, items(0, 1, 3, 256)), Reason::out_of_range);
  expect_refused(one_reading("power_w", 6, items(0, 1, 3, 0, 0, -1)), Reason::out_of_range);
  expect_refused(one_reading("power_w", 6, items(0, 1, 3, 0, 0, 400'000)), Reason::ts_in_future);
  expect_refused(one_reading("power_w", 7, items(0, 1, 3, 0, 0, 0, 8)), Reason::out_of_range);
  expect_refused(one_reading("0-0:96.1.1", 2, items(0, 12)), Reason::syntax);
  expect_refused(one_reading("0-0:96.1.1", 2, items(0, "\xff")), Reason::syntax);
  expect_refused(one_reading("0-0:96.1.1", 3, items(0, "text", 3)), Reason::syntax);
  expect_refused(one_reading("0-0:96.1.1", 2, items(0, std::string(1025, 'x'))), Reason::too_large);
  expect_refused(one_reading("power_w", 2, items(0, 1), ""), Reason::bad_meter_id);
  expect_refused(one_reading("power_w", 2, items(0, 1), std::string(65, 'm')), Reason::bad_meter_id);
}

TEST(NativeBatch, RefusesAReadingOfARegisterThatTheTableDoesNotHave) {
  const Refusal refusal = refusal_of(batch_frame(1, [](Packer& packer) {
    packer.pack_array(1).pack(kImport.packed);
    packer.pack_array(1).pack_array(2).pack("m1").pack_array(1).pack_array(3).pack(7).pack(0).pack(1);
  }));
  EXPECT_EQ(refusal.reason, Reason::unknown_register);
  EXPECT_EQ(refusal.got, "entry 7");
}

TEST(NativeBatch, CountsAReadingWithSeveralFaultsOnce) {
  const Refusal refusal = refusal_of(one_reading(
      "no_such_register", 3, [](Packer& packer) { packer.pack(-2'000'000'000).pack(1.5).pack(99); }, " bad id"));
  EXPECT_EQ(refusal.reason, Reason::bad_meter_id);
}

TEST(NativeBatch, CutShortAnywhereIsRefusedAsAWhole) {
  const std::string frame = encoded(example_batch());
  for (std::size_t size = 0; size < frame.size(); ++size) expect_whole_refused(frame.substr(0, size));
  expect_whole_refused(frame + '\0');
}

TEST(NativeBatch, ThatDoesNotHoldWhatItAnnouncesIsRefusedAsAWhole) {
  const auto one_meter = [](Packer& packer) {
    packer.pack_array(1).pack(kImport.packed);
    packer.pack_array(1).pack_array(2).pack("m1").pack_array(1).pack_array(3).pack(0).pack(0).pack(1);
  };
  ASSERT_EQ(decoded(batch_frame(1, one_meter)).facts().size(), 1U);
  expect_whole_refused(batch_frame(2, one_meter));
  expect_whole_refused(batch_frame(0, one_meter));
  expect_whole_refused(batch_frame(kBatchReadingsMax + 1, one_meter), Reason::too_large);
}

TEST(NativeBatch, WithARegisterTableOrFrameOverTheLimitIsRefusedAsAWhole) {
  expect_whole_refused(batch_frame(0,
                                   [](Packer& packer) {
                                     packer.pack_array(kRegistersMax + 1);
                                     for (std::size_t i = 0; i <= kRegistersMax; ++i) packer.pack(i);
                                     packer.pack_array(0);
                                   }),
                       Reason::too_large);
  std::string frame = encoded(example_batch());
  frame.resize(kBatchBytesMax + 1);
  expect_whole_refused(frame, Reason::too_large);
}

TEST(NativeBatch, ThatClaimsHugeArraysAllocatesLittle) {
  // 4294967295 meters, then 100000 readings, in a handful of bytes.
  std::string frame = frame_of(FrameType::batch, packed([](Packer& packer) {
                                 packer.pack_array(5).pack(1).pack(kTestNowMs).pack(100'000).pack_array(0);
                               }));
  frame += std::string("\xdd\xff\xff\xff\xff", 5);
  const Batch batch = decoded(frame);
  EXPECT_EQ(batch.refusals.listed().at(0).reason, Reason::bad_frame);
  EXPECT_LT(batch.memory_bytes(), 4096U);
}

TEST(NativeBatch, TellsItsNumberEvenWhenTheRestIsDamaged) {
  const std::string frame = encoded(example_batch(), 0x123456789abcdef0);
  EXPECT_EQ(peek_batch_id(frame).value(), 0x123456789abcdef0U);
  EXPECT_EQ(peek_batch_id(frame.substr(0, 13)).value(), 0x123456789abcdef0U);
  EXPECT_FALSE(peek_batch_id(frame.substr(0, 12)));
  EXPECT_FALSE(peek_batch_id(encode(Hello{"c", 1})));
}

TEST(NativeBatch, OverTheLimitsIsNotEncodedAndLeavesNothing) {
  std::string frame = "old";
  Batch many;
  many.meter("m");
  for (std::size_t i = 0; i <= kBatchReadingsMax; ++i) many.add(reading(kImport, kTestNowMs, 1));
  EXPECT_FALSE(encode_batch(1, many, frame));
  EXPECT_TRUE(frame.empty());

  Batch registers;
  registers.meter("m");
  for (unsigned i = 0; i <= kRegistersMax; ++i) registers.add(reading(obis(1, i / 256, i % 256, 8, 0), kTestNowMs, 1));
  EXPECT_FALSE(encode_batch(1, registers, frame));
  EXPECT_TRUE(frame.empty());

  Batch backwards;
  backwards.meter("m");
  Fact fact = reading(kImport, kTestNowMs, 1);
  fact.end_ms -= 1;
  backwards.add(fact);
  EXPECT_FALSE(encode_batch(1, backwards, frame));
  EXPECT_TRUE(frame.empty());
}

}  // namespace
}  // namespace wattring::gateway::native
