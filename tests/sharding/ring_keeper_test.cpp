// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_keeper.hpp"

#include <gtest/gtest.h>

#include "tests/sharding/ring_schedules.hpp"
#include "tests/sharding/ring_world.hpp"

namespace wattring::sharding {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// The ring after the current one, without some nodes.
Ring without(const RingWorld& world, std::size_t proposer, const std::vector<std::size_t>& gone) {
  Ring next = successor_of(*world.ring_of(proposer));
  for (const std::size_t node : gone) remove_member(next, world.id(node));
  return next;
}

Ring with_node(const RingWorld& world, std::size_t proposer, std::size_t node) {
  Ring next = successor_of(*world.ring_of(proposer));
  add_member(next, {world.id(node), 100, ""});
  return next;
}

TEST(RingKeeper, TheFounderAloneDecides) {
  RingWorld world(1, 2, 1);
  ASSERT_TRUE(world.propose(0, with_node(world, 0, 1)));
  world.run_to(kSecond);
  ASSERT_NE(world.ring_of(1), nullptr);
  EXPECT_EQ(world.ring_of(0)->version, 2U);
  EXPECT_EQ(*world.ring_of(1), *world.ring_of(0));
  EXPECT_EQ(world.keeper(1).rings().size(), 2U) << "who joins knows the rings under which things were written before";
  EXPECT_EQ(world.outcomes(0), std::vector{ProposalOutcome::decided});
}

TEST(RingKeeper, AMajorityOfTheMembersRemovesADeadOne) {
  RingWorld world(1, 3, 3);
  world.crash(2);
  ASSERT_TRUE(world.propose(0, without(world, 0, {2})));
  world.run_to(kSecond);
  EXPECT_EQ(world.ring_of(1)->members.size(), 2U);
  world.start(2);
  world.run_to(10 * kSecond);
  EXPECT_TRUE(world.keeper(2).removed()) << "it asks around and is told";
  Ring next = successor_of(*world.ring_of(2));
  next.acks = 1;
  EXPECT_FALSE(world.propose(2, next)) << "it has no vote any more";
}

TEST(RingKeeper, HalfOfTheMembersIsNoMajority) {
  RingWorld world(1, 2, 2);
  world.crash(1);
  ASSERT_TRUE(world.propose(0, without(world, 0, {1})));
  world.run_to(60 * kSecond);
  EXPECT_EQ(world.ring_of(0)->version, 1U);
  EXPECT_EQ(world.outcomes(0), std::vector{ProposalOutcome::no_majority});
}

TEST(RingKeeper, AMajorityThatHardlyHearsEachOtherStillDecides) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RingWorld world(seed, 5, 5);
    world.set_faults({0.3, 0.1, 100'000'000, 20'000'000, 0});
    world.crash(3);
    world.crash(4);
    ASSERT_TRUE(world.propose(0, without(world, 0, {4})));
    world.run_to(200 * kSecond);
    EXPECT_EQ(world.ring_of(0)->version, 2U) << seed;
    EXPECT_EQ(world.ring_of(2)->version, 2U) << seed;
  }
}

// H21: each half of six nodes waits long enough and then removes the other half; after the split everybody was removed.
TEST(RingKeeper, TwoHalvesOfASplitCannotRemoveEachOther) {
  RingWorld world(1, 6, 6);
  world.partition({0, 0, 0, 1, 1, 1});
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(world.propose(0, without(world, 0, {3, 4, 5})));
    ASSERT_TRUE(world.propose(4, without(world, 4, {0, 1, 2})));
    world.run_to(world.now_ns() + 20 * kSecond);
  }
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(world.ring_of(i)->version, 1U) << i;
  world.partition({0, 0, 0, 0, 0, 0});
  world.run_to(world.now_ns() + 60 * kSecond);
  EXPECT_EQ(world.decided().size(), 1U) << "what was given up is not taken up again by itself";
  EXPECT_EQ(world.violation(), "");
}

