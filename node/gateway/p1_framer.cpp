// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_framer.hpp"

#include <utility>

namespace wattring::gateway {
namespace {

constexpr std::size_t kChecksumDigitsMax = 4;

bool is_line_end(char c) {
  return c == '\r' || c == '\n';
}
bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string_view to_string(P1FrameFault fault) {
  static constexpr std::array<std::string_view, kP1FrameFaultCount> kNames{
      "interrupted", "end_in_line", "line_too_long", "telegram_too_long", "cut_off"};
  return kNames[static_cast<std::size_t>(fault)];
}

Reason reason_of(P1FrameFault fault) {
  const bool too_long = fault == P1FrameFault::line_too_long || fault == P1FrameFault::telegram_too_long;
  return too_long ? Reason::too_large : Reason::bad_frame;
}

void P1Framer::feed(std::string_view bytes, std::vector<P1Piece>& out) {
  for (const char c : bytes) {
    if (state_ == State::checksum && checksum(c, out)) continue;
    if (state_ == State::inside) {
      inside(c, out);
    } else if (c == '/') {
      begin();
    } else if (!is_line_end(c)) {
      ++counters_.dropped_bytes;
    }
  }
}

void P1Framer::finish(std::vector<P1Piece>& out) {
  if (state_ == State::checksum) complete(out);
  if (state_ == State::inside) give_up(P1FrameFault::cut_off, out);
  number_ = 0;
}

void P1Framer::begin() {
  state_ = State::inside;
  telegram_.assign(1, '/');
  line_begin_ = 0;
  ++number_;
}

void P1Framer::inside(char c, std::vector<P1Piece>& out) {
  // Neither '/' nor '!' may stand in an identification or a value.
  if (c == '/') {
    give_up(P1FrameFault::interrupted, out);
    begin();
    return;
  }
  const bool at_line_begin = telegram_.size() == line_begin_;
  telegram_.push_back(c);
  if (c == '!') {
    if (!at_line_begin) return give_up(P1FrameFault::end_in_line, out);
    state_ = State::checksum;
    checksum_begin_ = telegram_.size();
    return;
  }
  if (is_line_end(c)) line_begin_ = telegram_.size();
  if (telegram_.size() - line_begin_ > kLineBytesMax) return give_up(P1FrameFault::line_too_long, out);
  if (telegram_.size() > kTelegramBytesMax) give_up(P1FrameFault::telegram_too_long, out);
}

bool P1Framer::checksum(char c, std::vector<P1Piece>& out) {
  const bool belongs = is_hex_digit(c);
  if (belongs) telegram_.push_back(c);
  if (!belongs || telegram_.size() - checksum_begin_ == kChecksumDigitsMax) complete(out);
  return belongs;
}

void P1Framer::complete(std::vector<P1Piece>& out) {
  ++counters_.telegrams;
  state_ = State::outside;
  out.push_back({number_, std::nullopt, std::exchange(telegram_, {})});
}

void P1Framer::give_up(P1FrameFault fault, std::vector<P1Piece>& out) {
  ++counters_.faults[static_cast<std::size_t>(fault)];
  counters_.dropped_bytes += telegram_.size();
  state_ = State::outside;
  out.push_back({number_, fault, std::exchange(telegram_, {})});
}

}  // namespace wattring::gateway
