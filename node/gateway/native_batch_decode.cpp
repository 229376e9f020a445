// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/pack_reader.hpp"
#include "base/time.hpp"
#include "base/utf8.hpp"
#include "node/gateway/native_codec.hpp"
#include "node/meter/decimal.hpp"
#include "node/meter/registers.hpp"

namespace wattring::gateway::native {
namespace {

constexpr std::int64_t kYear0Ms = -62'167'219'200'000;
constexpr std::int64_t kYear10000Ms = 253'402'300'800'000;
constexpr std::uint8_t kFlagsKnown = kFlagRounded | kFlagReceiveTime | kFlagTimeAmbiguous;
/// A reading is at least an array header and three one-byte items; a meter an array header, an id and a list.
constexpr std::size_t kReadingBytesMin = 4;
constexpr std::size_t kMeterBytesMin = 4;
constexpr std::size_t kReadingItemsMin = 3;
constexpr std::size_t kReadingItemsMax = 8;

/// One entry of the frame's register table, resolved once per batch.
struct TableEntry {
  const meter::RegisterInfo* info = nullptr;  ///< null: not a register we know
  meter::UnitScale scale{};
  bool in_base_units = false;
  bool text = false;
  std::string name;  ///< as it was sent, for refusals; empty when known
};

struct BatchHead {
  std::uint64_t id = 0;
  std::int64_t base_ms = 0;
  std::size_t readings = 0;
};

std::string shown_time(std::int64_t time_ms) {
  if (time_ms < kYear0Ms || time_ms >= kYear10000Ms) return std::to_string(time_ms) + " ms";
  return format_rfc3339(time_ms);
}

class BatchDecoder {
 public:
  BatchDecoder(std::string_view body, const AcceptWindow& window, Batch& out)
      : reader_(body), window_(window), out_(out) {}

  /// False when the frame as a whole cannot be taken; reason() and expected() say why, and facts may be left in `out`.
  bool run() {
    if (!read_head() || !read_table()) return false;
    std::size_t meters = 0;
    if (!reader_.read_array(meters)) return give_up("an array of meters");
    out_.reserve(std::min(head_.readings, reader_.remaining() / kReadingBytesMin),
                 std::min(meters, reader_.remaining() / kMeterBytesMin));
    for (std::size_t i = 0; i < meters; ++i)
      if (!read_meter()) return false;
    if (line_ != head_.readings) return give_up("as many readings as the frame announces");
    if (reader_.remaining() != 0) return give_up("the end of the frame");
    return true;
  }
  [[nodiscard]] Reason reason() const { return reason_; }
  [[nodiscard]] const char* expected() const { return expected_; }
  [[nodiscard]] std::size_t offset() const { return reader_.offset(); }

 private:
  bool give_up(const char* expected, Reason reason = Reason::bad_frame) {
    expected_ = expected;
    reason_ = reason;
    return false;
  }

  bool read_head() {
    std::size_t items = 0;
    std::uint64_t readings = 0;
    if (!reader_.read_array(items) || items != 5 || !reader_.read_uint(head_.id) || !reader_.read_int(head_.base_ms) ||
        !reader_.read_uint(readings))
      return give_up("[batch id, base time, readings, registers, meters]");
    if (readings > kBatchReadingsMax) return give_up("at most 100000 readings", Reason::too_large);
    head_.readings = static_cast<std::size_t>(readings);
    return true;
  }

  bool read_table() {
    std::size_t entries = 0;
    if (!reader_.read_array(entries)) return give_up("an array of registers");
    if (entries > kRegistersMax) return give_up("at most 1024 registers", Reason::too_large);
    table_.reserve(entries);
    for (std::size_t i = 0; i < entries; ++i) {
      std::uint64_t packed = 0;
      std::string_view name;
      if (reader_.read_uint(packed)) {
        table_.push_back(by_number(packed));
      } else if (reader_.read_text(name) && name.size() <= kNameBytesMax) {
        table_.push_back(by_name(name));
      } else {
        return give_up("a register: a packed OBIS code or a name of at most 64 bytes");
      }
    }
    return true;
  }

  static TableEntry by_number(std::uint64_t packed) {
    TableEntry entry;
    entry.info = packed >> 48U == 0 ? meter::find_register(Register{packed}) : nullptr;
    entry.in_base_units = true;
    entry.text = entry.info != nullptr && entry.info->dimension == meter::Dimension::text;
    if (entry.info != nullptr) {
      entry.scale = meter::UnitScale{entry.info->dimension, 1, 1};
    } else {
      entry.name = packed >> 48U == 0 ? format_obis(Register{packed}) : std::to_string(packed);
    }
    return entry;
  }

