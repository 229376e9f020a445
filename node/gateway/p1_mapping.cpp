// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_mapping.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "node/gateway/p1_framer.hpp"
#include "node/gateway/reading_value.hpp"

namespace wattring::gateway {
namespace {

using meter::Dimension;
using meter::RegisterInfo;
using Line = P1Telegram::Line;

constexpr Register kTelegramTime = obis(0, 0, 1, 0, 0);
constexpr Register kEquipmentId = obis(0, 0, 96, 1, 1);
/// In the order in which they are asked for the meter's name; the last two are EasyMeter's.
constexpr std::array kIdentities{kEquipmentId, obis(0, 0, 96, 1, 0), obis(0, 0, 42, 0, 0), obis(0, 0, 96, 1, 255),
                                 obis(1, 0, 0, 0, 0)};
/// A capture time before this is that of a clock that was never set: 1980-01-01.
constexpr std::int64_t kNeverReadMs = 315'532'800'000;

struct When {
  std::int64_t ms = 0;
  std::uint8_t flags = 0;
};

/// Device types of EN 13757-3 that count heat or cold: 4, 10..13.
bool is_heat(std::int64_t device_type) {
  return device_type == 4 || (device_type >= 10 && device_type <= 13);
}

/// The readings of one telegram.
class Mapping {
 public:
  Mapping(const P1Telegram& telegram, const P1Context& context, std::uint32_t number, EquipmentMemory& memory,
          Batch& out, TelegramStats& stats)
      : telegram_(telegram), context_(context), number_(number), memory_(memory), out_(out), stats_(stats) {}

  void run() {
    const std::size_t readings = telegram_.lines.size() + kIdentities.size();
    if (out_.facts().size() + readings > kBatchReadingsMax)
      return refuse_telegram(Reason::too_large, "too many readings", "100000 in a request");
    if (!find_time() || !find_meter()) return;
    ++stats_.telegrams;
    stats_.broken_lines += telegram_.broken_lines;
    stats_.line_ends_restored += telegram_.line_ends_restored ? 1 : 0;
    emit_equipment_id();
    for (const Line& line : telegram_.lines) {
      if (!line.reg || meter::find_register(*line.reg) == nullptr) {
        ++stats_.unknown_codes;
      } else if (channel(line) == 0) {
        map_line(line, *meter::find_register(*line.reg));
      }
    }
    for (unsigned n = 1; n <= 4; ++n) map_device(n);
  }

 private:
  [[nodiscard]] static unsigned channel(const Line& line) {
    return line.reg && line.reg->group(0) == 0 ? line.reg->group(1) : 0;
  }
  [[nodiscard]] std::string_view single_group(Register reg) const {
    const Line* line = telegram_.find(reg);
    return line == nullptr || line->group_count != 1 ? std::string_view{} : telegram_.groups(*line).front();
  }
  void refuse_telegram(Reason reason, std::string_view got, std::string_view limit) {
    ++stats_.refused;
    out_.refusals.add(number_, reason, got, limit);
  }
  void refuse_reading(const Line& line, Reason reason, std::string_view value, std::string_view limit = {}) {
    out_.refusals.add(number_, reason, std::string(line.code) + "(" + std::string(value) + ")", limit);
  }
  [[nodiscard]] std::string limit_of(Reason reason) const {
    return reason == Reason::ts_too_old ? format_rfc3339(context_.window.oldest_ms)
                                        : format_rfc3339(context_.window.newest_ms);
  }

  [[nodiscard]] When resolve(const P1Time& time) const {
    const auto resolved = context_.zone->to_utc(time.local_ms, time.marker);
    return {resolved.utc_ms, resolved.ambiguous ? std::uint8_t{kFlagTimeAmbiguous} : std::uint8_t{0}};
  }

  bool find_time() {
    const std::string_view text = single_group(kTelegramTime);
    if (text.empty()) {
      time_ = {context_.receive_ms, kFlagReceiveTime};
      return true;
    }
    const auto time = parse_p1_time(text);
    if (!time) {
      refuse_telegram(Reason::ts_missing, text, "0-0:1.0.0(YYMMDDhhmmss[S|W])");
      return false;
    }
    time_ = resolve(*time);
    if (const auto reason = context_.window.check(time_.ms)) {
      refuse_telegram(*reason, format_rfc3339(time_.ms), limit_of(*reason));
      return false;
    }
    return true;
  }

