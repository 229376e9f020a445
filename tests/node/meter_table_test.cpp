// SPDX-License-Identifier: Apache-2.0
#include "node/meter/meter_table.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "base/hash.hpp"
#include "base/prng.hpp"
#include "node/meter/idle_ages.hpp"

namespace wattring::meter {
namespace {

/// Few distinct low bits, so that searches run through long chains.
std::uint64_t crowded_hash(const std::string& id) {
  return hash64(id) & ~std::uint64_t{0x3c};
}

using Model = std::map<std::string, std::int64_t>;  // id -> value of its one series

std::string id_of(std::uint64_t number) {
  return "METER-" + std::string(number % 7, 'x') + std::to_string(number);
}

void expect_same(const MeterTable& table, const Model& model) {
  RC_ASSERT(table.meter_count() == model.size());
  auto expected = model.begin();
  for (const MeterTable::MeterIndex meter : table.ordered()) {
    RC_ASSERT(table.holds(meter));
    RC_ASSERT(table.id(meter) == expected->first);
    const auto found = table.find(expected->first, crowded_hash(expected->first));
    RC_ASSERT(found && *found == meter);
    RC_ASSERT(table.series(table.first_series(meter)).last_value == expected->second);
    ++expected;
  }
}

TEST(MeterTable, IsAMapWhateverComesAndGoes) {
  const bool held = rc::check("as a std::map", [] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Prng prng(seed);
    MeterTable table;
    Model model;
    std::map<std::string, MeterTable::MeterIndex> indices;
    for (int step = 0; step < 600; ++step) {
      const std::string id = id_of(prng.below(150));
      const std::uint64_t hash = crowded_hash(id);
      if (prng.chance(0.55)) {
        const auto meter = table.find_or_add(id, hash);
        if (indices.contains(id)) RC_ASSERT(indices[id] == meter);
        indices[id] = meter;
        table.series(table.find_or_add_series(meter, Register{5})).last_value = step;
        model[id] = step;
      } else if (const auto meter = table.find(id, hash)) {
        table.remove(*meter);
        indices.erase(id);
        model.erase(id);
      }
      if (prng.chance(0.02)) table.trim();
      if (prng.chance(0.05)) expect_same(table, model);
      RC_ASSERT(table.find(id, hash).has_value() == model.contains(id));
    }
    expect_same(table, model);
  });
  EXPECT_TRUE(held);
}

TEST(MeterTable, GivesItsMemoryBack) {
  MeterTable table;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const std::string id = id_of(i);
    const auto meter = table.find_or_add(id, hash64(id));
    table.find_or_add_series(meter, Register{1});
    table.find_or_add_series(meter, Register{2});
  }
  EXPECT_EQ(table.ordered().size(), 10'000U);
  EXPECT_LE(table.memory_bytes() / 10'000, 256U);
  for (MeterTable::MeterIndex meter = 0; meter < table.meter_bound(); ++meter)
    if (meter != 17) table.remove(meter);
  table.trim();
  EXPECT_EQ(table.meter_count(), 1U);
  EXPECT_LT(table.memory_bytes(), 8192U);
  EXPECT_TRUE(table.find(id_of(17), hash64(id_of(17))));
}

TEST(MeterTable, ASeriesWithoutFactsIsInNoSnapshot) {
  MeterTable table;
  const auto meter = table.find_or_add("M1", 1);
  table.find_or_add_series(meter, Register{1});
  std::vector<SeriesState> series;
  ASSERT_TRUE(decode_snapshot(table.encode_snapshot(meter), series));
  EXPECT_TRUE(series.empty());
  table.remove_empty_series(meter);
  EXPECT_EQ(table.first_series(meter), kNone);
}

TEST(IdleAges, NameTheAgeThatFreesEnoughAndNoLess) {
  const bool held = rc::check("at least the bytes, by whole bins", [] {
    const auto ages = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 4'000'000U));
    IdleAges idle;
    for (const std::uint32_t age : ages) idle.add(age, 10);
    const auto wanted = *rc::gen::inRange<std::uint64_t>(1, 10 * ages.size() + 20);
    const auto found = idle.age_that_frees(wanted);
    std::uint64_t freed = 0;
    for (const std::uint32_t age : ages) freed += found && age >= *found ? 10 : 0;
    RC_ASSERT(found.has_value() == (wanted <= 10 * ages.size()));
    if (found) RC_ASSERT(freed >= wanted);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace wattring::meter
