// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "base/hash.hpp"
#include "cluster/endpoint.hpp"
#include "cluster/membership_memory.hpp"

namespace wattring::cluster {
namespace {

/// Lines of anything with a checksum that holds: what only somebody who means harm would write.
std::string sealed(const std::string& lines) {
  std::string text = "wattring-membership 1\n" + lines;
  if (text.back() != '\n') text += '\n';
  const std::uint64_t hash = hash64(text);
  std::string check = "check ";
  for (int shift = 60; shift >= 0; shift -= 4) check += "0123456789abcdef"[(hash >> shift) & 0xfU];
  return text + check + "\n";
}

TEST(MembershipMemory, AnyBytesAreReadWithinTheLimitsOrRefused) {
  EXPECT_TRUE(rc::check([] {
    const auto word = rc::gen::element<std::string>("epoch ", "seed ", "peer ", "later ", "", "check ", "peer");
    const auto value = rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                                      rc::gen::element<std::string>("10.0.0.1:7411", "a:1", "18446744073709551615"));
    std::string lines;
    for (int i = *rc::gen::inRange(0, 100); i > 0; --i) lines += *word + *value + "\n";
    const auto parsed = parse_membership_memory(*rc::gen::arbitrary<bool>() ? sealed(lines) : lines);
    if (!parsed) return;
    RC_ASSERT(parsed->peers.size() <= MembershipMemory::kPeersMax);
    RC_ASSERT(parsed->seeds.size() <= MembershipMemory::kSeedsMax);
    for (const std::string& peer : parsed->peers) RC_ASSERT(is_numeric_endpoint(peer));
    RC_ASSERT(parse_membership_memory(format(*parsed)).value() == *parsed);
  }));
}

}  // namespace
}  // namespace wattring::cluster
