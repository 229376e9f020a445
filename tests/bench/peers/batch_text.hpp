// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wattring::bench {

/// How a reading is written for one kind of store: fixed text around three numbers of fixed width.
struct LineShape {
  std::string before_meter;
  std::string after_meter;
  std::string between;  ///< between the first and the second of value and time
  std::string after;
  bool value_first = true;  ///< value then time, or time then value
};
[[nodiscard]] LineShape influx_line();
[[nodiscard]] LineShape redis_xadd();
[[nodiscard]] LineShape copy_row();

/// One reading each of a run of meters. Only the digits of time and value change from one round to the next, so that
/// making the next body costs far less than any server needs to take it.
class BatchText {
 public:
  BatchText(const LineShape& shape, std::size_t first_meter, std::size_t count);

  /// The body of the next round; valid until the next call. Each register grows by 5 to 68 Wh a round.
  [[nodiscard]] std::string_view next(std::int64_t time_ms);
  [[nodiscard]] std::size_t lines() const { return values_.size(); }

 private:
  std::string text_;
  std::size_t line_bytes_ = 0;
  std::size_t value_at_ = 0;
  std::size_t time_at_ = 0;
  std::vector<std::uint32_t> values_;  ///< 9 digits
  std::uint64_t noise_;
};

}  // namespace wattring::bench
