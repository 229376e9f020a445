// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/checker.hpp"

#include <gtest/gtest.h>

#include "tests/simulation/replication/reference.hpp"

/// A checker that cannot fail is none: it is told of histories that must not be.

namespace wattring::replication {
namespace {

using sharding::AckClass;

class CheckerOfLies : public testing::Test {
 protected:
  CheckerOfLies() : book({ShardId{5}}), rings(1, 8, 0), checker(book, rings) {
    for (Node node = 0; node < 5; ++node) {
      NodeId id;
      id.bytes[0] = static_cast<std::uint8_t>(node + 1);
      rings.add_node(node, id);
    }
    const std::array<Node, 5> all{0, 1, 2, 3, 4};
    rings.found(all, 3, 2);
    for (Node node = 0; node < 5; ++node) (rings.owns(1, ShardId{5}, node) ? owners : others).push_back(node);
    pen.writer.bytes[0] = 7;
    checker.set_now(1'000);
  }

  EntryNo draw() {
    const Slot slot = 0;
    return book.draw(pen, std::span(&slot, 1)).entries.front();
  }
  void store(Node node, EntryNo entry, Change change = Change::commit) {
    images[node].facts.set(entry);
    images[node].cover.set(entry);
    checker.disk(node, images[node], change);
  }
  void lose(Node node, Change change) {
    images[node] = Image();
    checker.disk(node, images[node], change);
  }
  void receipt(EntryNo entry, Node from, std::uint64_t ring = 1) {
    checker.heard_receipt(owners[0], from, {entry}, ring);
  }
  void ack(EntryNo entry, AckClass level) { checker.acked({owners[0], {entry}, level, 1, 1, 1, false}); }
  /// As it should be.
  EntryNo durable() {
    const EntryNo entry = draw();
    for (const Node node : {owners[0], owners[1]}) {
      store(node, entry);
      receipt(entry, node);
    }
    ack(entry, AckClass::durable);
    return entry;
  }
  [[nodiscard]] int found() const { return checker.violations().empty() ? 0 : checker.violations().front().invariant; }

  EntryBook book;
  Rings rings;
  Checker checker;
  Pen pen;
  std::array<Image, kNodesMax> images;
  std::vector<Node> owners;
  std::vector<Node> others;
};

TEST_F(CheckerOfLies, AnHonestHistoryPasses) {
  const EntryNo entry = durable();
  checker.told_receipt(owners[1], {entry});
  checker.set_now(2'000);
  checker.answered({owners[0], 0, 1'500, images[owners[0]].facts});
  EXPECT_EQ(found(), 0);
}

TEST_F(CheckerOfLies, AnAckWithOneCopyFails) {
  const EntryNo entry = draw();
  store(owners[0], entry);
  receipt(entry, owners[0]);
  receipt(entry, owners[1]);
  ack(entry, AckClass::held);
  EXPECT_EQ(found(), 1);
}

TEST_F(CheckerOfLies, AnAckWithOneReceiptFails) {
  const EntryNo entry = draw();
  store(owners[0], entry);
  store(owners[1], entry);
  receipt(entry, owners[0]);
  ack(entry, AckClass::held);
  EXPECT_EQ(found(), 1);
}

TEST_F(CheckerOfLies, ADurableAckFromStandInsFails) {
  const EntryNo entry = draw();
  for (const Node node : {owners[0], others[0]}) {
    store(node, entry);
    receipt(entry, node);
  }
  ack(entry, AckClass::durable);
  EXPECT_EQ(found(), 2);
}

TEST_F(CheckerOfLies, AReceiptUnderANewerRingMakesNothingDurable) {
  const EntryNo entry = draw();
  for (const Node node : {owners[0], owners[1]}) {
    store(node, entry);
    receipt(entry, node, 2);
  }
  ack(entry, AckClass::durable);
  EXPECT_EQ(found(), 2);
}

TEST_F(CheckerOfLies, AReceiptForWhatIsNotThereFails) {
  checker.told_receipt(owners[0], {draw()});
  EXPECT_EQ(found(), 3);
}

TEST_F(CheckerOfLies, OneIdentityForTwoContentsFails) {
  const EntryNo first = draw();
  --pen.last_sequence[0];
  const EntryNo second = draw();
  store(owners[0], first);
  store(owners[1], second);
  EXPECT_EQ(found(), 4);
}

TEST_F(CheckerOfLies, AClaimOfWhatIsMissingFails) {
  images[owners[0]].cover.set(draw());
  checker.disk(owners[0], images[owners[0]], Change::commit);
  EXPECT_EQ(found(), 5);
}

TEST_F(CheckerOfLies, AFactOutsideTheClaimFails) {
  images[owners[0]].facts.set(draw());
  checker.disk(owners[0], images[owners[0]], Change::commit);
  EXPECT_EQ(found(), 5);
}

TEST_F(CheckerOfLies, ALostEntryFailsWhenTheFaultsDoNotExplainIt) {
  durable();
  lose(owners[0], Change::drop);
  EXPECT_EQ(found(), 6);
}

TEST_F(CheckerOfLies, ADestroyedDiskIsExcused) {
  durable();
  lose(owners[0], Change::loss);
  EXPECT_EQ(found(), 0);
}

TEST_F(CheckerOfLies, ADropWithoutConfirmationFails) {
  const EntryNo entry = durable();
  store(owners[2], entry);
  store(others[0], entry);
  checker.decided_drop(others[0], 0, 1);
  EXPECT_EQ(found(), 7);
}

TEST_F(CheckerOfLies, ADropThatAllOwnersConfirmedPasses) {
  const EntryNo entry = durable();
  store(owners[2], entry);
  store(others[0], entry);
  for (const Node owner : owners) checker.heard_tell(others[0], owner, {0, 1, 1, 1'000, images[owner].cover});
  checker.decided_drop(others[0], 0, 1);
  EXPECT_EQ(found(), 0);
}

TEST_F(CheckerOfLies, WhatDisappearsWithoutADropFails) {
  durable();
  lose(owners[0], Change::commit);
  EXPECT_EQ(found(), 8);
}

TEST_F(CheckerOfLies, AStaleCompleteAnswerFails) {
  durable();
  checker.set_now(2'000);
  checker.answered({owners[2], 0, 1'500, {}});
  EXPECT_EQ(found(), 10);
}

TEST_F(CheckerOfLies, AnAnswerFromBeforeTheAckNeedsNotHaveIt) {
  durable();
  checker.answered({owners[2], 0, 900, {}});
  EXPECT_EQ(found(), 0);
}

TEST_F(CheckerOfLies, CompleteAfterNobodysAnswerFails) {
  checker.exchanged(owners[0], 0, 1, 500);
  EXPECT_EQ(found(), 10);
}

TEST_F(CheckerOfLies, AnInventedEntryFails) {
  sharding::Coverage coverage;
  coverage.add(pen.writer, Sequence{99});
  checker.told_coverage(owners[0], 0, coverage);
  EXPECT_EQ(found(), 3);
}

TEST_F(CheckerOfLies, ARetirementOfWhichAllButOneHaveHeardPasses) {
  rings.change({}, std::span(&others[0], 1));
  for (const Node node : {owners[0], owners[1], owners[2], others[1]}) checker.adopted(node, 2);
  checker.told_retired(owners[0], 1);
  EXPECT_EQ(found(), 0);
}

TEST_F(CheckerOfLies, ARetirementThatManyMembersHaveNotHeardOfFails) {
  rings.change({}, std::span(&others[0], 1));
  for (const Node node : {owners[0], owners[1], owners[2]}) checker.adopted(node, 2);
  checker.told_retired(owners[0], 1);
  EXPECT_EQ(found(), 2);
}

TEST_F(CheckerOfLies, AReceiptOfAnAmnesiacDoesNotCount) {
  const EntryNo entry = draw();
  checker.found_amnesiac(owners[0], owners[1], 77);
  for (const Node node : {owners[0], owners[1]}) store(node, entry);
  receipt(entry, owners[0]);
  checker.heard_receipt(owners[0], owners[1], {entry}, 1, 77);
  ack(entry, AckClass::durable);
  EXPECT_EQ(found(), 1);
}

TEST_F(CheckerOfLies, AReceiptOfARemovedNodeDoesNotCount) {
  rings.change({}, std::span(&others[0], 1));
  const EntryNo entry = draw();
  for (const Node node : {owners[0], others[0]}) {
    store(node, entry);
    receipt(entry, node, 2);
  }
  checker.acked({owners[0], {entry}, AckClass::held, 2, 2, 2, false});
  EXPECT_EQ(found(), 16);
}

TEST_F(CheckerOfLies, AnAckOfOneDiskInAClusterFails) {
  const EntryNo entry = draw();
  store(owners[0], entry);
  receipt(entry, owners[0]);
  ack(entry, AckClass::single);
  EXPECT_EQ(found(), 15);
}

TEST_F(CheckerOfLies, FilledAfterOneAnswerFails) {
  rings.change({}, std::span(&others[0], 1));
  checker.heard_tell(others[1], owners[0], {0, 2, 1, 1'000, {}});
  checker.kept_filled(others[1], ShardId{5}, 2);
  EXPECT_EQ(found(), 9);
}

TEST_F(CheckerOfLies, CoverageInMorePiecesThanItHasGapsFails) {
  checker.carries(owners[0], {.intervals = 3, .streams = 2, .missing = 1});
  EXPECT_EQ(found(), 0);
  checker.carries(owners[0], {.intervals = 4, .streams = 2, .missing = 1});
  EXPECT_EQ(found(), 19);
}

TEST_F(CheckerOfLies, MoreOnTheWayToAPeerThanItsWindowFails) {
  checker.carries(owners[0], {.in_flight = 100, .in_flight_max = 100});
  EXPECT_EQ(found(), 0);
  checker.carries(owners[0], {.in_flight = 101, .in_flight_max = 100});
  EXPECT_EQ(found(), 19);
}

TEST_F(CheckerOfLies, TheSecondOpinionMissesWhatWasAcknowledged) {
  const EntryNo entry = draw();
  History history;
  history.add(History::What::stored, owners[0], entry);
  history.add(History::What::stored, owners[1], entry);
  history.add(History::What::acked, owners[0], entry);
  history.add(History::What::lost, owners[0], entry);
  const Reference reference(book, history);
  EXPECT_NE(reference.judge(0, {}), "");
  EXPECT_NE(reference.judge(0, {Reference::fact(book, entry), "invented"}), "");
  EXPECT_EQ(reference.judge(0, {Reference::fact(book, entry)}), "");
}

}  // namespace
}  // namespace wattring::replication
