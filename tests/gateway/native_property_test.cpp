// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/gateway/native_frames.hpp"

namespace wattring::gateway::native {
namespace {

/// A batch of valid readings: any attributes, any order of meters and registers.
Batch any_batch() {
  static const std::vector<Register> registers{kImport, kExport, kPower, obis(1, 0, 32, 7, 0), obis(0, 2, 24, 2, 1)};
  Batch batch;
  const int meters = *rc::gen::inRange(0, 8);
  for (int i = 0; i < meters; ++i) {
    batch.meter("meter-" + std::to_string(*rc::gen::inRange(0, 4)));
    const int readings = *rc::gen::inRange(1, 6);
    for (int k = 0; k < readings; ++k) {
      Fact fact =
          reading(*rc::gen::elementOf(registers), *rc::gen::inRange(kTestWindow.oldest_ms, kTestWindow.newest_ms + 1),
                  *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 62));
      if (*rc::gen::inRange(0, 3) == 0) {
        fact.quality = static_cast<Quality>(*rc::gen::inRange(0, 6));
        fact.method = *rc::gen::arbitrary<std::uint8_t>();
        fact.revision = *rc::gen::arbitrary<std::uint64_t>();
        fact.end_ms = *rc::gen::inRange(fact.start_ms, kTestWindow.newest_ms + 1);
        fact.flags = static_cast<std::uint8_t>(*rc::gen::inRange(0, 8));
      }
      batch.add(fact);
    }
    if (*rc::gen::inRange(0, 4) == 0)
      batch.add_text(kEquipment, kTestNowMs,
                     *rc::gen::elementOf(std::vector<std::string>{"", "E0047", "K\xc3\xa4lte"}));
  }
  return batch;
}

std::vector<std::pair<std::string, Fact>> flat(const Batch& batch) {
  std::vector<std::pair<std::string, Fact>> out;
  for (const auto& run : batch.runs())
    for (std::uint32_t i = 0; i < run.fact_count; ++i)
      out.emplace_back(batch.id(run), batch.facts()[run.first_fact + i]);
  return out;
}

TEST(NativeBatchProperty, AnyBatchComesBackAsItWas) {
  EXPECT_TRUE(rc::check([] {
    const Batch batch = any_batch();
    std::string frame;
    RC_ASSERT(static_cast<bool>(encode_batch(1, batch, frame)));
    const Batch back = decoded(frame);
    RC_ASSERT(back.refusals.total() == 0U);
    RC_ASSERT(flat(back) == flat(batch));
    RC_ASSERT(back.texts() == batch.texts());
  }));
}

TEST(NativeBatchProperty, ADamagedFrameIsRefusedOrGivesOnlyFactsThatHoldEveryRule) {
  EXPECT_TRUE(rc::check([] {
    std::string frame;
    RC_ASSERT(static_cast<bool>(encode_batch(1, any_batch(), frame)));
    const int changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, frame.size());
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          frame[at] = *rc::gen::arbitrary<char>();
          break;
        case 1:
          frame.erase(at, 1);
          break;
        default:
          frame.insert(at, 1, *rc::gen::arbitrary<char>());
          break;
      }
      if (frame.empty()) frame = "W";
    }
    const Batch batch = decoded(frame);
    RC_ASSERT(batch.memory_bytes() < 64'000U);
    for (const auto& run : batch.runs()) RC_ASSERT(valid_meter_id(batch.id(run)));
    for (const Fact& fact : batch.facts()) {
      RC_ASSERT(!kTestWindow.check(fact.start_ms));
      RC_ASSERT(fact.start_ms <= fact.end_ms && fact.end_ms <= kTestWindow.newest_ms);
      RC_ASSERT(fact.quality <= kQualityMax);
    }
    const auto& listed = batch.refusals.listed();
    if (!listed.empty() && listed.front().line == 0) RC_ASSERT(batch.facts().empty());
  }));
}

TEST(NativeBatchProperty, NoBytesMakeAControlDecoderFail) {
  EXPECT_TRUE(rc::check([](const std::string& body, std::uint8_t type) {
    const std::string frame = std::string{"W\x01"} + static_cast<char>(type % 10) + body;
    const auto hello = decode_hello(frame);
    RC_ASSERT(!hello || hello->client.size() <= kNameBytesMax);
    const auto reply = decode_reply(frame);
    RC_ASSERT(!reply || reply->reply.refusals.total() <= 16 * kBatchReadingsMax);
    RC_ASSERT(!decode_welcome(frame) || type % 10 == 2);
    RC_ASSERT(!decode_error(frame) || type % 10 == 6);
    RC_ASSERT(!decode_ping(frame) || type % 10 >= 7);
  }));
}

}  // namespace
}  // namespace wattring::gateway::native
