// SPDX-License-Identifier: Apache-2.0
#include "node/meter/registers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "node/meter/register_rows.hpp"

namespace wattring::meter {
namespace {

using enum Kind;
using enum Dimension;

struct NamedUnit {
  std::string_view text;
  UnitScale scale;
};

/// Where case decides between milli and mega; looked up before the case-insensitive table.
constexpr std::array kExactUnits{
    NamedUnit{"MW", {active_power, 1'000'000, 1}},
    NamedUnit{"mHz", {frequency, 1, 1}},
};
constexpr std::array<std::string_view, 9> kAmbiguousUnits{"mW", "mw", "Mw", "mWh", "mJ", "MHz", "mhz", "mvar", "mVA"};

/// In lower case. Mega is the only reading of "mwh" and "mj", milli the only one of "ma" and "mv".
constexpr std::array kUnits{
    NamedUnit{"wh", {active_energy, 1, 1}},
    NamedUnit{"kwh", {active_energy, 1000, 1}},
    NamedUnit{"mwh", {active_energy, 1'000'000, 1}},
    NamedUnit{"gwh", {active_energy, 1'000'000'000, 1}},
    NamedUnit{"j", {active_energy, 1, 3600}},
    NamedUnit{"ws", {active_energy, 1, 3600}},
    NamedUnit{"varh", {reactive_energy, 1, 1}},
    NamedUnit{"kvarh", {reactive_energy, 1000, 1}},
    NamedUnit{"mvarh", {reactive_energy, 1'000'000, 1}},
    NamedUnit{"w", {active_power, 1, 1}},
    NamedUnit{"kw", {active_power, 1000, 1}},
    NamedUnit{"var", {reactive_power, 1, 1}},
    NamedUnit{"kvar", {reactive_power, 1000, 1}},
    NamedUnit{"va", {apparent_power, 1, 1}},
    NamedUnit{"kva", {apparent_power, 1000, 1}},
    NamedUnit{"v", {voltage, 10, 1}},
    NamedUnit{"dv", {voltage, 1, 1}},
    NamedUnit{"mv", {voltage, 1, 100}},
    NamedUnit{"kv", {voltage, 10'000, 1}},
    NamedUnit{"a", {current, 100, 1}},
    NamedUnit{"ca", {current, 1, 1}},
    NamedUnit{"ma", {current, 1, 10}},
    NamedUnit{"hz", {frequency, 1000, 1}},
    NamedUnit{"m3", {volume, 1000, 1}},
    NamedUnit{"m\xC2\xB3", {volume, 1000, 1}},
    NamedUnit{"dm3", {volume, 1, 1}},
    NamedUnit{"l", {volume, 1, 1}},
    NamedUnit{"mj", {heat, 1, 1}},
    NamedUnit{"gj", {heat, 1000, 1}},
    NamedUnit{"kj", {heat, 1, 1000}},
    NamedUnit{"s", {count, 1, 1}},
    NamedUnit{"1", {count, 1, 1}},
    NamedUnit{"1/1000", {factor, 1, 1}},
    NamedUnit{"ms", {duration, 1, 1}},
};

struct AliasUnit {
  Dimension dimension;
  std::string_view suffix;
  std::int64_t numerator;
  std::int64_t denominator;
};
/// Alias = name + suffix, for each unit of the register's dimension.
constexpr std::array kAliasUnits{
    AliasUnit{active_energy, "_wh", 1, 1},
    AliasUnit{active_energy, "_kwh", 1000, 1},
    AliasUnit{active_energy, "_mwh", 1'000'000, 1},
    AliasUnit{reactive_energy, "_varh", 1, 1},
    AliasUnit{reactive_energy, "_kvarh", 1000, 1},
    AliasUnit{active_power, "_w", 1, 1},
    AliasUnit{active_power, "_kw", 1000, 1},
    AliasUnit{reactive_power, "_var", 1, 1},
    AliasUnit{reactive_power, "_kvar", 1000, 1},
    AliasUnit{apparent_power, "_va", 1, 1},
    AliasUnit{apparent_power, "_kva", 1000, 1},
    AliasUnit{voltage, "_v", 10, 1},
    AliasUnit{voltage, "_dv", 1, 1},
    AliasUnit{current, "_a", 100, 1},
    AliasUnit{current, "_ca", 1, 1},
    AliasUnit{current, "_ma", 1, 10},
    AliasUnit{frequency, "_hz", 1000, 1},
    AliasUnit{frequency, "_mhz", 1, 1},
    AliasUnit{volume, "_m3", 1000, 1},
    AliasUnit{volume, "_l", 1, 1},
    AliasUnit{heat, "_mj", 1, 1},
    AliasUnit{heat, "_gj", 1000, 1},
    AliasUnit{heat, "_kwh", 18, 5},
    AliasUnit{factor, "", 1000, 1},
    AliasUnit{count, "", 1, 1},
    AliasUnit{duration, "_ms", 1, 1},
    AliasUnit{duration, "_s", 1000, 1},
    AliasUnit{text, "", 1, 1},
};

struct Synonym {
  std::string_view other;  ///< also "<other>_l1", "<other>_t1" ...
  std::string_view name;
};
constexpr std::array kSynonyms{
    Synonym{"energy", "import"},       Synonym{"energy_import", "import"}, Synonym{"energy_export", "export"},
    Synonym{"import_power", "power"},  Synonym{"power_import", "power"},   Synonym{"power_export", "export_power"},
    Synonym{"power_net", "net_power"}, Synonym{"gas", "mbus1_volume"},
};

/// FNV-like mix of the length and both ends; aliases that differ do so within eight bytes of an end.
std::uint64_t hash_name(std::string_view name) {
  const std::size_t n = name.size();
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (n >= 8) {
    std::memcpy(&head, name.data(), 8);
    std::memcpy(&tail, name.data() + n - 8, 8);
  } else {
    for (const char c : name) head = (head << 8U) | static_cast<std::uint8_t>(c);
  }
  std::uint64_t h = (head ^ (n * 0x9E3779B97F4A7C15U)) * 0xD6E8FEB86659FD93U;
  h ^= std::rotl(tail * 0xA0761D6478BD642FU, 31);
  h *= 0xE7037ED1A0B428DBU;
  return h ^ (h >> 32U);
}

/// Built once, never freed, so that it outlives every thread.
class Tables {
 public:
  Tables() {
    add_rows();
    std::sort(infos_.begin(), infos_.end(), [](const auto& a, const auto& b) { return a.reg < b.reg; });
    for (std::size_t i = 1; i < infos_.size(); ++i) WATTRING_CHECK(infos_[i - 1].reg != infos_[i].reg);
    index_codes();
    for (const RegisterInfo& info : infos_) add_aliases(info.name, info);
    for (const Synonym& synonym : kSynonyms) add_synonym(synonym);
  }

  [[nodiscard]] const RegisterInfo* find(Register reg) const {
    for (std::size_t slot = code_slot(reg);; slot = (slot + 1) % kCodeSlots) {
      const std::uint16_t index = codes_[slot];
      if (index == kEmpty) return nullptr;
      if (infos_[index].reg == reg) return &infos_[index];
    }
  }
  [[nodiscard]] const RegisterName* find(std::string_view name) const {
    for (std::size_t slot = hash_name(name) % kNameSlots;; slot = (slot + 1) % kNameSlots) {
      const std::uint16_t index = names_[slot];
      if (index == kEmpty) return nullptr;
      if (aliases_[index].name == name) return &aliases_[index].value;
    }
  }
  [[nodiscard]] const std::vector<RegisterInfo>& infos() const { return infos_; }

 private:
  static constexpr std::size_t kCodeSlots = 1024;
  static constexpr std::size_t kNameSlots = 4096;
  static constexpr std::uint16_t kEmpty = 0xFFFF;
  struct Alias {
    std::string_view name;
    RegisterName value;
  };

  static std::size_t code_slot(Register reg) {
    return static_cast<std::size_t>((reg.packed * 0x9E3779B97F4A7C15U) >> 54U);
  }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  void add_rows() {
    for (const rows::RegisterRow& r : rows::kElectricity)
      infos_.push_back({obis(1, 0, r.c, r.d, r.e), r.name, r.kind, r.dimension, r.modulus});
    for (const rows::RegisterRow& r : rows::kTariffed) {
      infos_.push_back({obis(1, 0, r.c, r.d, 0), r.name, r.kind, r.dimension, r.modulus});
      for (unsigned e = 1; e <= 4; ++e)
        infos_.push_back({obis(1, 0, r.c, r.d, e), keep(std::string(r.name) + "_t" + std::to_string(e)), r.kind,
                          r.dimension, r.modulus});
    }
    for (const rows::RegisterRow& r : rows::kPhased) {
      for (unsigned phase = 1; phase <= 3; ++phase)
        infos_.push_back({obis(1, 0, r.c + 20 * (phase - 1), r.d, r.e),
                          keep(std::string(r.name) + "_l" + std::to_string(phase)), r.kind, r.dimension, r.modulus});
    }
    for (const rows::RegisterRow& r : rows::kAbstract)
      infos_.push_back({obis(0, 0, r.c, r.d, r.e), r.name, r.kind, r.dimension, r.modulus});
    for (const rows::RegisterRow& r : rows::kOwn)
      infos_.push_back({obis(0, 0, r.c, r.d, r.e), r.name, r.kind, r.dimension, r.modulus});
    for (const rows::RegisterRow& r : rows::kMbus) {
      for (unsigned n = 1; n <= 4; ++n)
        infos_.push_back({obis(0, n, r.c, r.d, r.e), keep("mbus" + std::to_string(n) + "_" + std::string(r.name)),
                          r.kind, r.dimension, r.modulus});
    }
    infos_.push_back({obis(1, 3, 0, 2, 8), "version", event, text, 0});
    infos_.push_back({obis(5, 0, 1, 0, 0), "cooling", cumulative, heat, 0});
    infos_.push_back({obis(6, 0, 1, 0, 0), "heat", cumulative, heat, 0});
    infos_.push_back({obis(6, 0, 2, 0, 0), "heat_volume", cumulative, volume, 0});
    infos_.push_back({obis(7, 0, 3, 0, 0), "gas_index", cumulative, volume, 0});
    infos_.push_back({obis(8, 0, 1, 0, 0), "water", cumulative, volume, 0});
  }

  void index_codes() {
    codes_.fill(kEmpty);
    names_.fill(kEmpty);
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      std::size_t slot = code_slot(infos_[i].reg);
      while (codes_[slot] != kEmpty) slot = (slot + 1) % kCodeSlots;
      codes_[slot] = static_cast<std::uint16_t>(i);
    }
  }

  void add_aliases(std::string_view name, const RegisterInfo& info) {
    for (const AliasUnit& unit : kAliasUnits) {
      if (unit.dimension != info.dimension) continue;
      const std::string_view alias = keep(std::string(name) + std::string(unit.suffix));
      WATTRING_CHECK(find(alias) == nullptr && aliases_.size() < kNameSlots / 2);
      std::size_t slot = hash_name(alias) % kNameSlots;
      while (names_[slot] != kEmpty) slot = (slot + 1) % kNameSlots;
      names_[slot] = static_cast<std::uint16_t>(aliases_.size());
      aliases_.push_back({alias, {&info, {info.dimension, unit.numerator, unit.denominator}}});
    }
  }

  void add_synonym(const Synonym& synonym) {
    static constexpr std::array<std::string_view, 8> kEndings{"", "_l1", "_l2", "_l3", "_t1", "_t2", "_t3", "_t4"};
    for (const std::string_view ending : kEndings) {
      const std::string name = std::string(synonym.name) + std::string(ending);
      for (const RegisterInfo& info : infos_)
        if (info.name == name) add_aliases(std::string(synonym.other) + std::string(ending), info);
    }
  }

  std::deque<std::string> texts_;
  std::vector<RegisterInfo> infos_;
  std::vector<Alias> aliases_;
  std::array<std::uint16_t, kCodeSlots> codes_{};
  std::array<std::uint16_t, kNameSlots> names_{};
};

const Tables& tables() {
  static const Tables* const kInstance = new Tables;
  return *kInstance;
}

/// Writes the lower-case form into the buffer; empty when it does not fit.
template <std::size_t N>
std::string_view lower_case(std::string_view text, std::array<char, N>& buffer) {
  if (text.size() > N) return {};
  std::transform(text.begin(), text.end(), buffer.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return {buffer.data(), text.size()};
}

}  // namespace

std::string_view base_unit(Dimension dimension) {
  switch (dimension) {
    case active_energy:
      return "Wh";
    case reactive_energy:
      return "varh";
    case active_power:
      return "W";
    case reactive_power:
      return "var";
    case apparent_power:
      return "VA";
    case voltage:
      return "dV";
    case current:
      return "cA";
    case frequency:
      return "mHz";
    case volume:
      return "l";
    case heat:
      return "MJ";
    case factor:
      return "1/1000";
    case count:
      return "1";
    case duration:
      return "ms";
    case text:
      return "";
  }
  return "";
}

const RegisterInfo* find_register(Register reg) {
  return tables().find(reg);
}

std::span<const RegisterInfo> all_registers() {
  return tables().infos();
}

std::optional<UnitScale> find_unit(std::string_view unit) {
  for (const NamedUnit& known : kExactUnits)
    if (known.text == unit) return known.scale;
  if (std::find(kAmbiguousUnits.begin(), kAmbiguousUnits.end(), unit) != kAmbiguousUnits.end()) return std::nullopt;
  std::array<char, 8> buffer{};
  const std::string_view lower = lower_case(unit, buffer);
  for (const NamedUnit& known : kUnits)
    if (known.text == lower) return known.scale;
  return std::nullopt;
}

std::optional<RegisterName> resolve_register(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name.front() >= '0' && name.front() <= '9') {
    const Result<Register> reg = parse_obis(name);
    const RegisterInfo* info = reg ? find_register(*reg) : nullptr;
    if (info == nullptr) return std::nullopt;
    return RegisterName{info, {info->dimension, 1, 1}};
  }
  const RegisterName* found = tables().find(name);
  if (found == nullptr) {
    std::array<char, 64> buffer{};
    const std::string_view lower = lower_case(name, buffer);
    if (lower.empty() || lower == name) return std::nullopt;
    found = tables().find(lower);
  }
  return found == nullptr ? std::nullopt : std::optional<RegisterName>(*found);
}

}  // namespace wattring::meter
