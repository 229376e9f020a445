// SPDX-License-Identifier: Apache-2.0
#include "node/meter/registers.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace wattring::meter {
namespace {

struct Expected {
  Register reg;
  std::string_view name;
  Kind kind;
  Dimension dimension;
};

void expect_register(const Expected& expected) {
  const RegisterInfo* info = find_register(expected.reg);
  ASSERT_NE(info, nullptr) << format_obis(expected.reg);
  EXPECT_EQ(info->reg, expected.reg);
  EXPECT_EQ(info->name, expected.name);
  EXPECT_EQ(info->kind, expected.kind) << expected.name;
  EXPECT_EQ(info->dimension, expected.dimension) << expected.name;
}

TEST(Registers, TableKnowsWhatDutchAndBelgianMetersSend) {
  using enum Kind;
  using enum Dimension;
  expect_register({obis(1, 0, 1, 8, 0), "import", cumulative, active_energy});
  expect_register({obis(1, 0, 1, 8, 1), "import_t1", cumulative, active_energy});
  expect_register({obis(1, 0, 2, 8, 4), "export_t4", cumulative, active_energy});
  expect_register({obis(1, 0, 8, 8, 0), "reactive_q4", cumulative, reactive_energy});
  expect_register({obis(1, 0, 1, 7, 0), "power", gauge, active_power});
  expect_register({obis(1, 0, 61, 7, 0), "power_l3", gauge, active_power});
  expect_register({obis(1, 0, 42, 7, 0), "export_power_l2", gauge, active_power});
  expect_register({obis(1, 0, 72, 7, 0), "voltage_l3", gauge, voltage});
  expect_register({obis(1, 0, 51, 7, 0), "current_l2", gauge, current});
  expect_register({obis(1, 0, 14, 7, 0), "frequency", gauge, frequency});
  expect_register({obis(1, 0, 53, 7, 0), "power_factor_l2", gauge, factor});
  expect_register({obis(1, 0, 52, 32, 0), "voltage_sags_l2", cumulative, count});
  expect_register({obis(1, 0, 72, 36, 0), "voltage_swells_l3", cumulative, count});
  expect_register({obis(0, 0, 96, 7, 21), "power_failures", cumulative, count});
  expect_register({obis(1, 0, 1, 4, 0), "demand", gauge, active_power});
  expect_register({obis(1, 0, 1, 6, 0), "month_peak", gauge, active_power});
  expect_register({obis(0, 0, 96, 1, 1), "equipment_id", event, text});
}

TEST(Registers, MbusRegistersAreFoundForChannelsOneToFourOnly) {
  for (unsigned n = 1; n <= 4; ++n) {
    const std::string prefix = "mbus" + std::to_string(n) + "_";
    expect_register({obis(0, n, 24, 2, 1), prefix + "volume", Kind::cumulative, Dimension::volume});
    expect_register({obis(0, n, 24, 2, 3), prefix + "volume_uncorrected", Kind::cumulative, Dimension::volume});
    expect_register({obis(0, n, 24, 4, 0), prefix + "valve_state", Kind::gauge, Dimension::count});
    expect_register({obis(0, n, 96, 1, 0), prefix + "equipment_id_0", Kind::event, Dimension::text});
  }
  EXPECT_EQ(find_register(obis(0, 0, 24, 2, 1)), nullptr);
  EXPECT_EQ(find_register(obis(0, 5, 24, 2, 1)), nullptr);
}

TEST(Registers, WhatGatewaysSayAboutAMeterHasItsOwnRows) {
  expect_register({obis(0, 0, 199, 128, 1), "clock_drift", Kind::gauge, Dimension::duration});
  expect_register({obis(0, 0, 199, 128, 2), "bad_frames", Kind::gauge, Dimension::factor});
  expect_register({obis(0, 0, 199, 128, 3), "announced", Kind::event, Dimension::text});
  EXPECT_EQ(resolve_register("clock_drift_s")->scale.numerator, 1000);
  EXPECT_EQ(resolve_register("bad_frames")->scale.numerator, 1000);
}

TEST(Registers, UnknownCodesAreNotFound) {
  EXPECT_EQ(find_register(obis(1, 0, 1, 8, 5)), nullptr);
  EXPECT_EQ(find_register(obis(1, 0, 1, 8, 0, 0)), nullptr);
  EXPECT_EQ(find_register(Register{}), nullptr);
}

TEST(Registers, EnergyWrapsAtAMillionKilowattHours) {
  EXPECT_EQ(find_register(obis(1, 0, 1, 8, 1))->modulus, 1'000'000'000);
  EXPECT_EQ(find_register(obis(1, 0, 2, 8, 0))->modulus, 1'000'000'000);
  EXPECT_EQ(find_register(obis(1, 0, 1, 7, 0))->modulus, 0);
}

TEST(Registers, EveryEntryIsFoundByItsCodeAndNamedOnce) {
  std::set<std::string_view> names;
  Register last{};
  for (const RegisterInfo& info : all_registers()) {
    EXPECT_EQ(find_register(info.reg), &info);
    EXPECT_LT(last, info.reg);
    last = info.reg;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    if (info.dimension != Dimension::text) {
      EXPECT_FALSE(base_unit(info.dimension).empty());
    }
  }
  EXPECT_GT(names.size(), 150U);
}

TEST(Registers, BaseUnitsAreUnitsOfScaleOne) {
  for (const RegisterInfo& info : all_registers()) {
    if (info.dimension == Dimension::text) continue;
    const auto unit = find_unit(base_unit(info.dimension));
    ASSERT_TRUE(unit.has_value()) << base_unit(info.dimension);
    EXPECT_EQ(unit->dimension, info.dimension);
    EXPECT_EQ(unit->numerator, unit->denominator);
  }
}

struct ExpectedUnit {
  std::string_view text;
  Dimension dimension;
  std::int64_t numerator;
  std::int64_t denominator;
};

TEST(Units, AreFoundHoweverTheyAreWritten) {
  using enum Dimension;
  for (const ExpectedUnit& expected : {ExpectedUnit{"kWh", active_energy, 1000, 1},
                                       {"KWH", active_energy, 1000, 1},
                                       {"Wh", active_energy, 1, 1},
                                       {"MWh", active_energy, 1'000'000, 1},
                                       {"mwh", active_energy, 1'000'000, 1},
                                       {"J", active_energy, 1, 3600},
                                       {"kVArh", reactive_energy, 1000, 1},
                                       {"varh", reactive_energy, 1, 1},
                                       {"W", active_power, 1, 1},
                                       {"kw", active_power, 1000, 1},
                                       {"MW", active_power, 1'000'000, 1},
                                       {"kvar", reactive_power, 1000, 1},
                                       {"VA", apparent_power, 1, 1},
                                       {"V", voltage, 10, 1},
                                       {"A", current, 100, 1},
                                       {"mA", current, 1, 10},
                                       {"Hz", frequency, 1000, 1},
                                       {"mHz", frequency, 1, 1},
                                       {"m3", volume, 1000, 1},
                                       {"m\xC2\xB3", volume, 1000, 1},
                                       {"L", volume, 1, 1},
                                       {"GJ", heat, 1000, 1},
                                       {"MJ", heat, 1, 1},
                                       {"s", count, 1, 1}}) {
    const auto unit = find_unit(expected.text);
    ASSERT_TRUE(unit.has_value()) << expected.text;
    EXPECT_EQ(unit->dimension, expected.dimension) << expected.text;
    EXPECT_EQ(unit->numerator, expected.numerator) << expected.text;
    EXPECT_EQ(unit->denominator, expected.denominator) << expected.text;
  }
}

TEST(Units, ThatCouldBeMilliOrMegaAreRefused) {
  for (const std::string_view unit : {"mW", "mw", "mWh", "mJ", "MHz"}) EXPECT_FALSE(find_unit(unit)) << unit;
}

TEST(Units, UnknownOnesAreRefused) {
  for (const std::string_view unit : {"", "kWh ", "furlong", "kilowatthours", "m4"})
    EXPECT_FALSE(find_unit(unit)) << unit;
}

void expect_name(std::string_view name, Register reg, std::int64_t numerator, std::int64_t denominator) {
  const auto found = resolve_register(name);
  ASSERT_TRUE(found.has_value()) << name;
  EXPECT_EQ(found->info->reg, reg) << name;
  EXPECT_EQ(found->scale.dimension, found->info->dimension) << name;
  EXPECT_EQ(found->scale.numerator, numerator) << name;
  EXPECT_EQ(found->scale.denominator, denominator) << name;
}

TEST(RegisterNames, AliasesOfTheApi) {
  expect_name("import_wh", obis(1, 0, 1, 8, 0), 1, 1);
  expect_name("import_kwh", obis(1, 0, 1, 8, 0), 1000, 1);
  expect_name("import_t1_kwh", obis(1, 0, 1, 8, 1), 1000, 1);
  expect_name("export_kwh", obis(1, 0, 2, 8, 0), 1000, 1);
  expect_name("power_w", obis(1, 0, 1, 7, 0), 1, 1);
  expect_name("power_kw", obis(1, 0, 1, 7, 0), 1000, 1);
  expect_name("export_power_w", obis(1, 0, 2, 7, 0), 1, 1);
  expect_name("voltage_l1_v", obis(1, 0, 32, 7, 0), 10, 1);
  expect_name("current_l1_a", obis(1, 0, 31, 7, 0), 100, 1);
  expect_name("gas_m3", obis(0, 1, 24, 2, 1), 1000, 1);
  expect_name("water_m3", obis(8, 0, 1, 0, 0), 1000, 1);
}

TEST(RegisterNames, TheFamilyOfTheAliases) {
  expect_name("import_t4_mwh", obis(1, 0, 1, 8, 4), 1'000'000, 1);
  expect_name("export_t2_wh", obis(1, 0, 2, 8, 2), 1, 1);
  expect_name("reactive_import_kvarh", obis(1, 0, 3, 8, 0), 1000, 1);
  expect_name("power_l3_kw", obis(1, 0, 61, 7, 0), 1000, 1);
  expect_name("net_power_w", obis(1, 0, 16, 7, 0), 1, 1);
  expect_name("voltage_l2_dv", obis(1, 0, 52, 7, 0), 1, 1);
  expect_name("current_l3_ma", obis(1, 0, 71, 7, 0), 1, 10);
  expect_name("frequency_hz", obis(1, 0, 14, 7, 0), 1000, 1);
  expect_name("power_factor_l1", obis(1, 0, 33, 7, 0), 1000, 1);
  expect_name("voltage_sags_l1", obis(1, 0, 32, 32, 0), 1, 1);
  expect_name("gas_l", obis(0, 1, 24, 2, 1), 1, 1);
  expect_name("mbus2_volume_m3", obis(0, 2, 24, 2, 1), 1000, 1);
  expect_name("heat_gj", obis(6, 0, 1, 0, 0), 1000, 1);
  expect_name("energy_import_kwh", obis(1, 0, 1, 8, 0), 1000, 1);
  expect_name("IMPORT_kWh", obis(1, 0, 1, 8, 0), 1000, 1);
}

TEST(RegisterNames, AnObisCodeHasValuesInTheBaseUnit) {
  expect_name("1-0:1.8.0", obis(1, 0, 1, 8, 0), 1, 1);
  expect_name("1-0:1.8.0*255", obis(1, 0, 1, 8, 0), 1, 1);
  expect_name("1-0:32.7.0", obis(1, 0, 32, 7, 0), 1, 1);
}

TEST(RegisterNames, UnknownNamesAreNotGuessed) {
  for (const std::string_view name :
       {"", "import", "kwh", "import_kwhx", "1-0:1.8.9", "1-0:1.8", "power", "import_w", "voltage_l4_v", "0-5:24.2.1"})
    EXPECT_FALSE(resolve_register(name)) << name;
  EXPECT_FALSE(resolve_register(std::string(100, 'A')));
}

}  // namespace
}  // namespace wattring::meter
