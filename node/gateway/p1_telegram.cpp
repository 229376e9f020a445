// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_telegram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace wattring::gateway {
namespace {

constexpr std::array<std::uint16_t, 256> make_crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xA001U : 0U);
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
constexpr std::array<std::uint16_t, 256> kCrcTable = make_crc_table();

/// As if each LF without CR were CRLF, which is what a meter sends and some relays undo.
std::uint16_t crc_with_line_ends_restored(std::string_view bytes) {
  std::uint16_t crc = 0;
  char last = 0;
  for (const char& c : bytes) {
    if (c == '\n' && last != '\r') crc = crc16_arc("\r", crc);
    crc = crc16_arc({&c, 1}, crc);
    last = c;
  }
  return crc;
}

std::optional<P1Fault> check_crc(std::string_view covered, std::string_view digits, P1Telegram& out) {
  out.has_checksum = !digits.empty();
  if (!out.has_checksum) return std::nullopt;
  std::uint16_t stated = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), stated, 16);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return P1Fault{Reason::bad_crc, std::string(digits), "four hex digits"};
  const std::uint16_t computed = crc16_arc(covered);
  if (computed == stated) return std::nullopt;
  out.line_ends_restored = crc_with_line_ends_restored(covered) == stated;
  if (out.line_ends_restored) return std::nullopt;
  return P1Fault{Reason::bad_crc, std::string(digits), fmt::format("{:04X}", computed)};
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

/// "(a)(b)..." up to the end; false, and nothing appended, when it is anything else.
bool take_groups(std::string_view text, std::vector<std::string_view>& groups) {
  const std::size_t before = groups.size();
  while (!text.empty()) {
    const std::size_t close = text.find(')');
    const bool good = text.front() == '(' && close != std::string_view::npos &&
                      text.substr(1, close - 1).find('(') == std::string_view::npos;
    if (!good) {
      groups.resize(before);
      return false;
    }
    groups.push_back(text.substr(1, close - 1));
    text.remove_prefix(close + 1);
  }
  return true;
}

/// False when the line is broken.
bool take_line(std::string_view text, P1Telegram& out) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return false;
  const auto first = static_cast<std::uint32_t>(out.groups_storage.size());
  if (!take_groups(text.substr(open), out.groups_storage)) return false;
  const auto count = static_cast<std::uint32_t>(out.groups_storage.size()) - first;
  if (open == 0) {  // DSMR 2.2 and 3 write the gas reading on a line of its own
    if (out.lines.empty()) return false;
    out.lines.back().group_count += count;
    return true;
  }
  const std::string_view code = text.substr(0, open);
  out.lines.push_back({parse_p1_code(code), code, first, count});
  return true;
}

/// The first broken line; empty when there is none.
std::string_view take_lines(std::string_view text, P1Telegram& out) {
  std::string_view first_broken;
  bool first_line = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (first_line) {
      out.identification = line;
      first_line = false;
    } else if (!line.empty() && !take_line(line, out)) {
      if (out.broken_lines++ == 0) first_broken = line;
    }
  }
  return first_broken;
}

std::optional<P1Fault> check_duplicates(const P1Telegram& telegram) {
  std::vector<Register> seen;
  seen.reserve(telegram.lines.size());
  for (const P1Telegram::Line& line : telegram.lines)
    if (line.reg) seen.push_back(*line.reg);
  std::sort(seen.begin(), seen.end());
  const auto twice = std::adjacent_find(seen.begin(), seen.end());
  if (twice == seen.end()) return std::nullopt;
  return P1Fault{Reason::bad_frame, format_obis(*twice), "each code once: halves of two telegrams were joined"};
}

/// DSMR 4 and later, and eMUCS, send their version and the time; all of them have a checksum.
bool must_have_checksum(const P1Telegram& telegram) {
  static constexpr std::array kOnlyNewTelegrams{obis(1, 3, 0, 2, 8), obis(0, 0, 96, 1, 4), obis(0, 0, 1, 0, 0)};
  return std::any_of(kOnlyNewTelegrams.begin(), kOnlyNewTelegrams.end(),
                     [&](Register reg) { return telegram.find(reg) != nullptr; });
}

}  // namespace

std::uint16_t crc16_arc(std::string_view bytes, std::uint16_t start) {
  unsigned crc = start;
  for (const char c : bytes) crc = (crc >> 8U) ^ kCrcTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xFFU];
  return static_cast<std::uint16_t>(crc);
}

const P1Telegram::Line* P1Telegram::find(Register reg) const {
  for (const Line& line : lines)
    if (line.reg == reg) return &line;
  return nullptr;
}

std::optional<Register> parse_p1_code(std::string_view text) {
  static constexpr std::string_view kSeparators = "-:..";
  std::array<unsigned, 6> groups{0, 0, 0, 0, 0, 255};
  const char* pos = text.data();
  const char* const end = pos + text.size();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto [after, error] = std::from_chars(pos, end, groups[i]);
    if (error != std::errc{} || groups[i] > 255 || after - pos > 3) return std::nullopt;
    pos = after;
    if (pos == end && i >= 4) return obis(groups[0], groups[1], groups[2], groups[3], groups[4], groups[5]);
    const bool separated = pos != end && (i < 4 ? *pos == kSeparators[i] : *pos == '*' || *pos == '.');
    if (!separated) return std::nullopt;
    ++pos;
  }
  return std::nullopt;
}

std::optional<P1Fault> parse_p1_telegram(std::string_view frame, P1Telegram& out) {
  out.lines.clear();
  out.groups_storage.clear();
  out.broken_lines = 0;
  out.line_ends_restored = false;
  const std::size_t mark = frame.rfind('!');
  if (frame.empty() || frame.front() != '/' || mark == std::string_view::npos)
    return P1Fault{Reason::bad_frame, std::string(frame.substr(0, Refusals::kGotBytesMax)), "from '/' to '!'"};
  if (auto fault = check_crc(frame.substr(0, mark + 1), frame.substr(mark + 1), out)) return fault;
  const std::string_view broken = take_lines(frame.substr(1, mark - 1), out);
  if (out.lines.empty()) return P1Fault{Reason::bad_frame, std::string(out.identification), "coded lines"};
  if (auto fault = check_duplicates(out)) return fault;
  if (out.has_checksum) return std::nullopt;
  if (must_have_checksum(out)) return P1Fault{Reason::bad_crc, "none", "four hex digits after '!'"};
  if (!broken.empty()) return P1Fault{Reason::syntax, std::string(broken), "code(value)"};
  return std::nullopt;
}

}  // namespace wattring::gateway
