// SPDX-License-Identifier: Apache-2.0
#include "node/backup/part_message.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace wattring::backup {
namespace {

constexpr std::size_t kMessageChecksumBytes = 8;

Failure malformed() {
  return fail(ErrorCode::corrupt, "the answer is no part of a shard, or it was changed on its way");
}

}  // namespace

std::string encode(const PartMessage& message) {
  std::string behind;
  ByteWriter out(behind);
  out.u8(message.last ? 1 : 0);
  out.u8(message.complete ? 1 : 0);
  out.zigzag(message.taken_ms);
  out.bytes(message.last ? meter::encode_transfer_claim(message.claim) : message.part);
  std::string bytes;
  ByteWriter(bytes).u64_be(hash64(behind));
  return bytes + behind;
}

Result<PartMessage> decode_part_message(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint64_t checksum = in.u64_be();
  if (!in.ok() || checksum != hash64(bytes.substr(kMessageChecksumBytes))) return malformed();
  PartMessage message;
  message.last = in.u8() == 1;
  message.complete = in.u8() == 1;
  message.taken_ms = in.zigzag();
  if (!in.ok()) return malformed();
  if (!message.last) {
    message.part = in.rest();
    return message;
  }
  auto claim = meter::decode_transfer_claim(in.rest());
  if (!claim) return Failure(claim.error());
  message.claim = std::move(*claim);
  return message;
}

}  // namespace wattring::backup
