// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/metrics.hpp"
#include "node/app/alert_catalog.hpp"
#include "node/app/alert_hub.hpp"
#include "node/app/outbox_store.hpp"
#include "persistence/memory_journal.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;

alert::Documents documents(std::string_view toml, std::int64_t now_ms = 1'767'614'400'000) {
  const alert::ParsedDocuments parsed = alert::parse_documents(toml, now_ms);
  EXPECT_TRUE(parsed.errors.empty());
  return parsed.documents;
}

void commit(MemoryJournal& disk, const std::vector<persistence::OwnedOp>& slice) {
  std::vector<persistence::WriteOp> ops;
  for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
  ASSERT_EQ(disk.commit(ops).status, persistence::CommitStatus::committed);
}

Catalog read_back(const MemoryJournal& disk) {
  std::vector<std::string> damaged;
  auto snapshot = disk.read();
  auto catalog = load_catalog(**snapshot, damaged);
  EXPECT_TRUE(catalog);
  EXPECT_TRUE(damaged.empty());
  return *catalog;
}

TEST(AlertCatalog, AChangedRuleIsAnotherVersionAndTheSameIsNone) {
  MemoryJournal disk;
  Catalog catalog;
  const auto first = documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"5kW\"\n");
  const auto changed = documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"6kW\"\n", 1'767'614'500'000);
  CatalogChange change = add_versions(catalog, first);
  EXPECT_EQ(change.created, std::vector<std::string>{"a"});
  commit(disk, change.operations);
  change = add_versions(
      catalog, documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"5kW\"\n", 1'767'614'400'001));
  EXPECT_TRUE(change.created.empty());
  EXPECT_EQ(change.unchanged, std::vector<std::string>{"a"});
  change = add_versions(catalog, changed);
  commit(disk, change.operations);

  const Catalog back = read_back(disk);
  ASSERT_EQ(back.rules.size(), 2U);
  EXPECT_EQ(back.rules, catalog.rules);
  EXPECT_EQ(back.rules[1].revision, 2U);
}

TEST(AlertCatalog, APlannedVersionCanBeBroughtForwardAndWithdrawn) {
  constexpr std::int64_t kPlanned = 3'786'912'000'000;  // 2090
  const auto at = [](std::string_view limit, std::int64_t effective_ms) {
    return documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"" + std::string(limit) + "\"\n",
                     effective_ms);
  };
  Catalog catalog;
  (void)add_versions(catalog, at("5kW", 1000));
  (void)add_versions(catalog, at("6kW", kPlanned));
  EXPECT_EQ(add_versions(catalog, at("6kW", 2000)).created.size(), 1U) << "forward";
  EXPECT_EQ(add_versions(catalog, at("5kW", kPlanned)).created.size(), 1U) << "something else then";
  EXPECT_EQ(add_versions(catalog, at("5kW", kPlanned)).unchanged.size(), 1U);
  EXPECT_EQ(catalog.rules.size(), 4U);
}

TEST(AlertCatalog, SilencesComeBackAndGo) {
  MemoryJournal disk;
  const alert::Silence silence{"0badcafe", "over-*", "M-?", 5, 1'767'614'400'000, "eve", "works on the line"};
  commit(disk, {put_silence(silence)});
  EXPECT_EQ(read_back(disk).silences, std::vector<alert::Silence>{silence});
  commit(disk, {erase_silence(silence.id)});
  EXPECT_TRUE(read_back(disk).silences.empty());
}

TEST(AlertCatalog, ADamagedRowIsLeftOutAndTold) {
  MemoryJournal disk;
  commit(disk, {{persistence::WriteOp::Kind::put, persistence::Table::catalog, "rule/a/x", "rubbish"}});
  std::vector<std::string> damaged;
  auto snapshot = disk.read();
  const auto catalog = load_catalog(**snapshot, damaged);
  ASSERT_TRUE(catalog);
  EXPECT_TRUE(catalog->rules.empty());
  EXPECT_EQ(damaged.size(), 1U);
}

/// A writer, a hub and an outbox over a disk in memory.
class Outbox : public testing::Test {
 protected:
  void SetUp() override {
    persistence::JournalWriter::Options options;
    options.reserve_bytes = 0;
    writer_ = std::make_unique<persistence::JournalWriter>(disk_, Lsn{1}, options, clock_, metrics_, Log::silent());
    writer_->start();
    hub_ = std::make_unique<AlertHub>(key_, *writer_, metrics_, Log::silent(), 1, AlertHub::Retention{});
    store_ = std::make_unique<OutboxStore>(
        disk_, *writer_, [this] { return hub_->outbox_settled_below(); }, [] { return std::vector<alert::Alert>{}; });
  }
  std::vector<persistence::OwnedOp> operations(std::string meter) {
    alert::Change change;
    change.alert.id = alert::alert_id("r", meter, "", 0);
    change.alert.rule = "r";
    change.alert.meter = std::move(meter);
    change.alert.revision = alert::revision_of(change.alert);
    change.notifications.push_back({"hook", alert::Event::firing, change.alert, "", 1});
    return hub_->operations(ShardId{0}, {change});
  }
  void put(const std::string& meter) {
    ASSERT_TRUE(write_and_wait(*writer_, operations(meter)));
    hub_->committed({next_++});
  }
  std::vector<std::uint64_t> pending() {
    std::vector<std::uint64_t> sequences;
    const auto rows = store_->pending(0, 100);
    EXPECT_TRUE(rows);
    for (const auto& row : *rows) sequences.push_back(row.sequence);
    return sequences;
  }

  std::uint64_t next_ = 1;
  MemoryJournal disk_;
  SystemClock clock_;
  Metrics metrics_;
  const sharding::ShardKey key_{{}, 64};
  std::unique_ptr<persistence::JournalWriter> writer_;
  std::unique_ptr<AlertHub> hub_;
  std::unique_ptr<OutboxStore> store_;
};

TEST_F(Outbox, RowsStayUntilTheyAreDeliveredOrDead) {
  for (const char* meter : {"a", "b", "c"}) put(meter);
  EXPECT_EQ(pending(), (std::vector<std::uint64_t>{1, 2, 3}));
  ASSERT_TRUE(store_->delivered({2}));
  ASSERT_TRUE(store_->dead({3}));
  EXPECT_EQ(pending(), std::vector<std::uint64_t>{1});
  EXPECT_EQ((*store_->pending(0, 1))[0].notification.alert.meter, "a");
}

TEST_F(Outbox, ASequenceIsNotUsedAgainWhileADeadLetterHasIt) {
  for (const char* meter : {"a", "b"}) put(meter);
  ASSERT_TRUE(store_->dead({2}));
  ASSERT_TRUE(store_->delivered({1}));
  auto snapshot = disk_.read();
  EXPECT_EQ(OutboxStore::next_sequence(**snapshot).value(), 3U);
}

TEST_F(Outbox, NothingIsShownBehindARowThatIsNotThereYet) {
  const auto slow = operations("a");
  ++next_;
  put("b");
  EXPECT_TRUE(pending().empty()) << "a reader would go on behind the first";
  ASSERT_TRUE(write_and_wait(*writer_, slow));
  hub_->committed({1});
  EXPECT_EQ(pending(), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(Outbox, WhatIsUnknownIsNoError) {
  EXPECT_TRUE(store_->dead({7}));
  EXPECT_TRUE(store_->delivered({7}));
}

}  // namespace
}  // namespace wattring::app
