// SPDX-License-Identifier: Apache-2.0
#include "node/sim/ledger.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "node/sim/ledger_index.hpp"

namespace wattring::sim {
namespace {

namespace fs = std::filesystem;

class LedgerFile : public ::testing::Test {
 protected:
  LedgerFile() {
    std::string name = (fs::temp_directory_path() / "wattring-ledger-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    path_ = (directory_ / "ledger.bin").string();
  }
  ~LedgerFile() override { fs::remove_all(directory_); }

  std::unique_ptr<LedgerWriter> create() {
    LedgerHeader header;
    header.created_ms = 1000;
    header.seed = 7;
    header.meters = 3;
    header.every_ms = 900'000;
    header.prefix = "M-";
    header.cluster = "plant";
    header.sent_as = "native";
    header.options = "run --seed 7";
    auto writer = LedgerWriter::create(path_, header, kFleetRegisters);
    EXPECT_TRUE(writer) << writer.error().text();
    return std::move(*writer);
  }
  // Two batches, the first with an outcome, the second without.
  void write_two() {
    const auto writer = create();
    ASSERT_TRUE(writer->sent(1, 5000, first_));
    ASSERT_TRUE(writer->sent(2, 5001, second_));
    BatchOutcome outcome;
    outcome.id = 1;
    outcome.replied_ms = 5002;
    outcome.attempts = 1;
    outcome.stored = 2;
    outcome.refused = 1;
    outcome.listed = {{1, 1, "TS_TOO_OLD"}};
    ASSERT_TRUE(writer->outcome(outcome));
    ASSERT_TRUE(writer->end());
  }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void put_bytes(std::string_view bytes) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  const std::vector<Reading> first_ = {{100, 5, 0, kImport}, {100, -6, 1, kExport}, {200, 7'000'000'000, 0, kImport}};
  const std::vector<Reading> second_ = {{300, 1, 2, kImport}};
  fs::path directory_;
  std::string path_;
};

TEST_F(LedgerFile, GivesBackWhatWasWritten) {
  write_two();
  LedgerHeader header;
  std::vector<std::vector<Reading>> batches;
  std::vector<BatchOutcome> outcomes;
  std::vector<Register> registers;
  LedgerVisitor visitor;
  visitor.header = [&](const LedgerHeader& h) { header = h; };
  visitor.reg = [&](Register reg) { registers.push_back(reg); };
  visitor.batch = [&](std::uint64_t, std::int64_t, std::span<const Reading> r) {
    batches.emplace_back(r.begin(), r.end());
  };
  visitor.outcome = [&](const BatchOutcome& o) { outcomes.push_back(o); };
  const auto ending = scan_ledger(path_, visitor);
  ASSERT_TRUE(ending) << ending.error().text();
  EXPECT_EQ(*ending, LedgerEnding::clean);
  EXPECT_EQ(header.cluster, "plant");
  EXPECT_EQ(header.options, "run --seed 7");
  EXPECT_TRUE(std::equal(registers.begin(), registers.end(), kFleetRegisters.begin(), kFleetRegisters.end()));
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0], first_);
  EXPECT_EQ(batches[1], second_);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].stored, 2U);
  ASSERT_EQ(outcomes[0].listed.size(), 1U);
  EXPECT_EQ(outcomes[0].listed[0].reason, "TS_TOO_OLD");
}

TEST_F(LedgerFile, KeepsEverythingSentWhenTheSimulatorIsKilled) {
  const auto writer = create();
  ASSERT_TRUE(writer->sent(1, 5000, first_));
  // Neither end() nor the destructor has run.
  const auto index = LedgerIndex::load(path_);
  ASSERT_TRUE(index) << index.error().text();
  EXPECT_EQ(index->ending(), LedgerEnding::without_end_mark);
  EXPECT_EQ(index->readings(), 3U);
}

TEST_F(LedgerFile, CutAnywhereKeepsTheWholeRecordsBefore) {
  write_two();
  const std::string whole = bytes();
  std::uint64_t seen = 0;
  for (std::size_t size = 8; size < whole.size(); ++size) {
    put_bytes(std::string_view(whole).substr(0, size));
    std::uint64_t readings = 0;
    LedgerVisitor visitor;
    visitor.batch = [&](std::uint64_t, std::int64_t, std::span<const Reading> r) { readings += r.size(); };
    const auto ending = scan_ledger(path_, visitor);
    ASSERT_TRUE(ending) << size << " " << ending.error().text();
    EXPECT_NE(*ending, LedgerEnding::clean) << size;
    EXPECT_GE(readings, seen) << size;
    seen = readings;
  }
  EXPECT_EQ(seen, 4U);
}

TEST_F(LedgerFile, AFlippedByteInTheMiddleIsDamage) {
  write_two();
  std::string whole = bytes();
  whole[60] = static_cast<char>(whole[60] ^ 1);
  put_bytes(whole);
  const auto ending = scan_ledger(path_, {});
  ASSERT_FALSE(ending);
  EXPECT_EQ(ending.error().code, ErrorCode::corrupt);
}

TEST_F(LedgerFile, ReplacesALedgerButNoOtherFile) {
  write_two();
  EXPECT_TRUE(create());
  put_bytes("my only copy of something");
  const auto refused = LedgerWriter::create(path_, {}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  EXPECT_EQ(bytes(), "my only copy of something");
}

TEST_F(LedgerFile, IsNotReadFromAFileThatIsNone) {
  put_bytes("hello, world");
  EXPECT_FALSE(scan_ledger(path_, {}));
  EXPECT_FALSE(scan_ledger(path_ + ".absent", {}));
}

TEST_F(LedgerFile, GivesEachReadingTheStatusOfItsBatch) {
  write_two();
  const auto index = LedgerIndex::load(path_);
  ASSERT_TRUE(index);
  EXPECT_EQ(index->meter_id(2), "M-000002");
  EXPECT_EQ(index->first_ms(), 100);
  EXPECT_EQ(index->last_ms(), 300);
  const auto readings = index->load_readings({0, 1, 2});
  ASSERT_TRUE(readings);
  ASSERT_EQ((*readings)[0].size(), 2U);
  EXPECT_EQ((*readings)[0][0].status, SentStatus::acked);
  EXPECT_EQ((*readings)[0][0].reg, obis(1, 0, 1, 8, 0));
  ASSERT_EQ((*readings)[1].size(), 1U);
  EXPECT_EQ((*readings)[1][0].status, SentStatus::refused);
  ASSERT_EQ((*readings)[2].size(), 1U);
  EXPECT_EQ((*readings)[2][0].status, SentStatus::unknown);
}

// One outcome over three readings; what each reading then counts as.
struct StatusCase {
  const char* name;
  BatchOutcome outcome;
  std::vector<SentStatus> expected;
};
class LedgerStatus : public LedgerFile, public ::testing::WithParamInterface<StatusCase> {};

TEST_P(LedgerStatus, FollowsFromTheOutcome) {
  {
    const auto writer = create();
    ASSERT_TRUE(writer->sent(9, 5000, std::vector<Reading>{{1, 1, 0, 0}, {2, 1, 0, 0}, {3, 1, 0, 0}}));
    BatchOutcome outcome = GetParam().outcome;
    outcome.id = 9;
    ASSERT_TRUE(writer->outcome(outcome));
  }
  const auto readings = LedgerIndex::load(path_)->load_readings({0});
  ASSERT_TRUE(readings);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*readings)[0][i].status, GetParam().expected[i]) << i;
}

