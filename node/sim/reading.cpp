// SPDX-License-Identifier: Apache-2.0
#include "node/sim/reading.hpp"

#include <algorithm>

namespace wattring::sim {

MeterNames::MeterNames(std::string_view prefix, std::uint32_t meters)
    : prefix_size_(std::min(prefix.size(), kPrefixBytesMax)), width_(6) {
  std::copy_n(prefix.begin(), prefix_size_, text_.begin());
  for (std::uint64_t limit = 1'000'000; limit < meters; limit *= 10) ++width_;
}

std::string_view MeterNames::operator()(std::uint32_t meter) {
  for (std::size_t i = prefix_size_ + width_; i-- > prefix_size_; meter /= 10) {
    text_[i] = static_cast<char>('0' + meter % 10);
  }
  return {text_.data(), prefix_size_ + width_};
}

}  // namespace wattring::sim
