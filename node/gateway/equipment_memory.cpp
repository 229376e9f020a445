// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/equipment_memory.hpp"

#include "base/hash.hpp"

namespace wattring::gateway {

bool EquipmentMemory::is_news(std::string_view meter, Register reg, std::string_view text, std::int64_t time_ms) {
  const std::lock_guard lock(mutex_);
  const std::int64_t value = text_value(text);
  const std::uint64_t key = hash64(meter);
  if (const auto found = meters_.find(key); found != meters_.end()) {
    if (const auto entry = found->second.find(reg.packed); entry != found->second.end()) {
      if (entry->second.text == value && time_ms >= entry->second.earliest_ms) return false;
      entry->second = {value, time_ms};
      return true;
    }
  }
  if (entries_ >= entries_max_) {
    meters_.clear();
    entries_ = 0;
  }
  meters_[key][reg.packed] = {value, time_ms};
  ++entries_;
  return true;
}

void EquipmentMemory::forget(std::string_view meter) {
  const std::lock_guard lock(mutex_);
  const auto found = meters_.find(hash64(meter));
  if (found == meters_.end()) return;
  entries_ -= found->second.size();
  meters_.erase(found);
}

std::size_t EquipmentMemory::size() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

}  // namespace wattring::gateway
