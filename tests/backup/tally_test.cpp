// SPDX-License-Identifier: Apache-2.0
#include "node/backup/tally.hpp"

#include <gtest/gtest.h>

#include "node/backup/part_message.hpp"
#include "tests/backup/sample_backup.hpp"

namespace wattring::backup {
namespace {

TEST(Tally, CountsReadingsAndSumsTheirNamesInAnyOrder) {
  Tally together = read_part(sample_part(3, 1000)).value();
  together += read_part(sample_part(2, 7)).value();
  Tally turned = read_part(sample_part(2, 7)).value();
  turned += read_part(sample_part(3, 1000)).value();
  EXPECT_EQ(together, turned);
  EXPECT_EQ(together.readings, 10U);
}

TEST(Tally, NamesReadingsByAllThatMakesThemWhatTheyAre) {
  const Fact fact = test::reading(test::kDay0, 5);
  const std::uint64_t name = name_of("EM-1", fact);
  EXPECT_NE(name, name_of("EM-2", fact));
  for (const auto& change : std::vector<std::function<void(Fact&)>>{
           [](Fact& f) { ++f.value; }, [](Fact& f) { ++f.start_ms; }, [](Fact& f) { ++f.end_ms; },
           [](Fact& f) { ++f.revision; }, [](Fact& f) { f.quality = Quality::edited; }, [](Fact& f) { ++f.method; },
           [](Fact& f) { ++f.reg.packed; }}) {
    Fact other = fact;
    change(other);
    EXPECT_NE(name, name_of("EM-1", other));
  }
  Fact flagged = fact;
  flagged.flags = kFlagRounded;
  EXPECT_EQ(name, name_of("EM-1", flagged)) << "flags are outside identity";
}

TEST(Tally, CountsRowsOfKindsThatItDoesNotKnow) {
  const auto tally = read_part(sample_part(1, 1, true));
  ASSERT_TRUE(tally) << tally.error().text();
  EXPECT_EQ(tally->unknown, 1U);
  EXPECT_EQ(tally->readings, 2U);
}

TEST(Tally, RefusesRowsThatDoNotDecode) {
  meter::TransferPartWriter part;
  part.add({persistence::Table::series, "no key", "no chunk"});
  EXPECT_EQ(read_part(part.finish()).error().code, ErrorCode::corrupt);
}

TEST(PartMessage, GivesBackWhatWasSaidAndNotWhatWasChanged) {
  const PartMessage part{false, true, 17, sample_part(2, 3), {}};
  const std::string bytes = encode(part);
  const auto back = decode_part_message(bytes);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->part, part.part);
  EXPECT_TRUE(back->complete);
  EXPECT_EQ(back->taken_ms, 17);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(decode_part_message(changed)) << "byte " << i;
    EXPECT_FALSE(decode_part_message(bytes.substr(0, i))) << "cut at " << i;
  }
  PartMessage last;
  last.last = true;
  last.claim.parts = 4;
  const auto end = decode_part_message(encode(last));
  ASSERT_TRUE(end && end->last);
  EXPECT_EQ(end->claim, last.claim);
}

}  // namespace
}  // namespace wattring::backup
