// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/line_protocol.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "node/gateway/line_scan.hpp"
#include "node/gateway/reading_value.hpp"

namespace wattring::gateway {
namespace {

using line_scan::take_token;
using line_scan::Token;

constexpr std::string_view kLineLimit = "64 KiB a line";
constexpr std::string_view kBatchLimit = "100000 readings in a request";
static_assert(kLineBytesMax == 64U << 10U && kBatchReadingsMax == 100'000);

struct Field {
  Register reg;
  std::int64_t value;
  std::uint8_t flags;
};

/// Lines of one source name their fields in the same order: the name at each place is looked up once.
class FieldNames {
 public:
  /// Null when the name is no register's.
  const meter::RegisterName* find(std::size_t place, std::string_view name) {
    if (place < kPlaces) {
      Seen& seen = seen_[place];
      if (seen.size == name.size() && std::memcmp(seen.text, name.data(), name.size()) == 0) return &seen.meaning;
      if (name.size() <= sizeof seen.text) {
        const auto meaning = meter::resolve_register(name);
        if (!meaning) return nullptr;
        std::memcpy(seen.text, name.data(), name.size());
        seen.size = name.size();
        seen.meaning = *meaning;
        return &seen.meaning;
      }
    }
    const auto meaning = meter::resolve_register(name);
    if (!meaning) return nullptr;
    other_ = *meaning;
    return &other_;
  }

 private:
  static constexpr std::size_t kPlaces = 32;
  struct Seen {
    std::size_t size = 0;
    char text[40] = {};
    meter::RegisterName meaning{};
  };
  Seen seen_[kPlaces];
  meter::RegisterName other_{};
};

std::int64_t saturating_multiply(std::int64_t value, std::int64_t factor) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(value, factor, &product)) return product;
  return value < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

std::int64_t to_ms(std::int64_t timestamp, LinePrecision precision) {
  switch (precision) {
    case LinePrecision::ns:
      return floor_div(timestamp, 1'000'000);
    case LinePrecision::us:
      return floor_div(timestamp, 1000);
    case LinePrecision::ms:
      return timestamp;
    case LinePrecision::s:
      return saturating_multiply(timestamp, kMsPerSecond);
    case LinePrecision::m:
      return saturating_multiply(timestamp, kMsPerMinute);
    case LinePrecision::h:
      return saturating_multiply(timestamp, kMsPerHour);
  }
  return timestamp;
}

class Decoder {
 public:
  Decoder(const LineContext& context, Batch& out) : context_(context), out_(out) {}

  void run(std::string_view body) {
    const char* pos = body.data();
    const char* const end = pos + body.size();
    while (pos != end) {
      ++number_;
      const auto* line_end = static_cast<const char*>(std::memchr(pos, '\n', static_cast<std::size_t>(end - pos)));
      if (line_end == nullptr) return last_line({pos, static_cast<std::size_t>(end - pos)});
      line(pos, line_end);
      pos = line_end + 1;
    }
  }

 private:
  /// Given a line end of its own, because that is where every scan stops.
  void last_line(std::string_view text) {
    if (text.size() > kLineBytesMax) {
      refuse(Reason::too_large, text.substr(0, Refusals::kGotBytesMax), kLineLimit);
      return;
    }
    std::string copy(text);
    copy.push_back('\n');
    line(copy.data(), copy.data() + text.size());
  }

  void line(const char* pos, const char* end) {
    while (end != pos && (end[-1] == '\r' || end[-1] == ' ') && !(end - pos > 1 && end[-2] == '\\')) --end;
    while (pos != end && *pos == ' ') ++pos;
    if (pos == end || *pos == '#') return;
    const std::string_view text(pos, static_cast<std::size_t>(end - pos));
    if (text.size() > kLineBytesMax || full_) {
      refuse(Reason::too_large, text.substr(0, Refusals::kGotBytesMax), full_ ? kBatchLimit : kLineLimit);
      return;
    }
    end_ = end;
    fields_.clear();
    id_ = {};
    revision_ = context_.overwrite_latest ? static_cast<std::uint64_t>(std::max<std::int64_t>(context_.now_ms, 0)) : 0;
    if (take_tags(pos) && take_fields(pos) && take_time(pos)) emit(text);
  }