TEST(RingKeeper, FourOfSixRemoveTwoAndTheTwoLearnOfIt) {
  RingWorld world(1, 6, 6);
  world.partition({0, 0, 0, 0, 1, 1});
  ASSERT_TRUE(world.propose(5, without(world, 5, {0, 1, 2, 3})));
  ASSERT_TRUE(world.propose(0, without(world, 0, {4, 5})));
  world.run_to(20 * kSecond);
  EXPECT_EQ(world.ring_of(3)->version, 2U);
  EXPECT_EQ(world.ring_of(5)->version, 1U);
  world.partition({0, 0, 0, 0, 0, 0});
  world.run_to(40 * kSecond);
  EXPECT_TRUE(world.keeper(4).removed());
  EXPECT_TRUE(world.keeper(5).removed());
}

TEST(RingKeeper, OfTwoProposalsAtOnceOneIsDecidedAndTheOtherHearsOfIt) {
  RingWorld world(3, 5, 3);
  ASSERT_TRUE(world.propose(0, with_node(world, 0, 3)));
  ASSERT_TRUE(world.propose(1, with_node(world, 1, 4)));
  world.run_to(20 * kSecond);
  ASSERT_EQ(world.outcomes(0).size(), 1U);
  ASSERT_EQ(world.outcomes(1).size(), 1U);
  EXPECT_NE(world.outcomes(0), world.outcomes(1));
  EXPECT_EQ(world.decided().size(), 2U);
}

TEST(RingKeeper, WhatAMinorityAcceptedIsDecidedByTheNextProposer) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper a(founding.members[0].id, founding, RingMutant::none);
  HandKeeper b(founding.members[1].id, founding, RingMutant::none);
  HandKeeper c(founding.members[2].id, founding, RingMutant::none);
  Ring one = successor_of(founding);
  one.members[0].weight = 1;
  Ring other = successor_of(founding);
  other.members[0].weight = 2;
  const auto promise = message_to<RingPromise>(a.id, b.hear(a.id, message_to<RingPrepare>(b.id, a.propose(one))));
  b.hear(a.id, message_to<RingAccept>(b.id, a.hear(b.id, promise)));  // b's word that it accepted is lost
  const auto told = message_to<RingPromise>(c.id, b.hear(c.id, message_to<RingPrepare>(b.id, c.propose(other))));
  ASSERT_TRUE(told.vote.has_value());
  const auto accept = message_to<RingAccept>(b.id, c.hear(b.id, told));
  EXPECT_EQ(accept.ring, one);
}

TEST(RingKeeper, NothingLeavesBeforeItIsDurable) {
  const Ring founding = sample_ring(1, 3);
  RingKeeper keeper({}, founding.members[0].id, RingState{{founding}, {}, {}}, Prng(1));
  const NodeId other = founding.members[1].id;
  RingEffects effects;
  const RingPrepare prepare{{2, ring_id(founding)}, {7, other}};
  keeper.handle(0, other, prepare, effects);
  ASSERT_EQ(effects.size(), 1U);
  const auto persist = std::get<ring_effect::Persist>(effects[0]);
  EXPECT_EQ(decode_ring_state(persist.state)->promised, prepare.ballot);
  effects.clear();
  keeper.handle(0, other, prepare, effects);
  keeper.handle(0, other, RingAsk{0}, effects);
  EXPECT_TRUE(effects.empty()) << "the same promise again, and all else, waits as well";
  keeper.persisted(persist.token, effects);
  ASSERT_EQ(effects.size(), 3U);
  EXPECT_EQ(std::get<ring_effect::Send>(effects[0]).message,
            RingMessage(RingPromise{prepare.slot, prepare.ballot, {}}));
  EXPECT_TRUE(std::holds_alternative<RingTell>(std::get<ring_effect::Send>(effects[2]).message));
}

TEST(RingKeeper, ARingHoldsFromTheMomentItIsDurable) {
  const Ring founding = sample_ring(1, 1);
  RingKeeper keeper({}, founding.members[0].id, RingState{{founding}, {}, {}}, Prng(1));
  Ring next = successor_of(founding);
  next.acks = 1;
  RingEffects effects;
  ASSERT_TRUE(keeper.propose(0, next, effects).has_value());
  EXPECT_EQ(keeper.current()->version, 1U);
  keeper.persisted(std::get<ring_effect::Persist>(effects.back()).token, effects);
  EXPECT_EQ(*keeper.current(), next);
  EXPECT_TRUE(std::holds_alternative<ring_effect::RingChanged>(effects[1]));
  EXPECT_TRUE(std::holds_alternative<ring_effect::ProposalDone>(effects[2]));
}