  bool find_meter() {
    std::string_view seen;
    for (const Register reg : kIdentities) {
      const std::string_view text = single_group(reg);
      if (seen.empty()) seen = text;
      if (equipment_id_.empty()) equipment_id_ = decode_equipment_id(text);
    }
    meter_ = context_.meter.empty() ? equipment_id_ : std::string(context_.meter);
    if (valid_meter_id(meter_)) return true;
    refuse_telegram(Reason::bad_meter_id, context_.meter.empty() ? seen : context_.meter,
                    context_.meter.empty() ? "an equipment id in the telegram, or meter=ID with the request"
                                           : "1 to 64 bytes of UTF-8 without control characters");
    return false;
  }

  /// Only beside an id that was assigned: there it tells a meter that was exchanged.
  void emit_equipment_id() {
    if (!context_.meter.empty() && !equipment_id_.empty()) emit_text(kEquipmentId, equipment_id_);
  }

  void emit_text(Register reg, std::string_view text) {
    text = text.substr(0, kTextBytesMax);
    if (!memory_.is_news(meter_, reg, text, time_.ms)) return;
    out_.meter(meter_);
    out_.add_text(reg, time_.ms, text);
    ++stats_.readings;
  }

  void map_line(const Line& line, const RegisterInfo& info) {
    const auto groups = telegram_.groups(line);
    const bool message = info.reg == obis(0, 0, 96, 13, 0) || info.reg == obis(0, 0, 96, 13, 1);
    if (message && groups.size() == 1) {
      const std::string text = decode_equipment_id(groups.front());
      if (text.empty()) {
        ++stats_.no_value;
      } else {
        emit_text(info.reg, text);
      }
    } else if (info.dimension == Dimension::text || groups.empty() || groups.size() > 2) {
      ++stats_.not_stored;
    } else if (groups.size() == 2) {
      map_timed(line, info, groups[0], groups[1], {}, 0);
    } else {
      map_value(line, info, groups[0], {}, time_, 0);
    }
  }

  /// (TST)(value): a reading with a time of its own.
  void map_timed(const Line& line, const RegisterInfo& info, std::string_view time_text, std::string_view value,
                 std::string_view unit, std::int64_t device_type) {
    const auto time = parse_p1_time(time_text);
    if (!time || time->local_ms < kNeverReadMs) {
      ++stats_.no_value;
      return;
    }
    const When when = resolve(*time);
    if (const auto reason = context_.window.check(when.ms)) {
      refuse_reading(line, *reason, format_rfc3339(when.ms), limit_of(*reason));
      return;
    }
    map_value(line, info, value, unit, when, device_type);
  }

  /// "number*unit", or the unit apart.
  void map_value(const Line& line, const RegisterInfo& info, std::string_view text, std::string_view unit, When when,
                 std::int64_t device_type) {
    const std::size_t star = text.find('*');
    const std::string_view number = text.substr(0, star);
    if (star != std::string_view::npos) unit = text.substr(star + 1);
    const bool bare = info.dimension == Dimension::count || info.dimension == Dimension::factor;
    if (number.empty() || (unit.empty() && !bare)) {
      ++stats_.no_value;
      return;
    }
    meter::UnitScale scale{info.dimension, info.dimension == Dimension::factor ? 1000 : 1, 1};
    const RegisterInfo* target = &info;
    if (!unit.empty()) {
      const auto found = meter::find_unit(unit);
      if (!found) return refuse_reading(line, Reason::bad_unit, text, meter::base_unit(info.dimension));
      target = channel(line) == 0 ? target : device_register(info, found->dimension, device_type);
      const auto converted = convert_unit(*found, target->dimension);
      if (!converted) {  // a power limit in A, which has no register
        ++stats_.not_stored;
        return;
      }
      scale = *converted;
    }
    add(line, *target, number, scale, when);
  }

  /// The code of an M-Bus device's value does not say what it counts; the unit does.
  static const RegisterInfo* device_register(const RegisterInfo& info, Dimension unit, std::int64_t device_type) {
    const bool energy = unit == Dimension::active_energy;
    if (unit == Dimension::heat || (energy && is_heat(device_type))) return meter::find_register(obis(6, 0, 1, 0, 0));
    return energy ? meter::find_register(obis(1, 0, 1, 8, 0)) : &info;
  }

  void add(const Line& line, const RegisterInfo& info, std::string_view number, meter::UnitScale scale, When when) {
    const auto value = meter::parse_decimal(number);
    if (!value) return refuse_reading(line, Reason::not_a_number, number);
    Fact fact;
    fact.reg = info.reg;
    fact.start_ms = when.ms;
    fact.end_ms = when.ms;
    fact.revision = context_.revision;
    fact.flags = when.flags;
    if (const auto reason = put_value(info, *value, scale, fact)) return refuse_reading(line, *reason, number);
    out_.meter(meter_);
    out_.add(fact);
    ++stats_.readings;
  }

