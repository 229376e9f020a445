// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/json_readings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "base/nearest.hpp"
#include "base/time.hpp"
#include "base/utf8.hpp"
#include "node/gateway/json_scan.hpp"
#include "node/gateway/reading_value.hpp"

namespace wattring::gateway {
namespace {

using Type = JsonScan::Type;
using Value = JsonScan::Value;

enum Member : std::size_t { kMeter, kRegister, kTime, kValue, kUnit, kQuality, kRevision, kMemberCount };
constexpr std::array<std::string_view, kMemberCount> kMemberNames{"meter", "register", "time",    "value",
                                                                  "unit",  "quality",  "revision"};
constexpr std::array kQualities{Quality::estimated, Quality::substituted, Quality::actual, Quality::validated,
                                Quality::edited};

std::string did_you_mean(std::string_view name) {
  if (const auto near = nearest(name, kMemberNames)) return "did you mean \"" + std::string(*near) + "\"?";
  return "meter, register, time, value, unit, quality, revision";
}

struct Fault {
  Reason reason;
  std::string_view got;
  std::string limit;
};
using Verdict = std::optional<Fault>;

/// One object: first its form, then its meaning.
class Element {
 public:
  /// False when it is no JSON object; the scan then is lost.
  bool scan(JsonScan& json) {
    members_.fill({});
    form_fault_.reset();
    if (!json.take('{')) return false;
    json.skip_space();
    if (json.take('}')) return true;
    while (true) {
      json.skip_space();
      if (!scan_member(json)) return false;
      json.skip_space();
      if (json.take('}')) return true;
      if (!json.take(',')) return false;
    }
  }

