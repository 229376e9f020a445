// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/metrics.hpp"
#include "node/app/alert_catalog.hpp"
#include "node/app/alert_hub.hpp"
#include "node/app/document_rows.hpp"
#include "node/app/outbox_store.hpp"
#include "persistence/format.hpp"
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
  ops.reserve(slice.size());
  for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
  ASSERT_EQ(disk.commit(ops).status, persistence::CommitStatus::committed);
}

/// What is on the disk, understood.
Catalog read_back(const MemoryJournal& disk, std::vector<std::string>* damaged = nullptr) {
  std::vector<std::string> told;
  auto snapshot = disk.read();
  const auto documents = load_documents(**snapshot, told);
  auto silences = load_silences(**snapshot, told);
  Catalog catalog;
  EXPECT_TRUE(documents && silences);
  for (const auto& [hash, document] : documents->documents()) EXPECT_TRUE(take_document(document, catalog));
  catalog.silences = std::move(*silences);
  EXPECT_EQ(told.empty(), damaged == nullptr);
  if (damaged != nullptr) *damaged = std::move(told);
  std::sort(catalog.rules.begin(), catalog.rules.end(),
            [](const auto& a, const auto& b) { return a.revision < b.revision; });
  return catalog;
}

std::vector<persistence::OwnedOp> rows(const std::vector<cluster::Document>& versions) {
  std::vector<persistence::OwnedOp> ops;
  ops.reserve(versions.size());
  for (const cluster::Document& document : versions) ops.push_back(put_document(document));
  return ops;
}

TEST(AlertCatalog, AChangedRuleIsAnotherVersionAndTheSameIsNone) {
  MemoryJournal disk;
  Catalog catalog;
  const auto first = documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"5kW\"\n");
  const auto changed = documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"6kW\"\n", 1'767'614'500'000);
  CatalogChange change = add_versions(catalog, first);
  EXPECT_EQ(change.created, std::vector<std::string>{"a"});
  commit(disk, rows(change.documents));
  change = add_versions(
      catalog, documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"5kW\"\n", 1'767'614'400'001));
  EXPECT_TRUE(change.created.empty());
  EXPECT_EQ(change.unchanged, std::vector<std::string>{"a"});
  change = add_versions(catalog, changed);
  commit(disk, rows(change.documents));

  const Catalog back = read_back(disk);
  ASSERT_EQ(back.rules.size(), 2U);
  EXPECT_EQ(back.rules, catalog.rules);
  EXPECT_EQ(back.rules[1].revision, 2U);
}

TEST(AlertCatalog, RowsOfTheFirstReleaseAreDocuments) {
  MemoryJournal disk;
  Catalog catalog;
  const auto change = add_versions(
      catalog, documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\n[[profile]]\nname = \"p\"\nmatch = \"*\"\n"));
  std::vector<persistence::OwnedOp> first_release;
  for (const cluster::Document& document : change.documents) {
    std::string key = document.kind + "/" + document.name + "/";
    ByteWriter out(key);
    out.u64_be(static_cast<std::uint64_t>(document.effective_ms) ^ (std::uint64_t{1} << 63U));
    out.u32_be(static_cast<std::uint32_t>(document.revision));
    const std::uint64_t position = persistence::position_of(key);
    first_release.push_back({persistence::WriteOp::Kind::put, persistence::Table::catalog, std::move(key),
                             persistence::seal_value(document.body, position)});
  }
  commit(disk, first_release);
  const Catalog back = read_back(disk);
  EXPECT_EQ(back.rules, catalog.rules);
  EXPECT_EQ(back.profiles, catalog.profiles);
  // The same document in today's row is no second version.
  commit(disk, rows(change.documents));
  EXPECT_EQ(read_back(disk).rules.size(), 1U);
}