constexpr auto kA = SentStatus::acked;
constexpr auto kU = SentStatus::unknown;
constexpr auto kR = SentStatus::refused;
INSTANTIATE_TEST_SUITE_P(
    Outcomes, LedgerStatus,
    ::testing::Values(
        StatusCase{"AllStored", {.replied_ms = 1, .stored = 3, .listed = {}}, {kA, kA, kA}},
        StatusCase{"NoReply", {.replied_ms = 0, .unknown = 3, .listed = {}}, {kU, kU, kU}},
        StatusCase{"SomeUnknown", {.replied_ms = 1, .stored = 2, .unknown = 1, .listed = {}}, {kU, kU, kU}},
        StatusCase{
            "OneRefused", {.replied_ms = 1, .stored = 2, .refused = 1, .listed = {{1, 1, "PRECISION"}}}, {kA, kR, kA}},
        StatusCase{"RefusedAfterAnAttemptWithoutReply",
                   {.replied_ms = 1, .had_unknown = true, .stored = 2, .refused = 1, .listed = {{1, 1, "PRECISION"}}},
                   {kA, kU, kA}},
        StatusCase{"ALineOfTwoRefused",
                   {.replied_ms = 1, .stored = 1, .refused = 2, .listed = {{0, 2, "SYNTAX"}}},
                   {kU, kU, kA}},
        StatusCase{"RefusedButNotListed",
                   {.replied_ms = 1, .stored = 1, .refused = 2, .listed = {{0, 1, "SYNTAX"}}},
                   {kR, kU, kU}}),
    [](const auto& tested) { return tested.param.name; });

TEST(ChooseMeters, TakesAllThatWereSentAnythingWhenTheyAreFew) {
  EXPECT_EQ(choose_meters({1, 0, 5}, 10, 1), (std::vector<std::uint32_t>{0, 2}));
}

TEST(ChooseMeters, DrawsDistinctMetersByTheSeed) {
  const std::vector<std::uint32_t> sent(1000, 1);
  const auto drawn = choose_meters(sent, 50, 3);
  ASSERT_EQ(drawn.size(), 50U);
  EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
  EXPECT_EQ(std::adjacent_find(drawn.begin(), drawn.end()), drawn.end());
  EXPECT_EQ(drawn, choose_meters(sent, 50, 3));
  EXPECT_NE(drawn, choose_meters(sent, 50, 4));
}

TEST(GroupMeters, CutsByReadingsAndTakesABigMeterAlone) {
  const std::vector<std::uint32_t> sent = {4, 4, 4, 100, 1};
  const auto groups = group_meters({0, 1, 2, 3, 4}, sent, 10);
  EXPECT_EQ(groups, (std::vector<std::vector<std::uint32_t>>{{0, 1}, {2}, {3}, {4}}));
}

}  // namespace
}  // namespace wattring::sim