  static TableEntry by_name(std::string_view name) {
    TableEntry entry;
    if (const auto resolved = meter::resolve_register(name)) {
      entry.info = resolved->info;
      entry.scale = resolved->scale;
      entry.in_base_units = resolved->scale.numerator == 1 && resolved->scale.denominator == 1;
      entry.text = resolved->info->dimension == meter::Dimension::text;
    } else {
      entry.name = name;
    }
    return entry;
  }

  bool read_meter() {
    std::size_t items = 0;
    std::size_t readings = 0;
    if (!reader_.read_array(items) || items != 2 || !reader_.read_text(id_) || !reader_.read_array(readings))
      return give_up("[meter id, readings]");
    if (readings > head_.readings - line_) return give_up("no more readings than the frame announces");
    id_valid_ = valid_meter_id(id_);
    id_given_ = false;
    for (std::size_t i = 0; i < readings; ++i)
      if (!read_reading()) return false;
    return true;
  }

  bool read_reading() {
    ++line_;
    std::size_t items = 0;
    std::uint64_t index = 0;
    if (!reader_.read_array(items) || items < kReadingItemsMin || items > kReadingItemsMax || !reader_.read_uint(index))
      return give_up("a reading of 3 to 8 items that begins with a register number");
    refused_ = false;
    if (!id_valid_) refuse(Reason::bad_meter_id, id_, "1 to 64 bytes of UTF-8 without control characters");
    const TableEntry* const entry = index < table_.size() ? &table_[static_cast<std::size_t>(index)] : nullptr;
    if (entry == nullptr || entry->info == nullptr) refuse_register(entry, index);
    Fact fact;
    std::string_view text;
    if (!read_time(fact) || !read_value(entry, fact, text)) return false;
    if (items > kReadingItemsMin && !read_attributes(items - kReadingItemsMin, fact)) return false;
    if (const auto reason = window_.check(fact.start_ms)) refuse_time(*reason, fact.start_ms);
    if (fact.end_ms > window_.newest_ms) refuse_time(Reason::ts_in_future, fact.end_ms);
    if (refused_) return true;
    keep(*entry, fact, text, items);
    return true;
  }

  void keep(const TableEntry& entry, Fact& fact, std::string_view text, std::size_t items) {
    if (entry.text && items > kReadingItemsMin)
      return refuse(Reason::syntax, "a text with a quality or other attribute", "[register, time, text]");
    if (!id_given_) out_.meter(id_);
    id_given_ = true;
    fact.reg = entry.info->reg;
    if (entry.text) return out_.add_text(fact.reg, fact.start_ms, text);
    out_.add(fact);
  }

  bool read_time(Fact& fact) {
    std::int64_t delta = 0;
    if (reader_.read_int(delta)) {
      if (__builtin_add_overflow(head_.base_ms, delta, &fact.start_ms))
        refuse(delta < 0 ? Reason::ts_too_old : Reason::ts_in_future, "a time beyond 64 bits");
    } else if (reader_.read_nil()) {
      refuse(Reason::ts_missing, "nil", "milliseconds after the batch's base time");
    } else {
      return give_up("a time");
    }
    fact.end_ms = fact.start_ms;
    return true;
  }

  bool read_value(const TableEntry* entry, Fact& fact, std::string_view& text) {
    const bool want_text = entry != nullptr && entry->text;
    std::uint64_t unsigned_value = 0;
    if (reader_.read_int(fact.value)) {
      if (want_text) refuse(Reason::syntax, "a number", "a text");
    } else if (reader_.read_uint(unsigned_value)) {
      refuse_range(std::to_string(unsigned_value), "a value of 63 bits");
      return true;
    } else if (reader_.read_text(text)) {
      if (want_text) {
        check_text(text);
      } else if (entry != nullptr && entry->info != nullptr) {
        read_numeral(*entry, text, fact);
      }
      return true;
    } else if (reader_.read_nil() || reader_.skip_bool_or_float()) {
      refuse(Reason::not_a_number, "a nil, bool or float", "an integer, or a decimal number as a string");
      return true;
    } else {
      return give_up("a value");
    }
    if (entry == nullptr || entry->info == nullptr || want_text) return true;
    if (!entry->in_base_units) to_base(*entry, meter::Decimal{fact.value, 0}, fact);
    check_sign(*entry, fact.value);
    return true;
  }

  void check_text(std::string_view text) {
    if (text.size() > kTextBytesMax) return refuse(Reason::too_large, text, "1024 bytes");
    if (!valid_utf8(text)) refuse(Reason::syntax, text, "UTF-8");
  }

  void read_numeral(const TableEntry& entry, std::string_view text, Fact& fact) {
    const auto decimal = meter::parse_decimal(text);
    if (!decimal) return refuse(Reason::not_a_number, text, "an integer, or a decimal number as a string");
    to_base(entry, *decimal, fact);
    check_sign(entry, fact.value);
  }

