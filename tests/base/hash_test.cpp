// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace wattring {
namespace {

// Hashes are stored and sent, so they must be those of XXH3-64 on every machine and in every release. These three come
// from the library's own shared object.
TEST(Hash, IsXxh3) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(hash64("M-000001"), 0x8581619c2b01e235U);
  EXPECT_EQ(hash64("M-000001", 1), 0x8aada9b9d1907051U);
}

TEST(KeyedHash, IsFixedByTheKeyAlone) {
  const std::array<std::uint8_t, 16> key{1, 2, 3};
  const std::string long_input(1000, 'x');
  EXPECT_EQ(KeyedHash(key)("M-000001"), KeyedHash(key)("M-000001"));
  EXPECT_EQ(KeyedHash(key)(long_input), KeyedHash(key)(long_input));
}

TEST(KeyedHash, OneBitOfTheKeyChangesEveryPlacement) {
  const std::array<std::uint8_t, 16> key_a{};
  std::array<std::uint8_t, 16> key_b{};
  key_b[15] = 1;
  const KeyedHash a(key_a);
  const KeyedHash b(key_b);
  int same_shard = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = "M-" + std::to_string(i);
    EXPECT_NE(a(id), hash64(id)) << "without the key an outsider cannot compute it";
    if (a(id) >> 56U == b(id) >> 56U) ++same_shard;
  }
  EXPECT_LT(same_shard, 30) << "about 1000/256 by chance";
}

TEST(KeyedHash, TellsInputsOfEveryLengthApart) {
  const KeyedHash hash(std::array<std::uint8_t, 16>{9});
  std::set<std::uint64_t> seen;
  std::string input;
  for (int length = 0; length < 300; ++length) {
    seen.insert(hash(input));
    input += 'a';
  }
  EXPECT_EQ(seen.size(), 300U);
}

}  // namespace
}  // namespace wattring
