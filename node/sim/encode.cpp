// SPDX-License-Identifier: Apache-2.0
#include "node/sim/encode.hpp"

#include <fmt/format.h>

#include <iterator>

#include "node/sim/telegram.hpp"

namespace wattring::sim {
namespace {

// Readings of one meter and time, with no register twice, share a telegram or a line.
std::size_t group_end(std::span<const Reading> readings, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < readings.size() && readings[end].meter == readings[begin].meter &&
         readings[end].time_ms == readings[begin].time_ms && readings[end].reg != readings[begin].reg) {
    ++end;
  }
  return end;
}

void append_line(std::string_view meter, std::span<const Reading> group, std::string& out) {
  out.append("energy,meter=").append(meter);
  char separator = ' ';
  for (const Reading& reading : group) {
    const Register reg = kFleetRegisters[reading.reg];
    fmt::format_to(std::back_inserter(out), "{}{}-{}:{}.{}.{}={}i", separator, reg.group(0), reg.group(1), reg.group(2),
                   reg.group(3), reg.group(4), reading.value);
    separator = ',';
  }
  fmt::format_to(std::back_inserter(out), " {}\n", group.front().time_ms);
}

void append_json(std::string_view meter, const Reading& reading, std::string& out) {
  const Register reg = kFleetRegisters[reading.reg];
  fmt::format_to(std::back_inserter(out),
                 R"({{"meter":"{}","register":"{}-{}:{}.{}.{}","time":{},"value":{}}})"
                 "\n",
                 meter, reg.group(0), reg.group(1), reg.group(2), reg.group(3), reg.group(4), reading.time_ms,
                 reading.value);
}

}  // namespace

Result<SendAs> parse_send_as(std::string_view text) {
  for (const SendAs as : {SendAs::native, SendAs::p1, SendAs::line, SendAs::json}) {
    if (text == to_string(as)) return as;
  }
  return fail(ErrorCode::invalid_argument, "unknown format \"" + std::string(text) + "\"",
              "one of native, p1, line, json");
}

std::string_view to_string(SendAs as) {
  switch (as) {
    case SendAs::native:
      return "native";
    case SendAs::p1:
      return "p1";
    case SendAs::line:
      return "line";
    case SendAs::json:
      return "json";
  }
  return "native";
}

RefusedRange Body::range_of(std::uint64_t line, std::size_t readings) const {
  RefusedRange range;
  if (line == 0 || line > item_starts.size()) return range;
  const auto item = static_cast<std::size_t>(line - 1);
  const std::size_t end = item + 1 < item_starts.size() ? item_starts[item + 1] : readings;
  range.first = item_starts[item];
  range.count = static_cast<std::uint32_t>(end - range.first);
  return range;
}

void encode_body(SendAs as, std::span<const Reading> readings, MeterNames& names, Body& body) {
  body.bytes.clear();
  body.item_starts.clear();
  std::size_t begin = 0;
  while (begin < readings.size()) {
    const std::size_t end = as == SendAs::json ? begin + 1 : group_end(readings, begin);
    const std::span<const Reading> group = readings.subspan(begin, end - begin);
    const std::string_view meter = names(group.front().meter);
    body.item_starts.push_back(static_cast<std::uint32_t>(begin));
    if (as == SendAs::p1) append_telegram(meter, group, kFleetRegisters, body.bytes);
    if (as == SendAs::line) append_line(meter, group, body.bytes);
    if (as == SendAs::json) append_json(meter, group.front(), body.bytes);
    begin = end;
  }
}

}  // namespace wattring::sim
