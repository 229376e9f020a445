// SPDX-License-Identifier: Apache-2.0
#include "node/sim/stored_values.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "persistence/lmdb_journal.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::sim {
namespace {

using persistence::Table;

/// Values of a line and of many pages, in two tables, some replaced by later ones.
std::string written(const std::filesystem::path& directory, std::map<std::string, std::string>& series) {
  auto journal = persistence::LmdbJournal::open(directory, {.map_bytes = 64U << 20U});
  EXPECT_TRUE(journal);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 300; ++i) {
      const std::string key = "key-" + std::to_string(1000 + i);
      const std::string value(static_cast<std::size_t>(i * (i % 7) * 5 + 1), static_cast<char>('a' + round));
      series[key] = value;
      const persistence::WriteOp ops[] = {{.table = Table::series, .key = key, .value = value},
                                          {.table = Table::meter, .key = key, .value = "m"}};
      EXPECT_EQ((*journal)->commit(ops).status, persistence::CommitStatus::committed);
      if (i > 20 && round < 2) break;
    }
  }
  std::ifstream file(directory / "data.mdb", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(StoredValues, EveryValueOfTheNewestStateIsFoundWhereItLies) {
  const test::TempDirectory directory;
  std::map<std::string, std::string> series;
  const std::string file = written(directory.path(), series);
  const auto values = stored_values(file);
  ASSERT_TRUE(values) << values.error().text();
  std::multimap<std::string, std::string> by_table;
  for (const StoredValue& value : *values) by_table.emplace(value.table, file.substr(value.offset, value.bytes));
  std::multiset<std::string> expected;
  for (const auto& [key, value] : series) expected.insert(value);
  std::multiset<std::string> found;
  for (auto [it, end] = by_table.equal_range("series"); it != end; ++it) found.insert(it->second);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(by_table.count("meter"), series.size());
}

TEST(StoredValues, WhatIsNoDataFileIsRefused) {
  EXPECT_FALSE(stored_values(""));
  EXPECT_FALSE(stored_values(std::string(10'000, 'x')));
  const test::TempDirectory directory;
  std::map<std::string, std::string> series;
  const std::string file = written(directory.path(), series);
  EXPECT_FALSE(stored_values(std::string_view(file).substr(0, file.size() / 2)));
}

}  // namespace
}  // namespace wattring::sim