  [[nodiscard]] Verdict put(const JsonContext& context, Batch& out) const {
    if (form_fault_) return form_fault_;
    const std::string_view meter = text(kMeter);
    if (members_[kMeter].type != Type::string || !valid_meter_id(meter))
      return Fault{Reason::bad_meter_id, meter, "a string of 1 to 64 bytes without control characters"};
    const auto name = meter::resolve_register(text(kRegister));
    if (members_[kRegister].type != Type::string || !name)
      return Fault{Reason::unknown_register, text(kRegister), "an OBIS code or an alias with its unit"};
    Fact fact;
    fact.reg = name->info->reg;
    if (auto fault = read_time(context.window, fact)) return fault;
    if (name->info->dimension == meter::Dimension::text) return put_text(meter, fact, out);
    if (auto fault = read_value(*name, fact)) return fault;
    if (auto fault = read_quality(fact)) return fault;
    fact.revision = context.revision;
    if (auto fault = read_revision(fact)) return fault;
    if (out.facts().size() >= kBatchReadingsMax) return too_many();
    out.meter(meter);
    out.add(fact);
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::string_view text(Member member) const { return members_[member].text; }
  [[nodiscard]] bool absent(Member member) const {
    return members_[member].type == Type::none || members_[member].type == Type::null;
  }
  static Fault too_many() { return {Reason::too_large, "too many readings", "100000 in a request"}; }

  void note(Fault fault) {
    if (!form_fault_) form_fault_ = std::move(fault);
  }

  bool scan_member(JsonScan& json) {
    std::string_view name;
    if (!json.take_string(name, name_storage_)) return false;
    const auto which =
        static_cast<std::size_t>(std::find(kMemberNames.begin(), kMemberNames.end(), name) - kMemberNames.begin());
    if (which == kMemberCount) {
      if (!form_fault_) unknown_ = name;  // the fault points into it
      note({Reason::syntax, unknown_, did_you_mean(name)});
    } else if (members_[which].type != Type::none) {
      note({Reason::syntax, kMemberNames[which], "each member once"});
    }
    json.skip_space();
    if (!json.take(':')) return false;
    json.skip_space();
    Value value;
    if (!json.take_value(value, storage_[which])) return false;
    if (which != kMemberCount) members_[which] = value;
    return true;
  }

  Verdict read_time(const AcceptWindow& window, Fact& fact) const {
    static constexpr std::string_view kForms = "RFC 3339 with offset, or integer milliseconds since 1970";
    const Value& time = members_[kTime];
    if (absent(kTime)) return Fault{Reason::ts_missing, "", std::string(kForms)};
    if (time.type == Type::number) {
      const char* const end = time.text.data() + time.text.size();
      const auto [after, error] = std::from_chars(time.text.data(), end, fact.start_ms);
      if (error != std::errc{} || after != end) return Fault{Reason::syntax, time.text, std::string(kForms)};
    } else {
      const auto parsed = parse_rfc3339(time.type == Type::string ? time.text : std::string_view{});
      if (!parsed) return Fault{Reason::syntax, time.text, std::string(kForms)};
      fact.start_ms = *parsed;
    }
    fact.end_ms = fact.start_ms;
    const auto reason = window.check(fact.start_ms);
    if (!reason) return std::nullopt;
    const bool old = *reason == Reason::ts_too_old;
    return Fault{*reason, time.text, format_rfc3339(old ? window.oldest_ms : window.newest_ms)};
  }

  Verdict read_scale(const meter::RegisterName& name, meter::UnitScale& scale) const {
    scale = name.scale;
    if (absent(kUnit)) return std::nullopt;
    const bool is_string = members_[kUnit].type == Type::string;
    const auto unit = is_string ? meter::find_unit(text(kUnit)) : std::nullopt;
    const auto converted = unit ? convert_unit(*unit, name.info->dimension) : std::nullopt;
    // An alias states its unit already; the two must not differ.
    const bool alias = text(kRegister).front() < '0' || text(kRegister).front() > '9';
    const bool differs = converted && alias &&
                         converted->numerator * name.scale.denominator != name.scale.numerator * converted->denominator;
    if (!converted || differs)
      return Fault{Reason::bad_unit, text(kUnit), std::string(meter::base_unit(name.info->dimension))};
    scale = *converted;
    return std::nullopt;
  }

  Verdict read_value(const meter::RegisterName& name, Fact& fact) const {
    meter::UnitScale scale{};
    if (auto fault = read_scale(name, scale)) return fault;
    const Value& value = members_[kValue];
    if (value.type != Type::number && value.type != Type::string)
      return Fault{Reason::not_a_number, value.text, "a decimal number, or a string of one"};
    const auto decimal = meter::parse_decimal(value.text);
    if (!decimal) return no_number(value.text);
    if (const auto reason = put_value(*name.info, *decimal, scale, fact))
      return Fault{*reason, value.text, decimal->digits < 0 ? "0 or more" : "63 bits in the register's base unit"};
    if ((fact.flags & kFlagRounded) == 0) return std::nullopt;
    return Fault{Reason::precision, value.text, "whole " + std::string(meter::base_unit(name.info->dimension))};
  }

  /// A numeral that is only too long has too much precision or too large a value.
  static Fault no_number(std::string_view text) {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    const bool numeral = digits.size() > 18 && digits.find_first_not_of("0123456789.") == std::string_view::npos &&
                         std::count(digits.begin(), digits.end(), '.') <= 1;
    if (!numeral) return {Reason::not_a_number, text, "a decimal number, or a string of one"};
    const bool fraction = digits.find('.') != std::string_view::npos;
    return {fraction ? Reason::precision : Reason::out_of_range, text, "18 significant digits"};
  }

  Verdict read_quality(Fact& fact) const {
    if (absent(kQuality)) return std::nullopt;
    for (const Quality quality : kQualities) {
      if (members_[kQuality].type != Type::string || text(kQuality) != to_string(quality)) continue;
      fact.quality = quality;
      return std::nullopt;
    }
    return Fault{Reason::syntax, text(kQuality), "quality: estimated, substituted, actual, validated, edited"};
  }

  Verdict read_revision(Fact& fact) const {
    if (absent(kRevision)) return std::nullopt;
    const std::string_view digits = text(kRevision);
    const char* const end = digits.data() + digits.size();
    const auto [after, error] = std::from_chars(digits.data(), end, fact.revision);
    if (error == std::errc{} && after == end) return std::nullopt;
    return Fault{Reason::syntax, digits, "revision: an unsigned integer of 64 bits"};
  }

  /// An equipment id, a message: the value is a string. Texts have neither quality nor revision.
  Verdict put_text(std::string_view meter, const Fact& fact, Batch& out) const {
    const Value& value = members_[kValue];
    const bool good = value.type == Type::string && !value.text.empty() && valid_utf8(value.text);
    if (!good) return Fault{Reason::syntax, value.text, "this register holds a text"};
    if (value.text.size() > kTextBytesMax) return Fault{Reason::too_large, value.text, "1024 bytes of text"};
    for (const Member member : {kUnit, kQuality, kRevision})
      if (!absent(member)) return Fault{Reason::syntax, kMemberNames[member], "a text has no such member"};
    if (out.facts().size() >= kBatchReadingsMax) return too_many();
    out.meter(meter);
    out.add_text(fact.reg, fact.start_ms, value.text);
    return std::nullopt;
  }

  std::array<Value, kMemberCount> members_{};
  /// One for each member, so that unescaped texts live side by side; the last is for unknown ones.
  std::array<std::string, kMemberCount + 1> storage_;
  std::string name_storage_;
  std::string unknown_;
  Verdict form_fault_;
};

class Document {
 public:
  Document(std::string_view body, const JsonContext& context, Batch& out) : body_(body), context_(context), out_(out) {}

