// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "node/meter/registers.hpp"

/// The rows from which registers.cpp builds its table; for no one else.

namespace wattring::meter::rows {

/// F9(3,3) kWh: nine digits of Wh.
inline constexpr std::int64_t kP1EnergyModulus = 1'000'000'000;

/// What every register of a group has in common with the others is said by the group.
struct RegisterRow {
  unsigned c;
  unsigned d;
  unsigned e;
  std::string_view name;
  Kind kind;
  Dimension dimension;
  std::int64_t modulus = 0;
};

/// 1-0:C.D.E, the whole connection.
inline constexpr std::array kElectricity{
    RegisterRow{16, 8, 0, "net", Kind::gauge, Dimension::active_energy},
    RegisterRow{15, 8, 0, "import_and_export", Kind::cumulative, Dimension::active_energy, kP1EnergyModulus},
    RegisterRow{1, 29, 0, "import_interval", Kind::interval, Dimension::active_energy},
    RegisterRow{2, 29, 0, "export_interval", Kind::interval, Dimension::active_energy},
    RegisterRow{3, 29, 0, "reactive_import_interval", Kind::interval, Dimension::reactive_energy},
    RegisterRow{4, 29, 0, "reactive_export_interval", Kind::interval, Dimension::reactive_energy},
    RegisterRow{1, 7, 0, "power", Kind::gauge, Dimension::active_power},
    RegisterRow{2, 7, 0, "export_power", Kind::gauge, Dimension::active_power},
    RegisterRow{15, 7, 0, "absolute_power", Kind::gauge, Dimension::active_power},
    RegisterRow{16, 7, 0, "net_power", Kind::gauge, Dimension::active_power},
    RegisterRow{1, 4, 0, "demand", Kind::gauge, Dimension::active_power},
    RegisterRow{2, 4, 0, "export_demand", Kind::gauge, Dimension::active_power},
    RegisterRow{1, 5, 0, "last_demand", Kind::gauge, Dimension::active_power},
    RegisterRow{2, 5, 0, "last_export_demand", Kind::gauge, Dimension::active_power},
    RegisterRow{1, 6, 0, "month_peak", Kind::gauge, Dimension::active_power},
    RegisterRow{2, 6, 0, "export_month_peak", Kind::gauge, Dimension::active_power},
    RegisterRow{3, 7, 0, "reactive_power", Kind::gauge, Dimension::reactive_power},
    RegisterRow{4, 7, 0, "export_reactive_power", Kind::gauge, Dimension::reactive_power},
    RegisterRow{5, 7, 0, "reactive_power_q1", Kind::gauge, Dimension::reactive_power},
    RegisterRow{6, 7, 0, "reactive_power_q2", Kind::gauge, Dimension::reactive_power},
    RegisterRow{7, 7, 0, "reactive_power_q3", Kind::gauge, Dimension::reactive_power},
    RegisterRow{8, 7, 0, "reactive_power_q4", Kind::gauge, Dimension::reactive_power},
    RegisterRow{9, 7, 0, "apparent_power", Kind::gauge, Dimension::apparent_power},
    RegisterRow{10, 7, 0, "export_apparent_power", Kind::gauge, Dimension::apparent_power},
    RegisterRow{11, 7, 0, "current", Kind::gauge, Dimension::current},
    RegisterRow{91, 7, 0, "current_n", Kind::gauge, Dimension::current},
    RegisterRow{12, 7, 0, "voltage", Kind::gauge, Dimension::voltage},
    RegisterRow{13, 7, 0, "power_factor", Kind::gauge, Dimension::factor},
    RegisterRow{14, 7, 0, "frequency", Kind::gauge, Dimension::frequency},
    RegisterRow{0, 0, 0, "device_number", Kind::event, Dimension::text},
    RegisterRow{99, 97, 0, "power_failure_log", Kind::event, Dimension::text},
};

/// 1-0:C.8.E for E = 0 (total) and 1..4 (tariffs).
inline constexpr std::array kTariffed{
    RegisterRow{1, 8, 0, "import", Kind::cumulative, Dimension::active_energy, kP1EnergyModulus},
    RegisterRow{2, 8, 0, "export", Kind::cumulative, Dimension::active_energy, kP1EnergyModulus},
    RegisterRow{3, 8, 0, "reactive_import", Kind::cumulative, Dimension::reactive_energy, kP1EnergyModulus},
    RegisterRow{4, 8, 0, "reactive_export", Kind::cumulative, Dimension::reactive_energy, kP1EnergyModulus},
    RegisterRow{5, 8, 0, "reactive_q1", Kind::cumulative, Dimension::reactive_energy, kP1EnergyModulus},
    RegisterRow{6, 8, 0, "reactive_q2", Kind::cumulative, Dimension::reactive_energy, kP1EnergyModulus},
    RegisterRow{7, 8, 0, "reactive_q3", Kind::cumulative, Dimension::reactive_energy, kP1EnergyModulus},
    RegisterRow{8, 8, 0, "reactive_q4", Kind::cumulative, Dimension::reactive_energy, kP1EnergyModulus},
};

/// 1-0:C.D.E with C for phase 1; phases 2 and 3 are C + 20 and C + 40.
inline constexpr std::array kPhased{
    RegisterRow{21, 8, 0, "import", Kind::cumulative, Dimension::active_energy},
    RegisterRow{22, 8, 0, "export", Kind::cumulative, Dimension::active_energy},
    RegisterRow{21, 7, 0, "power", Kind::gauge, Dimension::active_power},
    RegisterRow{22, 7, 0, "export_power", Kind::gauge, Dimension::active_power},
    RegisterRow{36, 7, 0, "net_power", Kind::gauge, Dimension::active_power},
    RegisterRow{23, 7, 0, "reactive_power", Kind::gauge, Dimension::reactive_power},
    RegisterRow{24, 7, 0, "export_reactive_power", Kind::gauge, Dimension::reactive_power},
    RegisterRow{29, 7, 0, "apparent_power", Kind::gauge, Dimension::apparent_power},
    RegisterRow{31, 7, 0, "current", Kind::gauge, Dimension::current},
    RegisterRow{31, 4, 0, "current_limit", Kind::gauge, Dimension::current},
    RegisterRow{32, 7, 0, "voltage", Kind::gauge, Dimension::voltage},
    RegisterRow{33, 7, 0, "power_factor", Kind::gauge, Dimension::factor},
    RegisterRow{32, 32, 0, "voltage_sags", Kind::cumulative, Dimension::count},
    RegisterRow{32, 36, 0, "voltage_swells", Kind::cumulative, Dimension::count},
};

/// 0-0:C.D.E, what is not electricity.
inline constexpr std::array kAbstract{
    RegisterRow{1, 0, 0, "clock", Kind::event, Dimension::text},
    RegisterRow{17, 0, 0, "power_limit", Kind::gauge, Dimension::active_power},
    RegisterRow{42, 0, 0, "logical_device_name", Kind::event, Dimension::text},
    RegisterRow{96, 1, 0, "equipment_id_0", Kind::event, Dimension::text},
    RegisterRow{96, 1, 1, "equipment_id", Kind::event, Dimension::text},
    RegisterRow{96, 1, 2, "connection_ean", Kind::event, Dimension::text},
    RegisterRow{96, 1, 4, "version_be", Kind::event, Dimension::text},
    RegisterRow{96, 1, 255, "equipment_id_d0", Kind::event, Dimension::text},
    RegisterRow{96, 3, 10, "breaker_state", Kind::gauge, Dimension::count},
    RegisterRow{96, 7, 9, "long_power_failures", Kind::cumulative, Dimension::count},
    RegisterRow{96, 7, 21, "power_failures", Kind::cumulative, Dimension::count},
    RegisterRow{96, 13, 0, "message", Kind::event, Dimension::text},
    RegisterRow{96, 13, 1, "message_code", Kind::event, Dimension::text},
    RegisterRow{96, 14, 0, "tariff", Kind::gauge, Dimension::count},
    RegisterRow{98, 1, 0, "month_peak_log", Kind::event, Dimension::text},
};

/// 0-0:C.D.E of the manufacturer-specific range: what a node and its gateways say about a meter.
inline constexpr std::array kOwn{
    RegisterRow{199, 128, 1, "clock_drift", Kind::gauge, Dimension::duration},
    RegisterRow{199, 128, 2, "bad_frames", Kind::gauge, Dimension::factor},
    RegisterRow{199, 128, 3, "announced", Kind::event, Dimension::text},  // added to the roster by hand
};

/// 0-n:C.D.E of the M-Bus channels n = 1..4, named "mbus<n>_...".
inline constexpr std::array kMbus{
    RegisterRow{24, 1, 0, "type", Kind::gauge, Dimension::count},
    RegisterRow{24, 2, 1, "volume", Kind::cumulative, Dimension::volume},
    RegisterRow{24, 2, 3, "volume_uncorrected", Kind::cumulative, Dimension::volume},
    RegisterRow{24, 3, 0, "reading", Kind::event, Dimension::text},
    RegisterRow{24, 4, 0, "valve_state", Kind::gauge, Dimension::count},
    RegisterRow{96, 1, 0, "equipment_id_0", Kind::event, Dimension::text},
    RegisterRow{96, 1, 1, "equipment_id", Kind::event, Dimension::text},
    RegisterRow{96, 1, 2, "connection_ean", Kind::event, Dimension::text},
};

}  // namespace wattring::meter::rows