  void to_base(const TableEntry& entry, meter::Decimal decimal, Fact& fact) {
    const meter::Scaled scaled = meter::to_base_units(decimal, entry.scale);
    if (scaled.fit == meter::Fit::out_of_range) return refuse_range(std::to_string(decimal.digits), "63 bits");
    if (scaled.fit == meter::Fit::rounded) fact.flags |= kFlagRounded;
    fact.value = scaled.value;
  }

  void check_sign(const TableEntry& entry, std::int64_t value) {
    if (value < 0 && entry.info->kind == meter::Kind::cumulative) refuse_range(std::to_string(value), "0 or more");
  }

  /// quality, method, revision, end - start, flags: as many as there are.
  bool read_attributes(std::size_t count, Fact& fact) {
    std::uint64_t number = 0;
    if (!reader_.read_uint(number)) return give_up("a quality");
    if (number > static_cast<std::uint64_t>(kQualityMax)) refuse_range(std::to_string(number), "quality 0 to 5");
    fact.quality = static_cast<Quality>(std::min<std::uint64_t>(number, static_cast<std::uint64_t>(kQualityMax)));
    if (count >= 2) {
      if (!reader_.read_uint(number)) return give_up("a method");
      if (number > 0xff) refuse_range(std::to_string(number), "method 0 to 255");
      fact.method = static_cast<std::uint8_t>(number);
    }
    if (count >= 3 && !reader_.read_uint(fact.revision)) return give_up("a revision");
    if (count >= 4) {
      std::int64_t span = 0;
      if (!reader_.read_int(span)) return give_up("a duration");
      if (span < 0 || __builtin_add_overflow(fact.start_ms, span, &fact.end_ms))
        refuse_range(std::to_string(span), "a duration of 0 ms or more");
    }
    if (count >= 5) {
      if (!reader_.read_uint(number)) return give_up("flags");
      if ((number & ~std::uint64_t{kFlagsKnown}) != 0) refuse_range(std::to_string(number), "flags 0 to 7");
      fact.flags |= static_cast<std::uint8_t>(number & kFlagsKnown);
    }
    return true;
  }

  /// The first reason found is the one that is told; a reading counts once.
  void refuse(Reason reason, std::string_view got, std::string_view limit = {}) {
    if (!std::exchange(refused_, true)) out_.refusals.add(line_, reason, got, limit);
  }
  void refuse_range(const std::string& got, std::string_view limit) { refuse(Reason::out_of_range, got, limit); }
  void refuse_register(const TableEntry* entry, std::uint64_t index) {
    if (entry != nullptr) return refuse(Reason::unknown_register, entry->name);
    refuse(Reason::unknown_register, "entry " + std::to_string(index), "an entry of the batch's register table");
  }
  void refuse_time(Reason reason, std::int64_t time_ms) {
    if (refused_) return;
    if (out_.refusals.listed().size() >= Refusals::kListedMax) return refuse(reason, {});
    refuse(reason, shown_time(time_ms),
           shown_time(reason == Reason::ts_too_old ? window_.oldest_ms : window_.newest_ms));
  }

  PackReader reader_;
  const AcceptWindow window_;
  Batch& out_;
  BatchHead head_;
  std::vector<TableEntry> table_;
  std::uint32_t line_ = 0;
  std::string_view id_;
  bool id_valid_ = false;
  bool id_given_ = false;
  bool refused_ = false;
  Reason reason_ = Reason::bad_frame;
  const char* expected_ = "";
};

}  // namespace

Result<std::uint64_t> peek_batch_id(std::string_view frame) {
  const Result<FrameType> type = frame_type(frame);
  if (!type) return Failure(type.error());
  PackReader reader(frame.substr(kHeaderBytes));
  std::size_t items = 0;
  std::uint64_t id = 0;
  if (*type != FrameType::batch || !reader.read_array(items) || items == 0 || !reader.read_uint(id))
    return fail(ErrorCode::corrupt, "BATCH frame without a batch id");
  return id;
}

void decode_batch(std::string_view frame, const AcceptWindow& window, Batch& out) {
  const auto refuse_all = [&](Reason reason, const std::string& got, std::string_view limit) {
    out.clear();
    out.refusals = Refusals{};
    out.refusals.add(0, reason, got, limit);
  };
  const Result<FrameType> type = frame_type(frame);
  if (!type || *type != FrameType::batch) return refuse_all(Reason::bad_frame, "not a BATCH frame", {});
  if (frame.size() > kBatchBytesMax)
    return refuse_all(Reason::too_large, std::to_string(frame.size()) + " bytes", std::to_string(kBatchBytesMax));
  BatchDecoder decoder(frame.substr(kHeaderBytes), window, out);
  if (!decoder.run())
    refuse_all(decoder.reason(), "byte " + std::to_string(kHeaderBytes + decoder.offset()), decoder.expected());
}

}  // namespace wattring::gateway::native
