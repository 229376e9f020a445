// SPDX-License-Identifier: Apache-2.0
#include "node/meter/decimal.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace wattring::meter {
namespace {

__extension__ typedef __int128 Int128;

constexpr int kDigitsMax = 18;
/// Past this, every value is zero or out of range whatever its unit; keeps the arithmetic on exponents small.
constexpr int kExponentMax = 10'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Failure bad(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid_argument, "\"" + std::string(text.substr(0, 40)) + "\" " + std::string(why),
              "write it like 1234.567");
}

/// The digits before and after the point. Zeros are held back until a digit after them shows that they count.
class Significand {
 public:
  /// False when there are more significant digits than fit.
  bool take(char c, bool after_point) {
    if (after_point) ++places_;
    if (c == '0') {
      if (digits_ != 0 || after_point) ++zeros_;
      if (!after_point) return flush_zeros();
      return true;
    }
    if (!flush_zeros()) return false;
    return push(c - '0');
  }
  [[nodiscard]] Decimal value() const { return {digits_, digits_ == 0 ? 0 : places_ - zeros_}; }

 private:
  bool push(int digit) {
    if (count_ == kDigitsMax) return false;
    digits_ = digits_ * 10 + digit;
    if (digits_ != 0) ++count_;
    return true;
  }
  bool flush_zeros() {
    if (digits_ == 0) zeros_ = 0;
    for (; zeros_ > 0; --zeros_)
      if (!push(0)) return false;
    return true;
  }
  std::int64_t digits_ = 0;
  int count_ = 0;
  int places_ = 0;
  int zeros_ = 0;
};

/// "[+-]digits" at `pos`, clamped; false when there is no digit or something follows.
bool parse_exponent(std::string_view text, std::size_t pos, int& exponent) {
  const bool negative = pos < text.size() && text[pos] == '-';
  if (pos < text.size() && (text[pos] == '-' || text[pos] == '+')) ++pos;
  if (pos == text.size()) return false;
  for (; pos < text.size(); ++pos) {
    if (!is_digit(text[pos])) return false;
    exponent = std::min(kExponentMax, exponent * 10 + (text[pos] - '0'));
  }
  if (negative) exponent = -exponent;
  return true;
}

Scaled in_range(Int128 value, Fit fit) {
  constexpr Int128 kMax = std::numeric_limits<std::int64_t>::max();
  if (value > kMax || value < -kMax) return {0, Fit::out_of_range};
  return {static_cast<std::int64_t>(value), fit};
}

/// Half-even division; the divisor is positive.
template <class Integer>
Scaled divide(Integer dividend, Integer divisor) {
  Integer quotient = dividend / divisor;
  const Integer remainder = dividend % divisor;
  if (remainder == 0) return in_range(quotient, Fit::exact);
  const Integer magnitude = remainder < 0 ? -remainder : remainder;
  const Integer to_next = divisor - magnitude;
  if (magnitude > to_next || (magnitude == to_next && quotient % 2 != 0)) quotient += dividend < 0 ? -1 : 1;
  return in_range(quotient, Fit::rounded);
}

}  // namespace

Result<Decimal> parse_decimal(std::string_view text) {
  std::size_t pos = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) pos = 1;
  Significand significand;
  bool any = false;
  bool after_point = false;
  for (; pos < text.size(); ++pos) {
    if (text[pos] == '.' && !after_point) {
      after_point = true;
    } else if (is_digit(text[pos])) {
      any = true;
      if (!significand.take(text[pos], after_point)) return bad(text, "has more than 18 significant digits");
    } else {
      break;
    }
  }
  if (!any) return bad(text, "is not a decimal number");
  Decimal value = significand.value();
  if (pos < text.size()) {
    int exponent = 0;
    if ((text[pos] != 'e' && text[pos] != 'E') || !parse_exponent(text, pos + 1, exponent))
      return bad(text, "is not a decimal number");
    if (value.digits != 0) value.scale -= exponent;
  }
  while (value.scale > 0 && value.digits % 10 == 0) {
    value.digits /= 10;
    --value.scale;
  }
  if (negative) value.digits = -value.digits;
  return value;
}

Scaled to_base_units(Decimal value, UnitScale scale) {
  static constexpr std::int64_t kPowers[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
  if (value.digits == 0) return {0, Fit::exact};
  std::int64_t small_product = 0;
  if (value.scale >= 0 && value.scale < 9 && scale.denominator < 1'000'000'000 &&
      !__builtin_mul_overflow(value.digits, scale.numerator, &small_product)) {
    return divide(small_product, kPowers[value.scale] * scale.denominator);
  }
  Int128 product = Int128{value.digits} * scale.numerator;
  Int128 divisor = scale.denominator;
  for (int i = value.scale; i < 0; ++i)
    if (__builtin_mul_overflow(product, Int128{10}, &product)) return {0, Fit::out_of_range};
  // A divisor that overflows is more than twice the largest product.
  for (int i = value.scale; i > 0; --i)
    if (__builtin_mul_overflow(divisor, Int128{10}, &divisor)) return {0, Fit::rounded};
  return divide(product, divisor);
}

}  // namespace wattring::meter
