// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <filesystem>

#include "node/sim/ledger.hpp"

namespace wattring::sim {
namespace {

TEST(LedgerProperty, AnyReadingsComeBackAsTheyWere) {
  std::string directory = (std::filesystem::temp_directory_path() / "wattring-ledger-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/ledger.bin";
  EXPECT_TRUE(rc::check([&] {
    const auto readings = *rc::gen::container<std::vector<Reading>>(rc::gen::construct<Reading>(
        rc::gen::arbitrary<std::int64_t>(), rc::gen::arbitrary<std::int64_t>(), rc::gen::arbitrary<std::uint32_t>(),
        rc::gen::oneOf(rc::gen::inRange<std::uint16_t>(0, 20), rc::gen::arbitrary<std::uint16_t>())));
    auto writer = LedgerWriter::create(path, {}, {});
    RC_ASSERT(writer.has_value());
    RC_ASSERT((*writer)->sent(5, -1, readings).has_value());
    RC_ASSERT((*writer)->end().has_value());
    std::vector<Reading> back;
    LedgerVisitor visitor;
    visitor.batch = [&](std::uint64_t, std::int64_t, std::span<const Reading> r) { back.assign(r.begin(), r.end()); };
    const auto ending = scan_ledger(path, visitor);
    RC_ASSERT(ending.has_value());
    RC_ASSERT(*ending == LedgerEnding::clean);
    RC_ASSERT(back == readings);
  }));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace wattring::sim
