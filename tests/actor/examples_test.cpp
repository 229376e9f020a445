// SPDX-License-Identifier: Apache-2.0
#include "node/actor/examples/examples.hpp"

#include <gtest/gtest.h>

namespace wattring::actor::examples {
namespace {

using Strings = std::vector<std::string>;

TEST(Examples, AnActorKeepsATotal) {
  EXPECT_EQ(first_actor().value(), 42);
}

TEST(Examples, AnEmptyLineIsSetAsideAndTheOthersAreParsed) {
  const Supervised seen = supervised();
  EXPECT_EQ(seen.parsed, (Strings{"one", "two"}));
  EXPECT_EQ(seen.set_aside, Strings{"an empty line"});
}

TEST(Examples, ASaverGoesOnWhenItsStoreIsSilent) {
  EXPECT_EQ(deadlines(), (Strings{"no answer", "saved", "no answer", "saved"}));
}

}  // namespace
}  // namespace wattring::actor::examples
