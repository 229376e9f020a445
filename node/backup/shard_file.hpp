// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/backup/tally.hpp"
#include "node/meter/transfer_format.hpp"

/// One shard of a backup, in a file of its own:
///
///   file     := "wattbkp1" | head frame | part frame* | end frame          and nothing after it
///   frame    := kind u8 | length u32 | payload | checksum u64
///   checksum := XXH3-64 of (kind, length, payload), seeded with the frame's place: backup, shard, number from 0
///   head (1) := version u8 (1) | backup 16 bytes | shard u16 | shards u16; its seed is 0
///   part (2) := a part of a transfer (node/meter/transfer_format.hpp), as its node gave it
///   end  (3) := complete u8 | taken at zigzag(ms) | tally (tally.hpp) | claim of the transfer
///
/// A file that was cut off has no end; a frame of another place or another backup does not verify.

namespace wattring::backup {

inline constexpr std::size_t kFrameBytesMax = meter::kTransferPartBytesMax;
using BackupId = std::array<std::uint8_t, 16>;

struct ShardHead {
  BackupId backup{};
  ShardId shard;
  std::uint16_t shards = 0;  ///< of the cluster it was taken from
  friend bool operator==(const ShardHead&, const ShardHead&) = default;
};
struct ShardEnd {
  bool complete = false;      ///< everything acknowledged as DURABLE before taken_ms is in it
  std::int64_t taken_ms = 0;  ///< wall clock of the node
  Tally tally;
  meter::TransferClaim claim;
  friend bool operator==(const ShardEnd&, const ShardEnd&) = default;
};

/// Makes the bytes of one file, in order. One owner.
class ShardFileWriter {
 public:
  explicit ShardFileWriter(const ShardHead& head) : head_(head) {}

  /// Magic and head; first.
  [[nodiscard]] std::string begin();
  [[nodiscard]] std::string part(std::string_view bytes);
  [[nodiscard]] std::string end(const ShardEnd& end);

 private:
  [[nodiscard]] std::string frame(std::uint8_t kind, std::string_view payload);
  const ShardHead head_;
  std::uint64_t number_ = 0;
};

/// Reads one file that may be anything. Memory grows with the bytes that are really there.
class ShardFileReader {
 public:
  /// Fills the buffer as far as it can; less than it holds: the end of the file.
  using Source = std::function<std::size_t(char* into, std::size_t size)>;
  explicit ShardFileReader(Source source) : source_(std::move(source)) {}

  /// First. corrupt, or newer_format.
  [[nodiscard]] Result<ShardHead> head();
  /// The next part, its frame verified; nothing: the end has come, and nothing stands after it. corrupt names the
  /// frame; what came before it is sound.
  [[nodiscard]] Result<std::optional<std::string>> part();
  /// After the last part: the digest and number of the parts are those of the claim.
  [[nodiscard]] const ShardEnd& end() const { return end_; }

 private:
  struct Frame {
    std::uint8_t kind = 0;
    std::string payload;
  };
  [[nodiscard]] Result<Frame> frame();
  [[nodiscard]] Result<void> take_end(std::string_view payload);
  [[nodiscard]] bool read(std::string& into, std::size_t size);

  const Source source_;
  std::optional<ShardHead> head_;
  std::uint64_t number_ = 0;
  std::uint64_t parts_ = 0;
  std::uint64_t digest_ = 0;
  ShardEnd end_;
};

}  // namespace wattring::backup
