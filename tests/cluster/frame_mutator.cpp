// SPDX-License-Identifier: Apache-2.0
#include "tests/cluster/frame_mutator.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/pack_reader.hpp"
#include "cluster/codec.hpp"

namespace wattring::cluster {
namespace {

std::size_t any_position(const std::string& frame, Prng& prng) {
  return static_cast<std::size_t>(prng.below(frame.size() + 1));
}

std::string any_insert(Prng& prng) {
  std::string bytes(1 + prng.below(8), '\0');
  for (char& c : bytes) c = static_cast<char>(prng.below(256));
  return bytes;
}

/// Where the items of the body begin; a frame that is broken already gives those before the break.
std::vector<std::size_t> items_of(std::string_view frame) {
  std::vector<std::size_t> items;
  PackReader reader(frame.substr(std::min(frame.size(), kHeaderBytes)));
  while (reader.remaining() > 0 && items.size() < 4096) {
    items.push_back(kHeaderBytes + reader.offset());
    std::size_t inside = 0;
    if (!reader.read_array(inside) && !reader.read_map(inside) && !reader.skip()) break;
  }
  return items;
}

/// A header that promises more than comes.
std::string lying_header(Prng& prng) {
  static constexpr std::array<std::uint8_t, 12> kTags{0xdc, 0xdd, 0xde, 0xdf, 0xc4, 0xc5,
                                                      0xc6, 0xd9, 0xda, 0xdb, 0xc8, 0xc9};
  std::string bytes(1, static_cast<char>(kTags[prng.below(kTags.size())]));
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(prng.chance(0.5) ? 0xff : prng.below(256)));
  return bytes;
}

void lie(std::string& frame, Prng& prng) {
  const std::vector<std::size_t> items = items_of(frame);
  if (items.empty()) return;
  const std::size_t at = items[prng.below(items.size())];
  if (prng.chance(0.5)) {
    frame.replace(at, 1, lying_header(prng));
  } else {
    frame[at] = static_cast<char>(static_cast<std::uint8_t>(frame[at]) + prng.below(5) - 2);
  }
}

/// An item is replaced by another one of the same frame, or stands twice.
void move_item(std::string& frame, Prng& prng) {
  const std::vector<std::size_t> items = items_of(frame);
  if (items.size() < 2) return;
  const std::size_t from = prng.below(items.size() - 1);
  const std::string item = frame.substr(items[from], items[from + 1] - items[from]);
  const std::size_t to = items[prng.below(items.size())];
  if (prng.chance(0.5)) {
    frame.insert(to, item);
  } else {
    frame.replace(to, item.size(), item);
  }
}

void nest(std::string& frame, Prng& prng) {
  const char bracket = prng.chance(0.5) ? '\x91' : '\x81';
  frame.insert(any_position(frame, prng), std::string(1 + prng.below(2000), bracket));
}

void change_header(std::string& frame, Prng& prng) {
  const std::size_t at = prng.below(6);
  if (at < frame.size()) frame[at] = static_cast<char>(prng.chance(0.7) ? prng.below(24) : prng.below(256));
}

}  // namespace

void mutate(std::string& frame, Prng& prng) {
  if (prng.chance(0.001)) return frame.resize(frame.size() + kSyncPageBytesMax, '\xc0');
  const std::size_t at = any_position(frame, prng);
  switch (prng.below(9)) {
    case 0:
      if (at < frame.size()) frame[at] = static_cast<char>(static_cast<unsigned>(frame[at]) ^ (1U << prng.below(8)));
      return;
    case 1:
      frame.resize(at);
      return;
    case 2:
      frame.insert(at, any_insert(prng));
      return;
    case 3:
      frame.erase(at, 1 + prng.below(16));
      return;
    case 4:
      frame.insert(at, frame.substr(any_position(frame, prng), prng.below(200)));
      return;
    case 5:
      return lie(frame, prng);
    case 6:
      return move_item(frame, prng);
    case 7:
      return nest(frame, prng);
    default:
      return change_header(frame, prng);
  }
}

}  // namespace wattring::cluster
