// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/peers/batch_text.hpp"

#include "base/hash.hpp"

namespace wattring::bench {
namespace {

constexpr std::size_t kMeterDigits = 7;
constexpr std::size_t kValueDigits = 9;
constexpr std::size_t kTimeDigits = 13;

void put_digits(char* at, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
}

}  // namespace

LineShape influx_line() {
  return {"readings,meter=M-", " import_wh=", "i ", "\n", true};
}

LineShape redis_xadd() {
  return {"*5\r\n$4\r\nXADD\r\n$9\r\nM-", "\r\n$15\r\n", "-0\r\n$9\r\nimport_wh\r\n$9\r\n", "\r\n", false};
}

LineShape copy_row() {
  return {"M-", "\t", "\t", "\n", false};
}

BatchText::BatchText(const LineShape& shape, std::size_t first_meter, std::size_t count) : noise_(first_meter + 1) {
  const std::size_t first_at = shape.before_meter.size() + kMeterDigits + shape.after_meter.size();
  const std::size_t first_digits = shape.value_first ? kValueDigits : kTimeDigits;
  const std::size_t second_at = first_at + first_digits + shape.between.size();
  value_at_ = shape.value_first ? first_at : second_at;
  time_at_ = shape.value_first ? second_at : first_at;
  for (std::size_t i = 0; i < count; ++i) {
    std::string meter(kMeterDigits, '0');
    put_digits(meter.data(), first_meter + i, kMeterDigits);
    text_ += shape.before_meter + meter + shape.after_meter + std::string(first_digits, '0') + shape.between +
             std::string(kValueDigits + kTimeDigits - first_digits, '0') + shape.after;
    values_.push_back(static_cast<std::uint32_t>(100'000'000 + hash64(meter) % 300'000'000));
  }
  line_bytes_ = text_.size() / count;
}

std::string_view BatchText::next(std::int64_t time_ms) {
  std::string time(kTimeDigits, '0');
  put_digits(time.data(), static_cast<std::uint64_t>(time_ms), kTimeDigits);
  char* line = text_.data();
  for (std::uint32_t& value : values_) {
    noise_ = noise_ * 6364136223846793005U + 1442695040888963407U;
    value += 5 + static_cast<std::uint32_t>(noise_ >> 58U);
    put_digits(line + value_at_, value, kValueDigits);
    time.copy(line + time_at_, kTimeDigits);
    line += line_bytes_;
  }
  return text_;
}

}  // namespace wattring::bench
