// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Cuts a file of readings into requests of bounded size, at the borders of what a node numbers in its replies. Pure:
/// the bytes come in through a function.

namespace wattring::ctl {

enum class ImportFormat { line, ndjson, json_array, p1 };
/// "line", "ndjson", "json", "p1".
[[nodiscard]] std::string_view to_string(ImportFormat format);
/// What one item is called: "line", "element", "telegram".
[[nodiscard]] std::string_view item_name(ImportFormat format);

/// From the first 64 KiB of a file. invalid_argument when it is none of them; the hint says what it looks like.
[[nodiscard]] Result<ImportFormat> detect_import_format(std::string_view head);

/// A request's body that knows which items of the file it holds.
struct Chunk {
  std::string body;
  std::uint64_t first_item = 1;     ///< number in the file of the first item, from 1
  std::vector<std::size_t> starts;  ///< of each item in the body
  std::vector<std::size_t> ends;
  [[nodiscard]] std::size_t items() const { return starts.size(); }
  [[nodiscard]] std::string_view item(std::size_t index) const {
    return std::string_view(body).substr(starts[index], ends[index] - starts[index]);
  }
};

class ChunkReader {
 public:
  /// An item above this is refused: no node takes it.
  static constexpr std::size_t kItemBytesMax = 8U << 20U;
  /// Fills the buffer; how many bytes it put there, 0 at the end.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;

  ChunkReader(ImportFormat format, std::size_t chunk_bytes, Source source);

  /// The next chunk, at least one item and at most chunk_bytes unless a single item is larger; nothing at the end.
  /// invalid_argument: an item is too large, or a JSON array is broken; where is in the message.
  [[nodiscard]] Result<std::optional<Chunk>> next();
  /// Bytes taken from the source and put into chunks or passed over.
  [[nodiscard]] std::uint64_t bytes_done() const { return offset_ + at_; }
  /// Bytes before the first telegram that were passed over.
  [[nodiscard]] std::uint64_t skipped_bytes() const { return skipped_; }

 private:
  /// Length of the item at at_ in the buffer, 0 when there is none left.
  [[nodiscard]] Result<std::size_t> item_length();
  [[nodiscard]] Result<std::size_t> line_length();
  [[nodiscard]] Result<std::size_t> telegram_length();
  [[nodiscard]] Result<std::size_t> element_length();
  void skip_to_telegram();
  /// Reads more bytes; false at the end.
  bool fill();
  /// The byte at this distance from at_; -1 at the end.
  int peek(std::size_t distance);
  [[nodiscard]] Failure broken(std::string_view what) const;

  ImportFormat format_;
  std::size_t chunk_bytes_;
  Source source_;
  std::string buffer_;
  std::size_t at_ = 0;        ///< in the buffer: what is not yet in a chunk
  std::uint64_t offset_ = 0;  ///< of the buffer in the file
  std::uint64_t next_item_ = 1;
  std::uint64_t skipped_ = 0;
  bool ended_ = false;    ///< the source has no more
  bool started_ = false;  ///< past the opening bracket, or at the first telegram
  bool closed_ = false;   ///< past the closing bracket
};

}  // namespace wattring::ctl