  void map_device(unsigned n) {
    std::string id = decode_equipment_id(single_group(obis(0, n, 96, 1, 0)));
    if (id.empty()) id = decode_equipment_id(single_group(obis(0, n, 96, 1, 1)));
    const auto type = meter::parse_decimal(single_group(obis(0, n, 24, 1, 0)));
    const std::int64_t device_type = type && type->scale == 0 ? type->digits : 0;
    std::swap(meter_, id);
    for (const Line& line : telegram_.lines) {
      if (channel(line) != n) continue;
      if (const RegisterInfo* info = meter::find_register(*line.reg)) map_device_line(line, *info, n, device_type);
    }
    std::swap(meter_, id);
  }

  void map_device_line(const Line& line, const RegisterInfo& info, unsigned n, std::int64_t device_type) {
    const auto groups = telegram_.groups(line);
    const bool old_form = info.reg == obis(0, n, 24, 3, 0) && groups.size() == 7;
    const bool timed = groups.size() == 2 && info.kind == meter::Kind::cumulative;
    const bool valve = groups.size() == 1 && info.reg == obis(0, n, 24, 4, 0);
    if (!old_form && !timed && !valve) {
      ++stats_.not_stored;
    } else if (!valid_meter_id(meter_)) {
      unnamed_device(line, groups);
    } else if (valve) {
      map_value(line, info, groups[0], {}, time_, device_type);
    } else if (timed) {
      map_timed(line, info, groups[0], groups[1], {}, device_type);
    } else {  // DSMR 2.2 and 3: (TST)(00)(60)(1)(code)(unit)(value)
      const auto reg = parse_p1_code(groups[4]);
      const RegisterInfo* inner = reg ? meter::find_register(*reg) : nullptr;
      if (inner == nullptr || reg->group(1) != n) {
        ++stats_.unknown_codes;
      } else {
        map_timed(line, *inner, groups[0], groups[6], groups[5], device_type);
      }
    }
  }

  /// A slot that has no id and was never read is an empty slot; a reading without an id must not be lost in silence.
  void unnamed_device(const Line& line, std::span<const std::string_view> groups) {
    const auto time = groups.size() > 1 ? parse_p1_time(groups[0]) : std::nullopt;
    if (time && time->local_ms >= kNeverReadMs) {
      refuse_reading(line, Reason::bad_meter_id, groups.back(), "an equipment id for this M-Bus device");
    } else {
      ++stats_.no_value;
    }
  }

  const P1Telegram& telegram_;
  const P1Context& context_;
  const std::uint32_t number_;
  EquipmentMemory& memory_;
  Batch& out_;
  TelegramStats& stats_;
  When time_;
  std::string equipment_id_;
  std::string meter_;
};

void decode_frame(std::string_view frame, std::uint32_t number, const P1Context& context, EquipmentMemory& memory,
                  P1Telegram& telegram, Batch& out, TelegramStats& stats) {
  if (const auto fault = parse_p1_telegram(frame, telegram)) {
    ++stats.refused;
    out.refusals.add(number, fault->reason, fault->got, fault->limit);
    return;
  }
  Mapping(telegram, context, number, memory, out, stats).run();
}

}  // namespace

void P1Decoder::decode(std::string_view frame, std::uint32_t number, const P1Context& context, Batch& out,
                       TelegramStats& stats) {
  EquipmentMemory own(1);
  decode_frame(frame, number, context, context.memory != nullptr ? *context.memory : own, telegram_, out, stats);
}

TelegramStats decode_telegrams(std::string_view body, const P1Context& context, Batch& out) {
  TelegramStats stats;
  EquipmentMemory own(64);
  EquipmentMemory& memory = context.memory != nullptr ? *context.memory : own;
  P1Framer framer;
  P1Telegram telegram;
  std::vector<P1Piece> pieces;
  const auto drain = [&] {
    for (const P1Piece& piece : pieces) {
      if (piece.fault) {
        ++stats.refused;
        out.refusals.add(piece.number, reason_of(*piece.fault), piece.bytes, to_string(*piece.fault));
      } else {
        decode_frame(piece.bytes, piece.number, context, memory, telegram, out, stats);
      }
    }
    pieces.clear();
  };
  // Fed in parts so that a large body is not held a second time as pieces.
  for (std::string_view rest = body; !rest.empty(); drain()) {
    const std::string_view part = rest.substr(0, P1Framer::kTelegramBytesMax);
    framer.feed(part, pieces);
    rest.remove_prefix(part.size());
  }
  framer.finish(pieces);
  drain();
  stats.dropped_bytes = framer.counters().dropped_bytes;
  if (stats.telegrams + stats.refused == 0) {
    ++stats.refused;
    out.refusals.add(1, Reason::bad_frame, body, "a telegram from '/' to '!'");
  }
  return stats;
}

}  // namespace wattring::gateway
