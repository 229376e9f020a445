// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/import_split.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wattring::ctl {
namespace {

constexpr std::size_t kFillBytes = 256U << 10U;

bool is_space(int c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// A data line of a telegram: an OBIS code and a bracket, "1-0:1.8.1(".
bool is_telegram_line(std::string_view line) {
  const std::size_t bracket = line.find('(');
  if (bracket == std::string_view::npos || bracket < 5 || bracket > 24) return false;
  const std::string_view code = line.substr(0, bracket);
  return code.find(':') != std::string_view::npos && code.find_first_not_of("0123456789-:.*") == std::string_view::npos;
}

}  // namespace

std::string_view to_string(ImportFormat format) {
  switch (format) {
    case ImportFormat::line:
      return "line";
    case ImportFormat::ndjson:
      return "ndjson";
    case ImportFormat::json_array:
      return "json";
    case ImportFormat::p1:
      return "p1";
  }
  return "";
}

std::string_view item_name(ImportFormat format) {
  switch (format) {
    case ImportFormat::json_array:
      return "element";
    case ImportFormat::p1:
      return "telegram";
    default:
      return "line";
  }
}

Result<ImportFormat> detect_import_format(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return fail(ErrorCode::invalid_argument, "the file is empty");
  }
  if (head[first] == '[') return ImportFormat::json_array;
  if (head[first] == '{') return ImportFormat::ndjson;
  if (head.substr(first).starts_with("100,NEM12") || head.substr(first).starts_with("100,NEM13")) {
    return fail(ErrorCode::invalid_argument, "this looks like NEM12",
                "this verb takes line protocol, JSON and P1 telegrams");
  }
  bool has_point = false;
  std::string_view rest = head.substr(first);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    if (is_telegram_line(line)) return ImportFormat::p1;
    // "measurement,tag=v field=1": an equals sign after a space.
    const std::size_t space = line.find(' ');
    has_point = has_point || (space != std::string_view::npos && line.find('=', space) != std::string_view::npos);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (has_point) return ImportFormat::line;
  return fail(ErrorCode::invalid_argument, "the content is neither line protocol nor JSON nor P1 telegrams",
              "say what it is with --format line, json or p1");
}

ChunkReader::ChunkReader(ImportFormat format, std::size_t chunk_bytes, Source source)
    : format_(format), chunk_bytes_(chunk_bytes), source_(std::move(source)) {}

Failure ChunkReader::broken(std::string_view what) const {
  return fail(ErrorCode::invalid_argument,
              fmt::format("byte {} of the file, {} {}: {}", offset_ + at_ + 1, item_name(format_), next_item_, what));
}

bool ChunkReader::fill() {
  if (ended_) return false;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    offset_ += at_;
    at_ = 0;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kFillBytes);
  const std::size_t got = source_(buffer_.data() + before, kFillBytes);
  buffer_.resize(before + got);
  ended_ = got == 0;
  return !ended_;
}

int ChunkReader::peek(std::size_t distance) {
  while (at_ + distance >= buffer_.size()) {
    if (!fill()) return -1;
  }
  return static_cast<unsigned char>(buffer_[at_ + distance]);
}

Result<std::size_t> ChunkReader::line_length() {
  std::size_t from = 0;
  while (true) {
    const std::size_t end = buffer_.find('\n', at_ + from);
    if (end != std::string::npos) return end + 1 - at_;
    from = buffer_.size() - at_;
    if (from > kItemBytesMax) return broken("is longer than 8 MiB");
    if (!fill()) return buffer_.size() - at_;
  }
}

void ChunkReader::skip_to_telegram() {
  while (peek(0) != -1 && peek(0) != '/') {
    const std::size_t end = buffer_.find('\n', at_);
    const std::size_t length = (end == std::string::npos ? buffer_.size() : end + 1) - at_;
    at_ += length;
    skipped_ += length;
  }
}

Result<std::size_t> ChunkReader::telegram_length() {
  if (!started_) skip_to_telegram();
  started_ = true;
  std::size_t from = 0;
  while (true) {
    const std::size_t next = buffer_.find("\n/", at_ + from);
    if (next != std::string::npos) return next + 1 - at_;
    // The line end may be the last byte that is there.
    from = buffer_.size() - at_ - (buffer_.size() > at_ ? 1 : 0);
    if (from > kItemBytesMax) return broken("is longer than 8 MiB");
    if (!fill()) return buffer_.size() - at_;
  }
}

Result<std::size_t> ChunkReader::element_length() {
  while (is_space(peek(0)) || (started_ && peek(0) == ',')) ++at_;
  if (!started_) {
    if (peek(0) != '[') return broken("a JSON array begins with [");
    started_ = true;
    ++at_;
    return element_length();
  }
  if (closed_ || peek(0) == ']') {
    if (!closed_) ++at_;
    closed_ = true;
    while (is_space(peek(0))) ++at_;
    if (peek(0) != -1) return broken("there is something after the array's end");
    return std::size_t{0};
  }
  int depth = 0;
  bool in_string = false;
  for (std::size_t n = 0; n <= kItemBytesMax; ++n) {
    const int c = peek(n);
    if (c == -1) return broken("the array is not closed");
    if (in_string) {
      if (c == '\\') ++n;
      in_string = c != '"';
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) return n;
    in_string = c == '"';
    depth += (c == '{' || c == '[') ? 1 : (c == '}' || c == ']') ? -1 : 0;
  }
  return broken("is longer than 8 MiB");
}

Result<std::size_t> ChunkReader::item_length() {
  switch (format_) {
    case ImportFormat::p1:
      return telegram_length();
    case ImportFormat::json_array:
      return element_length();
    default:
      return line_length();
  }
}

Result<std::optional<Chunk>> ChunkReader::next() {
  const bool array = format_ == ImportFormat::json_array;
  Chunk chunk;
  chunk.first_item = next_item_;
  if (array) chunk.body = "[";
  while (true) {
    const auto length = item_length();
    // What stands before a broken item is whole; the error comes with the next call.
    if (!length && chunk.items() > 0) break;
    if (!length) return Failure(length.error());
    if (*length == 0) break;
    const std::size_t brackets = array ? 2 : 0;
    if (chunk.items() > 0 && chunk.body.size() + *length + brackets > chunk_bytes_) break;
    if (array && chunk.items() > 0) chunk.body += ",";
    chunk.starts.push_back(chunk.body.size());
    chunk.body.append(buffer_, at_, *length);
    chunk.ends.push_back(chunk.body.size());
    at_ += *length;
    ++next_item_;
  }
  if (chunk.items() == 0) return std::optional<Chunk>{};
  if (array) chunk.body += "]";
  return std::optional<Chunk>{std::move(chunk)};
}

}  // namespace wattring::ctl
