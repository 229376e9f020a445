// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_memory.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/hash.hpp"
#include "cluster/endpoint.hpp"

namespace wattring::cluster {
namespace {

constexpr std::string_view kTitle = "wattring-membership 1\n";
constexpr std::string_view kCheckWord = "check ";
constexpr std::size_t kSeedBytesMax = 272;  // a host name and a port

bool is_seed(std::string_view text) {
  return !text.empty() && text.size() <= kSeedBytesMax && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
}

std::string check_line(std::string_view lines) {
  std::string line(kCheckWord);
  const std::uint64_t hash = hash64(lines);
  for (int shift = 60; shift >= 0; shift -= 4) line += "0123456789abcdef"[(hash >> shift) & 0xfU];
  return line + "\n";
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

Failure corrupt(const std::string& why) {
  return fail(ErrorCode::corrupt, "the memory of the cluster's members is damaged: " + why);
}

bool read_line(std::string_view line, MembershipMemory& memory) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  const std::string_view value = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  if (word == "epoch") {
    const auto epoch = number(value);
    memory.epoch = epoch.value_or(0);
    return epoch.has_value();
  }
  if (word == "seed") {
    memory.seeds.emplace_back(value);
    return is_seed(value) && memory.seeds.size() <= MembershipMemory::kSeedsMax;
  }
  if (word == "peer") {
    memory.peers.emplace_back(value);
    return is_numeric_endpoint(value) && memory.peers.size() <= MembershipMemory::kPeersMax;
  }
  return true;
}

}  // namespace

std::string format(const MembershipMemory& memory) {
  std::string text(kTitle);
  text += "epoch " + std::to_string(memory.epoch) + "\n";
  std::size_t seeds = 0;
  for (const std::string& seed : memory.seeds) {
    if (is_seed(seed) && ++seeds <= MembershipMemory::kSeedsMax) text += "seed " + seed + "\n";
  }
  std::size_t peers = 0;
  for (const std::string& peer : memory.peers) {
    if (is_numeric_endpoint(peer) && ++peers <= MembershipMemory::kPeersMax) text += "peer " + peer + "\n";
  }
  return text + check_line(text);
}

Result<MembershipMemory> parse_membership_memory(std::string_view text) {
  if (!text.starts_with(kTitle)) return corrupt("it does not begin with its title");
  const std::size_t check = text.rfind(std::string("\n") + std::string(kCheckWord));
  if (check == std::string_view::npos) return corrupt("its end is missing");
  const std::string_view lines = text.substr(0, check + 1);
  if (text.substr(check + 1) != check_line(lines)) return corrupt("its checksum does not hold");
  MembershipMemory memory;
  std::string_view rest = lines.substr(kTitle.size());
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!read_line(line, memory)) return corrupt("a line makes no sense: " + std::string(line.substr(0, 60)));
    rest.remove_prefix(end + 1);
  }
  return memory;
}

std::uint64_t next_epoch(std::uint64_t used, std::int64_t wall_ms) {
  return std::max<std::uint64_t>(used + 1, wall_ms > 0 ? static_cast<std::uint64_t>(wall_ms) : 0);
}

}  // namespace wattring::cluster
