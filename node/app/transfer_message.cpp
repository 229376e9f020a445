// SPDX-License-Identifier: Apache-2.0
#include "node/app/transfer_message.hpp"

#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace wattring::app {
namespace {

constexpr std::size_t kTransferHeaderBytes = 19;

}  // namespace

std::string encode(const TransferMessage& message) {
  std::string bytes;
  bytes.reserve(kTransferHeaderBytes + message.bytes.size());
  ByteWriter out(bytes);
  out.u8(static_cast<std::uint8_t>(message.kind));
  out.u64_be(message.number);
  out.u16_be(message.shard.value);
  out.u64_be(message.part);
  out.bytes(message.bytes);
  return bytes;
}

std::optional<TransferMessage> parse_transfer_message(std::string_view bytes) {
  ByteReader in(bytes);
  TransferMessage message;
  message.kind = static_cast<TransferMessage::Kind>(in.u8());
  message.number = in.u64_be();
  message.shard.value = in.u16_be();
  message.part = in.u64_be();
  message.bytes = in.rest();
  const bool known = message.kind >= TransferMessage::Kind::want && message.kind <= TransferMessage::Kind::wait;
  if (!in.ok() || !known || message.shard.value >= kShardsMax) return std::nullopt;
  return message;
}

}  // namespace wattring::app
