// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sharding/ring_keeper.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

Ring any_ring() {
  Ring ring = sample_ring(*rc::gen::inRange(0U, 50U), *rc::gen::inRange<std::size_t>(1, 6), 2);
  ring.members[0].weight = *rc::gen::inRange<std::uint16_t>(1, kRingWeightMax);
  if (*rc::gen::arbitrary<bool>())
    ring.pins = {{ShardId{*rc::gen::inRange<std::uint16_t>(0, 4096)}, ring.members[0].id}};
  if (*rc::gen::arbitrary<bool>()) return ring;
  Ring next = successor_of(ring);
  if (next.members.size() > 1) remove_member(next, next.members[0].id);
  return next;
}

Ballot any_ballot() {
  return {*rc::gen::arbitrary<std::uint64_t>(), sample_node(*rc::gen::inRange(0U, 50U))};
}

RingSlot any_slot() {
  // Mostly the one that follows the first ring of any_chain().
  if (*rc::gen::inRange(0, 4) != 0) return {2, ring_id(sample_ring(1, 3))};
  return {*rc::gen::inRange<std::uint64_t>(0, 4), *rc::gen::arbitrary<std::uint64_t>()};
}

std::vector<Ring> any_chain() {
  std::vector<Ring> rings{sample_ring(1, 3)};
  for (int more = *rc::gen::inRange(0, 4); more > 0; --more) {
    rings.push_back(successor_of(rings.back()));
    rings.back().members[0].weight = static_cast<std::uint16_t>(more);
  }
  return rings;
}

std::optional<RingVote> any_vote() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return RingVote{any_ballot(), any_ring()};
}

RingMessage any_message() {
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return RingPrepare{any_slot(), any_ballot()};
    case 1:
      return RingPromise{any_slot(), any_ballot(), any_vote()};
    case 2:
      return RingAccept{any_slot(), any_ballot(), any_ring()};
    case 3:
      return RingAccepted{any_slot(), any_ballot()};
    case 4:
      return RingRefused{any_slot(), any_ballot(), any_ballot()};
    case 5:
      return RingAsk{*rc::gen::arbitrary<std::uint64_t>()};
    default:
      return RingTell{*rc::gen::inRange<std::uint64_t>(0, 4), *rc::gen::arbitrary<std::uint64_t>(), any_chain()};
  }
}

/// Some bytes changed, cut off or added.
std::string damaged(std::string bytes) {
  for (int changes = *rc::gen::inRange(1, 4); changes > 0 && !bytes.empty(); --changes)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  if (*rc::gen::inRange(0, 3) == 0) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 3));
  return bytes;
}

TEST(RingMessageProperty, ComesBackFromItsBytes) {
  EXPECT_TRUE(rc::check([] {
    const RingMessage message = any_message();
    const Result<RingMessage> back = decode_ring_message(encode(message));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == message);
  }));
}

TEST(RingMessageProperty, StateComesBackFromItsBytes) {
  EXPECT_TRUE(rc::check([] {
    const RingState state{any_chain(), any_ballot(), any_vote()};
    const Result<RingState> back = decode_ring_state(encode(state));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == state);
  }));
}

TEST(RingMessageProperty, DamagedBytesAreRefusedOrStillSound) {
  EXPECT_TRUE(rc::check([] {
    if (const Result<RingMessage> message = decode_ring_message(damaged(encode(any_message()))))
      RC_ASSERT(decode_ring_message(encode(*message)).has_value());
    if (const Result<Ring> ring = decode_ring(damaged(encode(any_ring())))) RC_ASSERT(check_ring(*ring).has_value());
    if (const Result<RingState> state = decode_ring_state(damaged(encode(RingState{any_chain(), {}, any_vote()}))))
      RC_ASSERT(decode_ring_state(encode(*state)).has_value());
  }));
}

TEST(RingMessageProperty, ArbitraryBytesAreNeverMoreThanRefused) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    static_cast<void>(decode_ring(bytes));
    static_cast<void>(decode_ring_message(bytes));
    static_cast<void>(decode_ring_state(bytes));
  }));
}

TEST(RingMessageProperty, CountsOfWhatIsNotThereAllocateNothing) {
  std::string bytes = encode(sample_ring(1, 1)).substr(0, 12);  // up to the number of members
  bytes += "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_FALSE(decode_ring(bytes).has_value());
}

TEST(RingMessageProperty, WhateverIsSaidTheRingsRemainAChain) {
  EXPECT_TRUE(rc::check([] {
    const Ring founding = sample_ring(1, 3);
    RingKeeper keeper({}, founding.members[0].id, RingState{{founding}, {}, {}}, Prng(1));
    for (int messages = *rc::gen::inRange(0, 20); messages > 0; --messages) {
      RingEffects effects;
      const NodeId from = founding.members[*rc::gen::inRange<std::size_t>(0, 3)].id;
      keeper.handle(0, from, any_message(), effects);
      keeper.persisted(~std::uint64_t{0}, effects);
    }
    const std::vector<RingPtr>& rings = keeper.rings();
    for (std::size_t i = 1; i < rings.size(); ++i) RC_ASSERT(check_successor(*rings[i - 1], *rings[i]).has_value());
  }));
}

}  // namespace
}  // namespace wattring::sharding
