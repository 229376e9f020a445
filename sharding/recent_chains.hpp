// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/ids.hpp"

namespace wattring::sharding {

/// Chains of the entries of one shard that came last. A name (writer, sequence) that comes again with another chain is
/// a fork: two processes write under one name, as after a machine was cloned while it ran. Forgets by overwriting, and
/// what it has forgotten agrees with everything.
class RecentChains {
 public:
  [[nodiscard]] bool agrees(const WriterId& writer, Sequence sequence, std::uint64_t chain) const {
    if (slots_.empty()) return true;
    const Name name = name_of(writer, sequence);
    const Slot& slot = slots_[name.at];
    return slot.key != name.key || slot.chain == chain;
  }
  void note(const WriterId& writer, Sequence sequence, std::uint64_t chain) {
    if (slots_.empty()) slots_.resize(kSlots);
    const Name name = name_of(writer, sequence);
    slots_[name.at] = {name.key, chain};
  }

 private:
  static constexpr std::size_t kSlots = 64;
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t chain = 0;
  };
  struct Name {
    std::uint64_t key;
    std::size_t at;
  };
  /// Writers are random; consecutive entries of one fill the slots one after the other.
  static Name name_of(const WriterId& writer, Sequence sequence) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::memcpy(&low, writer.bytes.data(), sizeof low);
    std::memcpy(&high, writer.bytes.data() + sizeof low, sizeof high);
    return {(low ^ (high * kOdd)) + sequence.value * kOdd, (high + sequence.value) % kSlots};
  }
  std::vector<Slot> slots_;  ///< none until something came
};

}  // namespace wattring::sharding
