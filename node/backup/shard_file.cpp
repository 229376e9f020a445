// SPDX-License-Identifier: Apache-2.0
#include "node/backup/shard_file.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace wattring::backup {
namespace {

constexpr std::string_view kMagic = "wattbkp1";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kHead = 1;
constexpr std::uint8_t kPart = 2;
constexpr std::uint8_t kEnd = 3;
constexpr std::size_t kStepBytes = 64U << 10U;
constexpr std::size_t kFrameHeadBytes = 5;
constexpr std::size_t kChecksumBytes = 8;

std::uint64_t seed_of(const std::optional<ShardHead>& head, std::uint64_t number) {
  if (!head) return 0;
  std::string place;
  ByteWriter out(place);
  for (const std::uint8_t byte : head->backup) out.u8(byte);
  out.u16_be(head->shard.value);
  out.u64_be(number);
  return hash64(place);
}

Failure damaged(std::uint64_t number, std::string_view what) {
  return fail(ErrorCode::corrupt, "frame " + std::to_string(number) + " " + std::string(what));
}

}  // namespace

std::string ShardFileWriter::frame(std::uint8_t kind, std::string_view payload) {
  std::string bytes;
  bytes.reserve(payload.size() + kFrameHeadBytes + kChecksumBytes);
  ByteWriter out(bytes);
  out.u8(kind);
  out.u32_be(static_cast<std::uint32_t>(payload.size()));
  out.bytes(payload);
  const std::uint64_t seed = kind == kHead ? 0 : seed_of(head_, number_);
  out.u64_be(hash64(bytes, seed));
  ++number_;
  return bytes;
}

std::string ShardFileWriter::begin() {
  std::string payload;
  ByteWriter out(payload);
  out.u8(kVersion);
  for (const std::uint8_t byte : head_.backup) out.u8(byte);
  out.u16_be(head_.shard.value);
  out.u16_be(head_.shards);
  return std::string(kMagic) + frame(kHead, payload);
}

std::string ShardFileWriter::part(std::string_view bytes) {
  return frame(kPart, bytes);
}

std::string ShardFileWriter::end(const ShardEnd& end) {
  std::string payload;
  ByteWriter out(payload);
  out.u8(end.complete ? 1 : 0);
  out.zigzag(end.taken_ms);
  encode(end.tally, payload);
  out.bytes(meter::encode_transfer_claim(end.claim));
  return frame(kEnd, payload);
}

bool ShardFileReader::read(std::string& into, std::size_t size) {
  into.clear();
  while (into.size() < size) {
    const std::size_t at = into.size();
    const std::size_t step = std::min(size - at, kStepBytes);
    into.resize(at + step);
    if (source_(into.data() + at, step) != step) return false;
  }
  return true;
}

Result<ShardFileReader::Frame> ShardFileReader::frame() {
  std::string front;
  if (!read(front, kFrameHeadBytes)) return damaged(number_, "is cut off");
  ByteReader in(front);
  Frame found;
  found.kind = in.u8();
  const std::uint32_t length = in.u32_be();
  if (length > kFrameBytesMax) return damaged(number_, "claims a length that no frame has");
  std::string sum;
  if (!read(found.payload, length) || !read(sum, kChecksumBytes)) return damaged(number_, "is cut off");
  const std::uint64_t seed = seed_of(head_, number_);
  if (ByteReader(sum).u64_be() != hash64(front + found.payload, seed)) return damaged(number_, "does not verify");
  ++number_;
  return found;
}

Result<ShardHead> ShardFileReader::head() {
  std::string magic;
  if (!read(magic, kMagic.size()) || magic != kMagic)
    return fail(ErrorCode::corrupt, "it does not begin as a file of a backup does");
  auto first = frame();
  if (!first) return Failure(first.error());
  ByteReader in(first->payload);
  const std::uint8_t version = in.u8();
  if (first->kind != kHead || !in.ok()) return damaged(0, "is no head");
  if (version != kVersion)
    return fail(ErrorCode::newer_format, "it has version " + std::to_string(version), "use a newer release");
  ShardHead head;
  for (std::uint8_t& byte : head.backup) byte = in.u8();
  head.shard = ShardId{in.u16_be()};
  head.shards = in.u16_be();
  if (!in.at_end() || head.shard.value >= head.shards) return damaged(0, "is no head");
  head_ = head;
  return head;
}

Result<std::optional<std::string>> ShardFileReader::part() {
  auto next = frame();
  if (!next) return Failure(next.error());
  if (next->kind == kPart) {
    ++parts_;
    digest_ = meter::transfer_digest(digest_, next->payload);
    return std::optional(std::move(next->payload));
  }
  if (next->kind != kEnd) return damaged(number_ - 1, "is of a kind that this release does not know");
  if (auto taken = take_end(next->payload); !taken) return Failure(taken.error());
  char more = 0;
  if (source_(&more, 1) != 0) return fail(ErrorCode::corrupt, "something stands after its end");
  return std::optional<std::string>();
}

Result<void> ShardFileReader::take_end(std::string_view payload) {
  ByteReader in(payload);
  end_.complete = in.u8() == 1;
  end_.taken_ms = in.zigzag();
  end_.tally = decode_tally(in);
  if (!in.ok()) return damaged(number_ - 1, "is a malformed end");
  auto claim = meter::decode_transfer_claim(in.rest());
  if (!claim) return Failure(claim.error());
  end_.claim = std::move(*claim);
  if (end_.claim.parts != parts_ || end_.claim.digest != digest_)
    return fail(ErrorCode::corrupt, "its parts are not those that its end speaks of");
  return {};
}

}  // namespace wattring::backup
