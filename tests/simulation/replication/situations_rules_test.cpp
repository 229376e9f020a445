// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>

#include "tests/simulation/replication/situation.hpp"

/// The shortest way to each rule's breach: as it should be nothing is wrong, with the rule broken the checker says so.

namespace wattring::replication {
namespace {

using sharding::AckClass;
using sharding::Mutant;
using sharding::PeerMessage;
namespace message = sharding::message;

/// Drops what brings entries to that node.
void starve(Situation& at, Node hungry) {
  at.world.filter = [hungry](Node, Node to, const PeerMessage& sent) {
    return to != hungry || (!std::holds_alternative<message::Append>(sent.body) &&
                            !std::holds_alternative<message::Entries>(sent.body));
  };
}

/// H1: one node is left alone with its clients.
void alone(Situation& at) {
  at.cut_off(at.owners[0], true);
  at.write(at.owners[0], 11 * kSecond);
  EXPECT_EQ(at.acks(AckClass::durable) + at.acks(AckClass::held), at.wrong() ? 1U : 0U);
}

/// H2: what has come has not gone down yet.
void slow_disks(Situation& at) {
  for (const Node node : at.owners) at.world.disk_weather(node).commit_ns = 600 * kMs;
  at.write(at.others[0], 100 * kMs);
}

void write_on_stand_ins(Situation& at) {
  for (const Node node : {at.owners[0], at.owners[1]}) at.world.crash(node);
  at.everybody_looks();
  at.write(at.others[0]);
}

/// H5: two owners are away, stand-ins take their place.
void stand_ins(Situation& at) {
  write_on_stand_ins(at);
  EXPECT_EQ(at.acks(AckClass::held), at.wrong() ? 0U : 1U);
}

/// H8: the two fast disks are in one zone.
void one_zone_is_fast(Situation& at) {
  const auto zone = [&](Node node) { return at.world.rings().zone(node); };
  for (const Node node : at.owners) {
    const auto there =
        std::count_if(at.owners.begin(), at.owners.end(), [&](Node other) { return zone(other) == zone(node); });
    if (there == 1) at.world.disk_weather(node).commit_ns = 200 * kMs;
  }
  at.write(at.owners[0], kSecond);
}

/// H13: the answer to a pull is lost.
void lost_answer(Situation& at) {
  const Node away = at.owners[2];
  at.cut_off(away, true);
  at.write(at.owners[0]);
  starve(at, away);
  at.cut_off(away, false);
  at.world.run_for(15 * kSecond);
  at.world.filter = nullptr;
  at.world.run_for(15 * kSecond);
  if (!at.world.checker().facts(away).test(0)) at.world.checker().add(9, away, "never got what it was not sent once");
}

/// H15: the first entry of a writer passes an owner by, the second does not.
void gap(Situation& at) {
  starve(at, at.owners[2]);
  at.write(at.owners[0], 100 * kMs);
  at.world.filter = nullptr;
  at.write(at.owners[0], 100 * kMs);
}

/// H17: stand-ins hold the second copy; of the owners that return only one gets it.
void one_owner_confirms(Situation& at) {
  write_on_stand_ins(at);
  starve(at, at.owners[1]);
  for (const Node node : {at.owners[0], at.owners[1]}) at.world.start(node);
  at.world.run_for(20 * kSecond);
}

/// H17: who is to confirm has gone over to a ring that the holder does not know yet.
void confirmed_under_another_ring(Situation& at) {
  const Node holder = at.owners[0];
  at.write(holder);
  at.world.rings().change({}, std::span(&holder, 1));
  for (Node node = 0; node < at.world.size(); ++node) at.world.learn_rings(node, 2);
  at.world.run_for(300 * kMs);
  at.world.disk_weather(holder).commit_ns = 1'000 * kSecond;
  at.world.rings().reweigh(at.others[0], 9);
  for (Node node = 0; node < at.world.size(); ++node)
    if (node != holder) at.world.learn_rings(node, 3);
  at.world.run_for(10 * kSecond);
}

/// H19: both stand-ins start anew.
void stand_ins_restart(Situation& at) {
  write_on_stand_ins(at);
  for (const Node node : at.others) {
    at.world.crash(node);
    at.world.start(node);
    at.world.run_for(100 * kMs);
  }
}

/// H11: a disk from before the last start, and the same writer once more.
void restored(Situation& at) {
  const Node node = at.owners[0];
  const Image before = at.world.disk(node).durable;
  for (int life = 0; life < 2; ++life) {
    if (life == 0) at.world.crash(node);
    if (life == 1) at.world.set_back(node, before, true);
    at.world.start(node);
    at.world.run_for(3 * kSecond);
    at.write(node, 3 * kSecond);
  }
}

/// H12: a machine is cloned while it runs; the clone goes on with the same name and another content.
void cloned(Situation& at) {
  const Pen before = at.world.pen(at.owners[0]);
  at.write(at.owners[0]);
  EXPECT_EQ(at.acks(AckClass::durable), 1U);
  at.world.set_pen(at.others[0], before);
  at.write(at.others[0], 12 * kSecond);
  if (at.wrong()) return;
  EXPECT_EQ(at.acks(AckClass::unknown), 1U);
  EXPECT_GT(at.world.replica(at.owners[0]).counts().forks, 0U);
}

/// Two owners leave and hear nothing of it; the others are under the new ring.
void two_owners_left_behind(Situation& at) {
  const std::array<Node, 2> behind{at.owners[0], at.owners[1]};
  for (const Node node : behind) at.cut_off(node, true);
  at.world.rings().change({}, behind);
  for (const Node node : {at.owners[2], at.others[0], at.others[1]}) at.world.learn_rings(node, 2);
  at.world.run_for(2 * kSecond);
}

/// H25: copies on new owners, and the old ones may still acknowledge among themselves.
void unfenced(Situation& at) {
  two_owners_left_behind(at);
  at.write(at.owners[2]);
  EXPECT_EQ(at.acks(AckClass::held), at.wrong() ? 0U : 1U);
}

/// H26: new owners ask each other.
void nobody_is_filled(Situation& at) {
  two_owners_left_behind(at);
  at.cut_off(at.owners[2], true);
  (void)at.world.read_quorum(at.others[0], Situation::kSlot);
  at.world.run_for(5 * kSecond);
}

/// H17, H27: one owner of the ring before can be asked.
void filled_by_one(Situation& at) {
  two_owners_left_behind(at);
}

/// H25: owners answer before they have gone over to the new ring.
void asked_too_early(Situation& at) {
  for (const Node node : at.owners) at.world.disk_weather(node).commit_ns = 600 * kMs;
  at.world.rings().change({}, std::span(&at.owners[0], 1));
  for (const Node node : at.others) at.world.learn_rings(node, 2);
  at.world.run_for(100 * kMs);
}

/// H25, H6: receipts come from owners that are under a newer ring than the writer.
void writer_is_behind(Situation& at) {
  const Node writer = at.others[0];
  at.world.filter = [writer](Node, Node to, const PeerMessage& sent) {
    return to != writer || std::holds_alternative<message::Receipt>(sent.body);
  };
  at.world.rings().reweigh(at.others[1], 9);
  for (const Node node : {at.owners[0], at.owners[1], at.owners[2], at.others[1]}) at.world.learn_rings(node, 2);
  at.world.disk_weather(writer).commit_ns = 600 * kMs;
  at.world.run_for(kSecond);
  at.write(writer, 50 * kMs);
}

/// H29: one of three owners can be reached.
void one_owner_is_left(Situation& at) {
  at.cut_off(at.owners[0], true);
  (void)at.world.read_quorum(at.owners[0], Situation::kSlot);
  at.world.run_for(5 * kSecond);
}

struct Rule {
  const char* name;
  Mutant mutant;
  ShellMutant shell;
  void (*play)(Situation&);
  std::size_t zones = 0;
};
std::ostream& operator<<(std::ostream& out, const Rule& rule) {
  return out << rule.name;
}

class Rules : public testing::TestWithParam<Rule> {};

std::string found(const Rule& rule, bool broken) {
  WorldOptions options =
      Situation::options(broken ? rule.mutant : Mutant::none, broken ? rule.shell : ShellMutant::none);
  options.zones = rule.zones;
  Situation at(options);
  rule.play(at);
  return at.wrong() ? to_text(at.world.checker().violations().front()) : "";
}

TEST_P(Rules, HoldAndAreSeenToBreak) {
  EXPECT_EQ(found(GetParam(), false), "");
  EXPECT_NE(found(GetParam(), true), "");
}

constexpr auto kCore = ShellMutant::none;
INSTANTIATE_TEST_SUITE_P(
    Of, Rules,
    testing::Values(Rule{"H1_AloneNothingIsAcknowledged", Mutant::acks_of_the_living, kCore, alone},
                    Rule{"H2_ReceiptsComeAfterTheDisk", Mutant::receipt_before_commit, kCore, slow_disks},
                    Rule{"H5_StandInsMakeItHeld", Mutant::stand_in_counts_as_owner, kCore, stand_ins},
                    Rule{"H8_TwoZones", Mutant::ignore_zones, kCore, one_zone_is_fast, 2},
                    Rule{"H11_AWriterIsNeverTheSameAgain", Mutant::ignore_forks,
                         ShellMutant::old_writer_id_after_restore, restored},
                    Rule{"H12_AForkGetsNoReceipt", Mutant::ignore_forks, kCore, cloned},
                    Rule{"H13_WhatIsMissingIsAskedForAgain", Mutant::remember_claims, kCore, lost_answer},
                    Rule{"H15_NoClaimOverAGap", Mutant::claim_prefix, kCore, gap},
                    Rule{"H17_ADropNeedsAWord", Mutant::drop_when_not_mine, kCore, one_owner_confirms},
                    Rule{"H17_ADropNeedsEachOwnersWord", Mutant::drop_after_one, kCore, one_owner_confirms},
                    Rule{"H17_ADropNeedsOneRing", Mutant::drop_ignores_ring, kCore, confirmed_under_another_ring},
                    Rule{"H19_AStartDeletesNothing", Mutant::none, ShellMutant::boot_wipes_holder, stand_ins_restart},
                    Rule{"H25_AFenceBeforeDurable", Mutant::no_write_fence, kCore, unfenced},
                    Rule{"H25_AFillingAsksTheNewRing", Mutant::fill_before_adopt, kCore, asked_too_early},
                    Rule{"H25_AReceiptNamesItsRing", Mutant::ignore_receipt_ring, kCore, writer_is_behind},
                    Rule{"H26_NewOwnersAreNotComplete", Mutant::complete_unfilled, kCore, nobody_is_filled},
                    Rule{"H27_AFillingAsksAQuorum", Mutant::fill_from_one, kCore, filled_by_one},
                    Rule{"H29_OneOwnerIsNotComplete", Mutant::complete_from_one, kCore, one_owner_is_left}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace wattring::replication