TEST(RingKeeper, APromiseOutlivesARestart) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper keeper(founding.members[0].id, founding, RingMutant::none);
  const NodeId second = founding.members[1].id;
  const NodeId third = founding.members[2].id;
  const RingSlot slot{2, ring_id(founding)};
  keeper.hear(third, RingPrepare{slot, {5, third}});
  keeper.restart();
  const auto refused = message_to<RingRefused>(second, keeper.hear(second, RingPrepare{slot, {5, second}}));
  EXPECT_EQ(refused.promised, (Ballot{5, third}));
}

TEST(RingKeeper, AProposalThatCannotBeIsRefusedAtOnce) {
  const Ring founding = sample_ring(1, 3);
  RingEffects effects;
  Ring next = successor_of(founding);
  next.acks = 1;
  const RingState state{{founding}, {}, {}};
  RingKeeper member({}, founding.members[0].id, state, Prng(1));
  EXPECT_EQ(member.propose(0, founding, effects).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(member.propose(0, next, effects).has_value());
  EXPECT_EQ(member.propose(0, next, effects).error().code, ErrorCode::busy);
  RingKeeper stranger({}, sample_node(99), state, Prng(1));
  EXPECT_EQ(stranger.propose(0, next, effects).error().code, ErrorCode::invalid_argument);
  RingKeeper ignorant({}, founding.members[0].id, {}, Prng(1));
  EXPECT_EQ(ignorant.propose(0, next, effects).error().code, ErrorCode::not_found);
  RingKeeperSettings mute;
  mute.votes = false;
  RingKeeper restored(mute, founding.members[0].id, state, Prng(1));
  EXPECT_EQ(restored.propose(0, next, effects).error().code, ErrorCode::invalid_argument);
}

TEST(RingKeeper, WhoMayHaveForgottenWhatItPromisedLearnsButDoesNotVote) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper keeper(founding.members[0].id, founding, RingMutant::none);
  keeper.settings.votes = false;
  keeper.restart();
  const NodeId other = founding.members[1].id;
  EXPECT_TRUE(keeper.hear(other, RingPrepare{{2, ring_id(founding)}, {1, other}}).empty());
  Ring next = successor_of(founding);
  next.acks = 1;
  keeper.hear(other, RingTell{1, 2, {next}});
  EXPECT_EQ(*keeper.keeper->current(), next);
}

/// How many rings came to hold when one of three, whose vote had decided, went back to a disk from before it.
std::size_t rings_after_a_voter_forgot(bool it_votes_again) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper first(founding.members[0].id, founding, RingMutant::none);
  HandKeeper voter(founding.members[1].id, founding, RingMutant::none);
  HandKeeper second(founding.members[2].id, founding, RingMutant::none);
  const std::string before = voter.disk;
  const auto decide_with_voter = [&](HandKeeper& proposer, std::uint16_t weight) {
    Ring next = successor_of(founding);
    next.members[0].weight = weight;
    const auto asked = message_to<RingPrepare>(voter.id, proposer.propose(next));
    const auto promised = message_to<RingPromise>(proposer.id, voter.hear(proposer.id, asked));
    const auto accept = message_to<RingAccept>(voter.id, proposer.hear(voter.id, promised));
    proposer.hear(voter.id, message_to<RingAccepted>(proposer.id, voter.hear(proposer.id, accept)));
  };
  decide_with_voter(first, 1);
  voter.disk = before;
  voter.settings.votes = it_votes_again;
  voter.restart();
  decide_with_voter(second, 2);
  return first.decided.size() + second.decided.size();
}

// What is held of readings may be told anew under a new disk generation; a vote cannot.
TEST(RingKeeper, AVoterThatForgotAndVotesAgainDecidesASecondRing) {
  EXPECT_EQ(rings_after_a_voter_forgot(true), 2U);
  EXPECT_EQ(rings_after_a_voter_forgot(false), 1U);
}