  bool refuse(Reason reason, std::string_view got, std::string_view limit) {
    out_.refusals.add(number_, reason, got, limit);
    return false;
  }
  [[nodiscard]] std::string_view rest(const char* pos) const {
    return {pos, static_cast<std::size_t>(std::max<std::ptrdiff_t>(end_ - pos, 0))};
  }

  /// measurement *("," key "=" value), up to the space before the fields.
  bool take_tags(const char*& pos) {
    const char* const begin = pos;
    if (take_token(pos, line_scan::kMeasurementEnds).text.empty())
      return refuse(Reason::syntax, rest(begin), "a measurement first");
    while (*pos == ',') {
      const char* const tag = ++pos;
      const Token key = take_token(pos, line_scan::kKeyEnds);
      if (key.text.empty() || *pos != '=') return refuse(Reason::syntax, rest(tag), "tag=value");
      ++pos;
      const Token value = take_token(pos, line_scan::kKeyEnds);
      if (value.text.empty() || *pos == '=') return refuse(Reason::syntax, rest(tag), "tag=value");
      if (key.text == "meter") {
        if (!take_id(value)) return false;
      } else if (key.text == "revision") {
        if (!take_revision(value.text)) return false;
      }
    }
    if (*pos != ' ' || pos >= end_) return refuse(Reason::syntax, rest(begin), "one space, then fields");
    ++pos;
    if (id_.empty()) return refuse(Reason::bad_meter_id, rest(begin), "tag meter=ID");
    return true;
  }

  bool take_id(const Token& value) {
    if (!id_.empty()) return refuse(Reason::syntax, value.text, "the tag meter once");
    id_ = value.text;
    if (value.escaped) {
      line_scan::unescape(value.text, unescaped_);
      id_ = unescaped_;
    }
    if (!valid_meter_id(id_))
      return refuse(Reason::bad_meter_id, id_, "1 to 64 bytes of UTF-8 without control characters");
    return true;
  }

  bool take_revision(std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision_);
    if (error == std::errc{} && end == text.data() + text.size()) return true;
    return refuse(Reason::syntax, text, "revision: an unsigned integer of 64 bits");
  }

  /// field *("," field), up to the space before the timestamp or the end.
  bool take_fields(const char*& pos) {
    while (true) {
      const char* const begin = pos;
      const Token key = take_token(pos, line_scan::kKeyEnds);
      if (key.text.empty() || *pos != '=' || pos >= end_) return refuse(Reason::syntax, rest(begin), "field=value");
      ++pos;
      const meter::RegisterName* name = names_.find(fields_.size(), key.text);
      if (name == nullptr) return refuse(Reason::unknown_register, key.text, "an OBIS code or an alias with its unit");
      if (!take_value(pos, *name)) return false;
      if (pos == end_) return true;
      if (*pos == ' ') {
        ++pos;
        return true;
      }
      ++pos;  // the comma
    }
  }

  /// Leaves `pos` on a comma, a space or the end.
  bool take_value(const char*& pos, const meter::RegisterName& name) {
    const char* const begin = pos;
    const bool negative = *pos == '-';
    if (negative) ++pos;
    const line_scan::Number number = line_scan::take_number(pos);
    const bool integer = number.scale == 0 && pos[-1] != '.' && (*pos == 'i' || (*pos == 'u' && !negative));
    if (integer) ++pos;
    const bool ended = *pos == ',' || *pos == ' ' || pos == end_;
    if (number.digits_seen == 0 || number.digits_seen > 18 || !ended) {
      pos = begin;
      return take_odd_value(pos, name);
    }
    return put(name, {negative ? -number.digits : number.digits, number.scale}, {begin, pos});
  }

  /// Exponents, more digits than fit, and what is no number.
  bool take_odd_value(const char*& pos, const meter::RegisterName& name) {
    const char* const begin = pos;
    if (*pos == '"') return refuse(Reason::not_a_number, rest(begin), "a number; strings are no readings");
    while (*pos != ',' && *pos != ' ' && pos != end_) ++pos;
    const std::string_view text(begin, static_cast<std::size_t>(pos - begin));
    std::string_view digits = text;
    if (!digits.empty() && (digits.back() == 'i' || digits.back() == 'u')) digits.remove_suffix(1);
    const bool integer = digits.size() < text.size();
    const std::size_t not_digit = digits.find_first_not_of("0123456789", digits.starts_with('-') ? 1 : 0);
    const auto value = meter::parse_decimal(digits);
    if (value && !(integer && not_digit != std::string_view::npos) && !digits.starts_with('+') &&
        !(text.back() == 'u' && digits.starts_with('-')))
      return put(name, *value, text);
    const bool too_long =
        !value && !digits.empty() && digits.size() > 18 &&
        digits.find_first_not_of("0123456789.", digits.starts_with('-') ? 1 : 0) == std::string_view::npos;
    if (too_long) return refuse(Reason::out_of_range, text, "18 significant digits");
    return refuse(Reason::not_a_number, text, "a number; strings and truth values are no readings");
  }

