// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/write_token.hpp"

#include <algorithm>
#include <iterator>

#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace wattring::gateway {
namespace {

constexpr std::size_t kTextBytesMost = 256;
constexpr std::size_t kBytesMost = kTextBytesMost / 4 * 3;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kDurable = 1;
constexpr std::uint8_t kAll = 2;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text.push_back(kDigits[(held >> static_cast<unsigned>(bits - 6)) & 63U]);
  }
  if (bits > 0) text.push_back(kDigits[(held << static_cast<unsigned>(6 - bits)) & 63U]);
  return text;
}

/// Empty when it is not base64url.
std::string from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    held = (held << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>((held >> static_cast<unsigned>(bits)) & 0xffU));
  }
  return bytes;
}

std::string head_of(const WriteToken& token, bool all) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>((token.durable ? kDurable : 0U) | (all ? kAll : 0U)));
  out.bytes({reinterpret_cast<const char*>(token.writer.bytes.data()), token.writer.bytes.size()});
  return bytes;
}

Failure not_a_token() {
  return fail(ErrorCode::invalid_argument, "this is no token of an acknowledgement",
              "give the one that came with \"token\" in an answer to a write, whole");
}

}  // namespace

std::string encode(const WriteToken& token) {
  std::string bytes = head_of(token, token.all);
  ByteWriter out(bytes);
  std::uint16_t before = 0;
  for (const WriteToken::Entry& entry : token.entries) {
    out.varint(static_cast<std::uint64_t>(entry.shard.value - before));
    out.varint(entry.sequence.value);
    before = entry.shard.value;
    if (bytes.size() > kBytesMost) return base64url(head_of(token, true));
  }
  return base64url(bytes);
}

Result<WriteToken> parse_write_token(std::string_view text) {
  if (text.size() > kTextBytesMost) return not_a_token();
  const std::string bytes = from_base64url(text);
  ByteReader in(bytes);
  WriteToken token;
  if (in.u8() != kVersion) return not_a_token();
  const std::uint8_t flags = in.u8();
  token.durable = (flags & kDurable) != 0;
  token.all = (flags & kAll) != 0;
  const std::string_view writer = in.bytes(token.writer.bytes.size());
  std::ranges::transform(writer, token.writer.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  std::uint64_t shard = 0;
  while (in.ok() && in.remaining() != 0) {
    const std::uint64_t step = in.varint();
    const std::uint64_t sequence = in.varint();
    shard += step;
    if (step >= kShardsMax || shard >= kShardsMax || sequence == 0 ||
        (!token.entries.empty() && step == 0 && sequence <= token.entries.back().sequence.value))
      return not_a_token();
    token.entries.push_back({ShardId{static_cast<std::uint16_t>(shard)}, Sequence{sequence}});
  }
  if (!in.ok() || (token.all && !token.entries.empty())) return not_a_token();
  return token;
}

std::string merge_write_tokens(std::string_view one, std::string_view other) {
  const auto first = parse_write_token(one);
  const auto second = parse_write_token(other);
  if (!first || !second) return std::string(first || other.empty() ? one : other);
  WriteToken merged{first->writer, first->durable && second->durable, true, {}};
  if (first->all || second->all || first->writer != second->writer) return encode(merged);
  merged.all = false;
  std::ranges::set_union(first->entries, second->entries, std::back_inserter(merged.entries));
  return encode(merged);
}

}  // namespace wattring::gateway
