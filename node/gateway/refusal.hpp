// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wattring::gateway {

/// Why a reading was not taken: the closed set of the API. The numbers go over the wire; never renumber.
enum class Reason : std::uint8_t {
  bad_frame = 1,
  bad_crc = 2,
  syntax = 3,
  unknown_register = 4,
  bad_unit = 5,
  not_a_number = 6,
  precision = 7,
  out_of_range = 8,
  bad_meter_id = 9,
  ts_missing = 10,
  ts_too_old = 11,
  ts_in_future = 12,
  too_large = 13,
  busy = 14,
  disk_reserve = 15,
  not_enough_copies = 16,
};
inline constexpr int kReasonCount = 16;
/// "TS_TOO_OLD"; as in the API.
[[nodiscard]] std::string_view to_string(Reason reason);

struct Refusal {
  std::uint32_t line = 0;  ///< 1-based line, array element or telegram in the request
  Reason reason = Reason::syntax;
  std::string got;    ///< the offending value, at most kGotBytesMax bytes, valid UTF-8
  std::string limit;  ///< what would have been accepted; may be empty
};

/// Collects refusals without growing with the damage: the first 100 in full, of the rest only the number.
class Refusals {
 public:
  static constexpr std::size_t kListedMax = 100;
  static constexpr std::size_t kGotBytesMax = 80;

  /// Cuts `got` to the limit and replaces bytes that are not printable UTF-8.
  void add(std::uint32_t line, Reason reason, std::string_view got, std::string_view limit = {});
  [[nodiscard]] const std::vector<Refusal>& listed() const { return listed_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t count(Reason reason) const { return counts_[static_cast<std::size_t>(reason)]; }

 private:
  std::vector<Refusal> listed_;
  std::uint64_t total_ = 0;
  std::uint64_t counts_[kReasonCount + 1] = {};
};

}  // namespace wattring::gateway
