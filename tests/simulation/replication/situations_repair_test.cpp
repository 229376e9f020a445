// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string>

#include "tests/simulation/replication/situation.hpp"

/// What brings copies back, and what must not be lost on the way: disks, transfers, members that were gone.

namespace wattring::replication {
namespace {

using sharding::AckClass;
using sharding::Mutant;
using sharding::PeerMessage;
using sharding::Replica;
namespace message = sharding::message;

bool brings_entries(const PeerMessage& sent) {
  return std::holds_alternative<message::Append>(sent.body) || std::holds_alternative<message::Entries>(sent.body);
}

/// Nobody can give entries one by one any more.
void forget_logs(Situation& at) {
  for (Node node = 0; node < at.world.size(); ++node) at.world.disk(node).durable.log = Bits();
}

bool has(Situation& at, Node node, EntryNo entry) {
  return at.world.checker().facts(node).test(entry);
}

/// H4: an error from commit, and nothing of it is on the disk; others have what was sent.
void commit_fails(Situation& at) {
  const Node node = at.owners[0];
  at.write(node);
  at.world.fail_next_commit(node, false);
  at.write(node, 4 * kSecond);
  EXPECT_TRUE(at.world.running(node));
  at.write(node, 4 * kSecond);
}

/// An owner was away; what it lacks comes by a transfer, and while that runs the sender gets more.
void transfer_under_way(Situation& at) {
  const Node away = at.owners[2];
  at.world.crash(away);
  at.everybody_looks();
  at.write(at.owners[0]);
  forget_logs(at);
  bool asked = false;
  at.world.filter = [&at, &asked, away](Node, Node to, const PeerMessage& sent) {
    const auto* entries = std::get_if<message::Entries>(&sent.body);
    if (entries != nullptr && to == away && !entries->gone.empty() && !asked) {
      asked = true;
      for (int i = 1; i <= 20; ++i)
        at.world.at(at.world.now_ns() + i * 20 * kMs,
                    [&at] { (void)at.world.write(at.owners[0], std::span(&Situation::kSlot, 1)); });
    }
    return to != away || !std::holds_alternative<message::Append>(sent.body);
  };
  at.world.start(away);
  at.world.run_for(10 * kSecond);
  EXPECT_TRUE(asked);
  EXPECT_GT(at.world.figures.transfers, 0U);
  at.world.filter = nullptr;
  at.world.run_for(10 * kSecond);
  if (at.wrong()) return;
  for (EntryNo entry = 0; entry <= 20; ++entry) EXPECT_TRUE(has(at, away, entry));
}

/// H18: of two copies one disk is gone; who has the other was away, and is behind by more than the logs reach.
void far_behind_with_the_only_copy(Situation& at) {
  const auto [keeps, dies, later] = std::array{at.owners[0], at.owners[1], at.owners[2]};
  at.world.filter = [later = later](Node from, Node to, const PeerMessage& sent) {
    return (to != later && from != later) || !brings_entries(sent);
  };
  at.write(keeps);
  at.world.crash(keeps);
  at.world.destroy(dies);
  at.world.filter = nullptr;
  at.everybody_looks();
  at.write(later);
  EXPECT_FALSE(has(at, later, 0));
  forget_logs(at);
  at.world.start(keeps);
  at.world.run_for(15 * kSecond);
  if (at.wrong()) return;
  EXPECT_TRUE(has(at, later, 0)) << "the log of who keeps it is gone as well: by a transfer";
  EXPECT_TRUE(has(at, keeps, 1));
}

struct Repair {
  const char* name;
  ShellMutant broken;
  void (*play)(Situation&);
  std::size_t nodes = 5;
};
std::ostream& operator<<(std::ostream& out, const Repair& repair) {
  return out << repair.name;
}
class Repairs : public testing::TestWithParam<Repair> {};

std::string found(const Repair& repair, ShellMutant broken) {
  // A core that looks for forks makes up for some of it.
  WorldOptions options = Situation::options(broken == ShellMutant::none ? Mutant::none : Mutant::ignore_forks, broken);
  options.nodes = repair.nodes;
  Situation at(options);
  repair.play(at);
  return at.wrong() ? to_text(at.world.checker().violations().front()) : "";
}

TEST_P(Repairs, HoldAndAreSeenToBreak) {
  EXPECT_EQ(found(GetParam(), ShellMutant::none), "");
  EXPECT_NE(found(GetParam(), GetParam().broken), "");
}

INSTANTIATE_TEST_SUITE_P(
    Of, Repairs,
    testing::Values(
        Repair{"H4_AfterAnErrorFromCommitAnotherWriter", ShellMutant::sequence_reused_after_commit_error, commit_fails},
        Repair{"H16b_ATransferClaimsWhatItBrings", ShellMutant::transfer_claims_union, transfer_under_way, 3},
        Repair{"H16b_ATransferBringsWhatItClaims", ShellMutant::facts_outside_claim, transfer_under_way, 3},
        Repair{"H18_ATransferAddsAndNeverReplaces", ShellMutant::transfer_replaces, far_behind_with_the_only_copy}),
    [](const auto& instance) { return std::string(instance.param.name); });

/// R6: below an equal coverage facts are gone from a disk, and no reader sees that they ever were there.
bool comes_back(Mutant mutant) {
  WorldOptions options = Situation::options(mutant);
  options.settings.content_ns = kSecond;
  Situation at(options);
  for (int i = 0; i < 3; ++i) at.write(at.owners[0], 300 * kMs);
  at.world.vanish(at.owners[1], 1);
  EXPECT_FALSE(has(at, at.owners[1], 1));
  at.world.run_for(15 * kSecond);
  EXPECT_FALSE(at.wrong());
  return has(at, at.owners[1], 1);
}

TEST(Repaired, WhatVanishedUnseenComesBack) {
  EXPECT_TRUE(comes_back(Mutant::none));
  EXPECT_FALSE(comes_back(Mutant::ignore_content));
}

/// H4, the other outcome: the commit that reported an error had been done.
TEST(Repaired, ACommitThatFailedMayHaveBeenDone) {
  Situation at(Situation::options(Mutant::none));
  at.world.fail_next_commit(at.owners[0], true);
  at.write(at.owners[0], 4 * kSecond);
  EXPECT_EQ(at.acks(AckClass::durable), 0U) << "who asked hears nothing, and asks again";
  at.world.run_for(10 * kSecond);
  EXPECT_FALSE(at.wrong());
  for (const Node owner : at.owners) EXPECT_TRUE(has(at, owner, 0));
}

/// H13: the same member with an empty disk.
TEST(Repaired, AnEmptyDiskUnderAnOldNameIsFilled) {
  Situation at(Situation::options(Mutant::none));
  const Node blank = at.owners[2];
  for (int i = 0; i < 5; ++i) at.write(at.owners[0], 300 * kMs);
  at.world.set_back(blank, Image(), true);
  at.world.start(blank);
  at.world.run_for(50 * kMs);
  EXPECT_LT(at.world.replica(blank).filled_ring(at.shard()), 1U) << "it says of itself that it lacks something";
  at.world.run_for(15 * kSecond);
  EXPECT_FALSE(at.wrong());
  for (EntryNo entry = 0; entry < 5; ++entry) EXPECT_TRUE(has(at, blank, entry));
  EXPECT_EQ(at.world.replica(blank).role(at.shard()), Replica::Role::owner);
}

/// H23: a member that was removed while it was away comes back with the only copies that are left.
TEST(Repaired, WhoWasRemovedGivesWhatItHasAndKeepsNothing) {
  Situation at(Situation::options(Mutant::none));
  const auto [zombie, dies, later] = std::array{at.owners[0], at.owners[1], at.owners[2]};
  at.world.filter = [later = later](Node, Node to, const PeerMessage& sent) {
    return to != later || !brings_entries(sent);
  };
  at.write(zombie);
  EXPECT_EQ(at.acks(AckClass::durable), 1U);
  at.world.crash(zombie);
  at.world.filter = nullptr;
  at.world.destroy(dies);
  const std::array removed{zombie, dies};
  at.world.rings().change({}, removed);
  for (const Node node : {later, at.others[0], at.others[1]}) at.world.learn_rings(node, 2);
  at.world.run_for(3 * kSecond);
  EXPECT_EQ(at.world.checker().copies(0), 1U);
  at.world.start(zombie);
  at.world.run_for(30 * kSecond);
  EXPECT_FALSE(at.wrong());
  EXPECT_EQ(at.world.replica(zombie).role(at.shard()), Replica::Role::none);
  EXPECT_FALSE(has(at, zombie, 0));
  for (const Node owner : {later, at.others[0], at.others[1]}) EXPECT_TRUE(has(at, owner, 0));
}

/// H6: a writer stood still while the ring changed, and sends to owners that are none any more.
TEST(Repaired, WhatWasSentToFormerOwnersReachesTheNewOnes) {
  Situation at(Situation::options(Mutant::none));
  const Node writer = at.others[0];
  at.world.filter = [writer](Node, Node to, const PeerMessage& sent) {
    return to != writer || std::holds_alternative<message::Receipt>(sent.body);
  };
  at.world.rings().change({}, std::array{at.owners[0]});
  for (const Node node : {at.owners[0], at.owners[1], at.owners[2], at.others[1]}) at.world.learn_rings(node, 2);
  at.world.run_for(5 * kSecond);
  at.write(writer, kSecond);
  at.world.filter = nullptr;
  at.world.run_for(30 * kSecond);
  EXPECT_FALSE(at.wrong());
  EXPECT_EQ(at.acks(AckClass::durable) + at.acks(AckClass::held), 1U);
  EXPECT_EQ(at.world.newest_ring(writer), 2U) << "a receipt told it";
  EXPECT_FALSE(has(at, at.owners[0], 0)) << "who has left keeps nothing";
  for (Node node = 0; node < at.world.size(); ++node)
    EXPECT_EQ(has(at, node, 0), at.world.rings().owns(2, at.shard(), node));
}

/// H24, I18: who crashes and comes back gets what it missed, and nobody gets anything else.
TEST(Repaired, ACrashAndAReturnMoveTheMissedTailAlone) {
  Situation at(Situation::options(Mutant::none));
  constexpr int kBefore = 20;
  constexpr int kMissed = 5;
  for (int i = 0; i < kBefore; ++i) at.write(at.owners[i % 3], 100 * kMs);
  const Node away = at.owners[1];
  at.world.crash(away);
  at.everybody_looks();
  for (int i = 0; i < kMissed; ++i) at.write(at.owners[0], 100 * kMs);
  std::size_t moved = 0;
  bool to_others = false;
  at.world.filter = [&](Node, Node to, const PeerMessage& sent) {
    const auto* entries = std::get_if<message::Entries>(&sent.body);
    if (entries == nullptr || entries->pack == nullptr) return true;
    std::vector<EntryNo> names;
    EXPECT_TRUE(at.world.book().read(*entries->pack, names));
    moved += names.size();
    to_others = to_others || to != away;
    return true;
  };
  at.world.start(away);
  at.world.run_for(20 * kSecond);
  EXPECT_FALSE(at.wrong());
  EXPECT_EQ(moved, std::size_t{kMissed});
  EXPECT_FALSE(to_others);
  EXPECT_EQ(at.world.figures.transfers, 0U);
  for (EntryNo entry = 0; entry < kBefore + kMissed; ++entry) EXPECT_TRUE(has(at, away, entry));
}

}  // namespace
}  // namespace wattring::replication