TEST(RingKeeper, StrangersAndUnsoundBallotsAreIgnored) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper keeper(founding.members[0].id, founding, RingMutant::none);
  const NodeId member = founding.members[1].id;
  const RingSlot slot{2, ring_id(founding)};
  Ring next = successor_of(founding);
  next.acks = 1;
  Ring orphan = next;
  orphan.parent = 5;
  EXPECT_TRUE(keeper.hear(sample_node(99), RingPrepare{slot, {1, sample_node(99)}}).empty());
  EXPECT_TRUE(keeper.hear(member, RingPrepare{slot, {1, founding.members[2].id}}).empty());
  EXPECT_TRUE(keeper.hear(member, RingPrepare{slot, {~0ULL, member}}).empty());
  EXPECT_TRUE(keeper.hear(member, RingAccept{slot, {1, member}, orphan}).empty());
  EXPECT_TRUE(keeper.hear(member, RingPrepare{{2, 5}, {1, member}}).empty());
  EXPECT_EQ(keeper.keeper->stats().unsound, 3U);
  EXPECT_EQ(keeper.keeper->stats().conflicts, 1U);
}

TEST(RingKeeper, RingsOfAnotherHistoryAreNotTaken) {
  const Ring founding = sample_ring(1, 3);
  HandKeeper keeper(founding.members[0].id, founding, RingMutant::none);
  const Ring alien = sample_ring(2, 3);
  Ring next = successor_of(alien);
  next.acks = 1;
  keeper.hear(founding.members[1].id, RingTell{1, 2, {alien, next}});
  EXPECT_EQ(*keeper.keeper->current(), founding);
  EXPECT_EQ(keeper.keeper->stats().conflicts, 2U);
}

TEST(RingKeeper, OldRingsAreForgottenOnRequestAndAGapIsCrossedOnlyThen) {
  const Ring first = sample_ring(1, 3);
  HandKeeper keeper(first.members[0].id, first, RingMutant::none);
  const NodeId other = first.members[1].id;
  std::vector<Ring> chain{first};
  for (std::uint16_t i = 1; i <= 4; ++i) {
    chain.push_back(successor_of(chain.back()));
    chain.back().members[0].weight = i;
  }
  const auto asked = message_to<RingAsk>(other, keeper.hear(other, RingTell{2, 5, {chain[3], chain[4]}}));
  EXPECT_EQ(asked.known, 1U) << "the teller still has version 2";
  EXPECT_EQ(keeper.keeper->current()->version, 1U);
  keeper.hear(other, RingTell{4, 5, {chain[3], chain[4]}});
  EXPECT_EQ(keeper.keeper->current()->version, 5U);
  RingEffects effects;
  keeper.keeper->forget_before(100, effects);
  keeper.keeper->persisted(std::get<ring_effect::Persist>(effects.at(0)).token, effects);
  ASSERT_EQ(keeper.keeper->rings().size(), 1U) << "the newest is kept";
  EXPECT_EQ(keeper.keeper->current()->version, 5U);
  const auto told = message_to<RingTell>(other, keeper.hear(other, RingAsk{0}));
  EXPECT_EQ(told.oldest, 5U);
}

TEST(RingKeeper, ManyRingsAreToldInParts) {
  const Ring first = sample_ring(1, 3);
  HandKeeper teller(first.members[0].id, first, RingMutant::none);
  HandKeeper learner(first.members[1].id, first, RingMutant::none);
  Ring last = first;
  for (std::uint16_t i = 1; i <= 150; ++i) {
    Ring next = successor_of(last);
    next.members[0].weight = i;
    teller.hear(learner.id, RingTell{1, next.version, {next}});
    last = next;
  }
  RingMessage ask = RingAsk{1};
  int asked = 0;
  for (; asked < 10 && *learner.keeper->current() != last; ++asked) {
    const auto told = message_to<RingTell>(learner.id, teller.hear(learner.id, ask));
    EXPECT_LE(told.rings.size(), kRingsToldMax);
    ask = message_to<RingAsk>(teller.id, learner.hear(teller.id, told));
  }
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(learner.keeper->rings().size(), 151U);
}

}  // namespace
}  // namespace wattring::sharding