  bool put(const meter::RegisterName& name, meter::Decimal value, std::string_view text) {
    if (name.info->dimension == meter::Dimension::text)
      return refuse(Reason::not_a_number, text, "this register holds a text");
    const bool plain = value.scale == 0 && name.scale.numerator == 1 && name.scale.denominator == 1;
    if (plain && value.digits >= 0) {
      fields_.push_back({name.info->reg, value.digits, 0});
      return true;
    }
    Fact fact;
    if (const auto reason = put_value(*name.info, value, name.scale, fact))
      return refuse(*reason, text, value.digits < 0 ? "0 or more" : "63 bits in the register's base unit");
    fields_.push_back({name.info->reg, fact.value, fact.flags});
    return true;
  }

  /// [timestamp] up to the end.
  bool take_time(const char* pos) {
    if (pos >= end_) {
      time_ms_ = context_.now_ms;
      time_flags_ = kFlagReceiveTime;
      return true;
    }
    const char* const begin = pos;
    const bool negative = *pos == '-';
    if (negative) ++pos;
    const char* const first_digit = pos;
    std::uint64_t value = 0;
    unsigned digit = 0;
    while ((digit = static_cast<unsigned>(*pos) - '0') < 10U) {
      value = value * 10 + digit;
      ++pos;
    }
    const bool fits = pos - first_digit <= 19 && value <= std::numeric_limits<std::int64_t>::max();
    if (pos == first_digit || pos != end_ || !fits)
      return refuse(Reason::syntax, rest(begin), "an integer timestamp and the end of the line");
    const auto timestamp = static_cast<std::int64_t>(value);
    time_ms_ = to_ms(negative ? -timestamp : timestamp, context_.precision);
    time_flags_ = 0;
    const auto reason = context_.window.check(time_ms_);
    return !reason || refuse_time(*reason, rest(begin));
  }

  bool refuse_time(Reason reason, std::string_view got) {
    const bool old = reason == Reason::ts_too_old;
    return refuse(reason, got, format_rfc3339(old ? context_.window.oldest_ms : context_.window.newest_ms));
  }

  void emit(std::string_view text) {
    if (out_.facts().size() + fields_.size() > kBatchReadingsMax) {
      full_ = true;
      refuse(Reason::too_large, text, kBatchLimit);
      return;
    }
    out_.meter(id_);
    Fact fact;
    fact.start_ms = time_ms_;
    fact.end_ms = time_ms_;
    fact.revision = revision_;
    for (const Field& field : fields_) {
      fact.reg = field.reg;
      fact.value = field.value;
      fact.flags = field.flags | time_flags_;
      out_.add(fact);
    }
  }

  const LineContext& context_;
  Batch& out_;
  FieldNames names_;
  std::vector<Field> fields_;
  std::string unescaped_;
  std::string_view id_;
  std::uint64_t revision_ = 0;
  std::int64_t time_ms_ = 0;
  std::uint8_t time_flags_ = 0;
  const char* end_ = nullptr;
  std::uint32_t number_ = 0;
  bool full_ = false;
};

}  // namespace

std::optional<LinePrecision> parse_line_precision(std::string_view text) {
  if (text.empty() || text == "ns" || text == "n") return LinePrecision::ns;
  if (text == "us" || text == "u") return LinePrecision::us;
  if (text == "ms") return LinePrecision::ms;
  if (text == "s") return LinePrecision::s;
  if (text == "m") return LinePrecision::m;
  if (text == "h") return LinePrecision::h;
  return std::nullopt;
}

void decode_lines(std::string_view body, const LineContext& context, Batch& out) {
  Decoder(context, out).run(body);
}

}  // namespace wattring::gateway