  void run() {
    if (body_.starts_with("\xEF\xBB\xBF")) body_.remove_prefix(3);
    JsonScan json(body_);
    json.skip_space();
    if (json.take('[')) {
      array(json.pos());
    } else {
      lines();
    }
  }

 private:
  void refuse(std::uint32_t number, Reason reason, std::size_t at, std::string_view limit) {
    out_.refusals.add(number, reason, body_.substr(at, Refusals::kGotBytesMax), limit);
  }
  void put(std::uint32_t number) {
    if (const auto fault = element_.put(context_, out_))
      out_.refusals.add(number, fault->reason, fault->got, fault->limit);
  }

  void array(std::size_t pos) {
    for (std::uint32_t number = 1;; ++number) {
      JsonScan json(body_, pos);
      json.skip_space();
      if (number == 1 && json.take(']')) return after_array(json, number);
      const bool joined = number == 1 || json.take(',');
      json.skip_space();
      if (!joined && json.take(']')) return after_array(json, number);
      if (json.at_end()) return refuse(number, Reason::syntax, body_.size(), "']' at the end: the array is cut off");
      pos = joined ? array_element(json, number) : without_comma(json, number);
      if (pos == std::string_view::npos) return;
    }
  }

  void after_array(JsonScan& json, std::uint32_t number) {
    json.skip_space();
    if (!json.at_end()) refuse(number, Reason::syntax, json.pos(), "nothing after the array");
  }

  /// Where the next one begins; npos when that cannot be told.
  std::size_t array_element(JsonScan json, std::uint32_t number) {
    const std::size_t begin = json.pos();
    if (json.peek() == '{' && element_.scan(json)) {
      put(number);
      return json.pos();
    }
    if (body_[begin] != '{') {
      Value value;
      std::string storage;
      const bool passed = json.take_value(value, storage);
      refuse(number, Reason::syntax, begin, "an object for each reading");
      return passed ? json.pos() : std::string_view::npos;
    }
    return broken(begin, number, "a JSON object of strings and numbers");
  }

  std::size_t without_comma(const JsonScan& json, std::uint32_t number) {
    if (json.peek() == '{') return broken(json.pos(), number, "a comma before this element");
    refuse(number, Reason::syntax, json.pos(), "',' or ']' after an element; what follows was not read");
    return std::string_view::npos;
  }

  std::size_t broken(std::size_t begin, std::uint32_t number, std::string_view limit) {
    const std::size_t end = find_end_of_broken_object(body_, begin);
    refuse(number, Reason::syntax, begin,
           end == std::string_view::npos ? "the document is cut off inside this element" : limit);
    return end;
  }

  void lines() {
    std::uint32_t number = 1;
    for (std::size_t pos = 0; pos < body_.size();) {
      JsonScan json(body_, pos);
      json.skip_blanks();
      if (json.at_end()) return;
      const std::size_t begin = json.pos();
      if (json.peek() != '\n') {
        const bool scanned = element_.scan(json);
        json.skip_blanks();
        if (scanned && (json.at_end() || json.peek() == '\n')) {
          put(number);
        } else {
          refuse(number, Reason::syntax, begin, "one whole JSON object and nothing else on the line");
          json = JsonScan(body_, begin);
        }
      }
      const std::size_t line_end = std::min(body_.find('\n', json.pos()), body_.size());
      number += static_cast<std::uint32_t>(std::count(body_.begin() + static_cast<std::ptrdiff_t>(pos),
                                                      body_.begin() + static_cast<std::ptrdiff_t>(line_end), '\n')) +
                1;
      pos = line_end + 1;
    }
  }

  std::string_view body_;
  const JsonContext& context_;
  Batch& out_;
  Element element_;
};

}  // namespace

void decode_json(std::string_view body, const JsonContext& context, Batch& out) {
  Document(body, context, out).run();
}

}  // namespace wattring::gateway