TEST(AlertCatalog, ADocumentThatIsNotTheVersionItIsNamedAfterDoesNotCount) {
  Catalog catalog;
  const auto change = add_versions(catalog, documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\n"));
  const cluster::Document good = change.documents.front();
  std::vector<cluster::Document> bad(5, good);
  bad[0].name = "b";
  bad[1].effective_ms += 1;
  bad[2].body += good.body;
  bad[3].body = "kind = ";
  bad[4].revision = std::uint64_t{1} << 32U;
  Catalog other;
  for (const cluster::Document& document : bad) EXPECT_FALSE(take_document(document, other)) << document.name;
  EXPECT_TRUE(take_document({"later", "x", 0, 1, "\xff"}, other)) << "a kind of a newer release is none of ours";
  EXPECT_TRUE(other.rules.empty());
  EXPECT_TRUE(take_document(good, other));
  EXPECT_EQ(other.rules, catalog.rules);
}

TEST(AlertCatalog, OfTwoVersionsOfOneRevisionTheSameCountsEverywhere) {
  const auto made_on = [](std::string_view limit) {
    Catalog catalog;
    return add_versions(catalog, documents("[[rule]]\nname = \"a\"\nkind = \"over_power\"\nabove = \"" +
                                           std::string(limit) + "\"\n"))
        .documents.front();
  };
  const cluster::Document one = made_on("5kW");
  const cluster::Document other = made_on("6kW");
  ASSERT_EQ(one.revision, other.revision);
  Catalog here;
  Catalog there;
  ASSERT_TRUE(take_document(one, here) && take_document(other, here));
  ASSERT_TRUE(take_document(other, there) && take_document(one, there));
  const alert::Policy policy_here({here.rules, {}, {}, {}});
  const alert::Policy policy_there({there.rules, {}, {}, {}});
  EXPECT_EQ(policy_here.timelines().front().newest(), policy_there.timelines().front().newest());
  EXPECT_EQ(policy_here.fingerprint(), policy_there.fingerprint());
  const std::uint64_t greater = std::max(cluster::document_hash(one), cluster::document_hash(other));
  EXPECT_EQ(policy_here.timelines().front().newest().document, greater);
  // Whoever had only one of them notices that the other came.
  const alert::Policy before({{here.rules[0]}, {}, {}, {}});
  EXPECT_NE(before.fingerprint(), policy_here.fingerprint());
  EXPECT_EQ(policy_here.effective_since(before), one.effective_ms);
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
  const auto put = [](std::string key, std::string value) {
    return persistence::OwnedOp{persistence::WriteOp::Kind::put, persistence::Table::catalog, std::move(key),
                                std::move(value)};
  };
  commit(disk, {put("rule/a/x", "rubbish"), put("document/12345678", "rubbish"), put("silence/1", "rubbish"),
                put("profile/a/x", persistence::seal_value("x", persistence::position_of("profile/a/x")))});
  std::vector<std::string> damaged;
  const Catalog back = read_back(disk, &damaged);
  EXPECT_TRUE(back.rules.empty() && back.silences.empty());
  EXPECT_EQ(damaged.size(), 4U);
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

TEST_F(Outbox, AFiringAlertCountsWhereItIsToldSoThatASumOverNodesIsRight) {
  const auto shown = [&] {
    const std::string text = metrics_.prometheus_text();
    const std::size_t at = text.find("\nwattring_alerts_firing ");
    return at == text.npos ? -1.0 : std::stod(text.substr(text.find(' ', at + 1)));
  };
  hub_->note_firing(ShardId{3}, 2);
  hub_->note_firing(ShardId{4}, 5);
  EXPECT_EQ(shown(), 7) << "nobody else has them";
  hub_->homes.set(ShardId{3}, HomeRole::away);
  EXPECT_EQ(shown(), 5) << "the home of shard 3 counts its alerts";
  hub_->homes.set(ShardId{4}, HomeRole::unknown);
  EXPECT_EQ(shown(), 0) << "who does not know whether it speaks does not";
  hub_->homes.set(ShardId{3}, HomeRole::home);
  EXPECT_EQ(shown(), 2) << "at once, though nothing of the shard has changed";
  hub_->note_firing(ShardId{3}, 0);
  EXPECT_EQ(shown(), 0);
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
