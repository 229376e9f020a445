// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/gateway/refusal.hpp"

/// Cuts a P1 byte stream (DSMR, eMUCS-P1; IEC 62056-21 mode D) into telegrams, wherever the stream starts.

namespace wattring::gateway {

/// Why bytes that began like a telegram are none.
enum class P1FrameFault : std::uint8_t {
  interrupted,        ///< another '/' before the end
  end_in_line,        ///< '!' that does not begin a line
  line_too_long,      ///< over P1Framer::kLineBytesMax
  telegram_too_long,  ///< over P1Framer::kTelegramBytesMax
  cut_off,            ///< the input ended inside it
};
inline constexpr std::size_t kP1FrameFaultCount = 5;
/// "interrupted", "end_in_line"...: for metrics and refusals.
[[nodiscard]] std::string_view to_string(P1FrameFault fault);
/// TOO_LARGE or BAD_FRAME.
[[nodiscard]] Reason reason_of(P1FrameFault fault);

struct P1Piece {
  std::uint32_t number = 0;           ///< 1-based, of the telegrams that began in this stream
  std::optional<P1FrameFault> fault;  ///< set: not a telegram
  std::string bytes;                  ///< from '/' to the last digit of the checksum; of a faulty one what there is
};

/// Sans-IO; the pieces do not depend on how the stream is cut into feeds. Holds at most one telegram. One thread.
class P1Framer {
 public:
  /// Texts of 2048 hex characters stand on one line.
  static constexpr std::size_t kLineBytesMax = 4096;
  static constexpr std::size_t kTelegramBytesMax = 16384;

  /// Appends what became whole.
  void feed(std::string_view bytes, std::vector<P1Piece>& out);
  /// The input is over: what is open is whole (a checksum at the very end) or cut off. Ready for a new stream.
  void finish(std::vector<P1Piece>& out);

  struct Counters {
    std::uint64_t telegrams = 0;
    /// In no whole telegram; line ends between telegrams do not count.
    std::uint64_t dropped_bytes = 0;
    std::array<std::uint64_t, kP1FrameFaultCount> faults{};
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  enum class State : std::uint8_t { outside, inside, checksum };
  void begin();
  void inside(char c, std::vector<P1Piece>& out);
  /// False when the character belongs to what follows the telegram.
  bool checksum(char c, std::vector<P1Piece>& out);
  void complete(std::vector<P1Piece>& out);
  void give_up(P1FrameFault fault, std::vector<P1Piece>& out);

  State state_ = State::outside;
  std::string telegram_;
  std::size_t line_begin_ = 0;
  std::size_t checksum_begin_ = 0;
  std::uint32_t number_ = 0;
  Counters counters_;
};

}  // namespace wattring::gateway
