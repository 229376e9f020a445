// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/refusal.hpp"

#include <array>

#include "base/utf8.hpp"
#include "node/gateway/ingest_door.hpp"

namespace wattring::gateway {
namespace {

constexpr std::array<std::string_view, kReasonCount + 1> kReasonNames{
    "",          "BAD_FRAME",    "BAD_CRC",          "SYNTAX",     "UNKNOWN_REGISTER", "BAD_UNIT",     "NOT_A_NUMBER",
    "PRECISION", "OUT_OF_RANGE", "BAD_METER_ID",     "TS_MISSING", "TS_TOO_OLD",       "TS_IN_FUTURE", "TOO_LARGE",
    "BUSY",      "DISK_RESERVE", "NOT_ENOUGH_COPIES"};

/// C0, DEL and C1 controls.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<std::uint8_t>(sequence[1]) < 0xA0;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    if (out.size() + (size == 0 ? 1 : size) > Refusals::kGotBytesMax) break;
    if (size == 0 || is_control(text.substr(0, size))) {
      out.push_back('?');
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

}  // namespace

std::string_view to_string(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  return index < kReasonNames.size() ? kReasonNames[index] : std::string_view{};
}

void Refusals::add(std::uint32_t line, Reason reason, std::string_view got, std::string_view limit) {
  ++total_;
  ++counts_[static_cast<std::size_t>(reason)];
  if (listed_.size() < kListedMax) listed_.push_back({line, reason, printable(got), std::string(limit)});
}

std::string_view to_string(AckClass ack) {
  switch (ack) {
    case AckClass::none:
      return "NONE";
    case AckClass::single:
      return "SINGLE";
    case AckClass::held:
      return "HELD";
    case AckClass::durable:
      return "DURABLE";
  }
  return "NONE";
}

}  // namespace wattring::gateway
