// SPDX-License-Identifier: Apache-2.0
#include "node/meter/transfer_row.hpp"

#include <gtest/gtest.h>

#include <string>

#include "persistence/chunk_codec.hpp"
#include "persistence/keys.hpp"
#include "tests/meter/facts.hpp"

namespace wattring::meter {
namespace {

using test::kDay0;
using test::kImport;
using test::reading;

constexpr std::int64_t kLastMs = kMsPerDay - 1;
const sharding::ShardKey kKey({}, 64);

/// A chunk as the day's of the register, by what its row says.
Result<void> checked(const persistence::SeriesChunk& chunk, Register reg = kImport) {
  const std::string meter = "EM-1";
  const ShardId shard = kKey.shard_of(meter);
  const std::string key = persistence::series_key({shard, day_of(kDay0), meter, reg, 0});
  const std::string payload = persistence::encode_chunk(chunk);
  TransferPartWriter part;
  part.add({persistence::Table::series, std::string_view(key).substr(persistence::shard_key(shard).size()), payload});
  return check_transfer_part(part.finish(), shard, kKey);
}

TEST(TransferRow, ReadingsOfTheDayAreTaken) {
  EXPECT_TRUE(checked({{reading(kDay0, 1), reading(kDay0 + kLastMs, 2)}, {}}).has_value());
  EXPECT_TRUE(checked({{reading(kDay0, 2)}, {reading(kDay0, 1)}}).has_value());
}

TEST(TransferRow, ReadingsOfAnotherDayAreRefused) {
  EXPECT_FALSE(checked({{reading(kDay0 - 1, 1), reading(kDay0, 2)}, {}}).has_value());
  EXPECT_FALSE(checked({{reading(kDay0, 1), reading(kDay0 + kMsPerDay, 2)}, {}}).has_value());
}

TEST(TransferRow, ReadingsOfAnotherRegisterAreRefused) {
  EXPECT_FALSE(checked({{reading(kDay0, 1)}, {}}, obis(1, 0, 2, 8, 0)).has_value());
}

TEST(TransferRow, AMeterOfAnotherShardIsRefused) {
  const std::string payload = persistence::encode_chunk({{reading(kDay0, 1)}, {}});
  const ShardId own = kKey.shard_of("EM-1");
  const ShardId other{static_cast<std::uint16_t>((own.value + 1) % 64)};
  const std::string key = persistence::series_key({other, day_of(kDay0), "EM-1", kImport, 0});
  TransferPartWriter part;
  part.add({persistence::Table::series, std::string_view(key).substr(persistence::shard_key(other).size()), payload});
  EXPECT_FALSE(check_transfer_part(part.finish(), other, kKey).has_value());
}

}  // namespace
}  // namespace wattring::meter
