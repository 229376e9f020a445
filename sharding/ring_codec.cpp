// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/bytes.hpp"
#include "sharding/ring.hpp"

namespace wattring::sharding {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kIdBytes = sizeof(NodeId::bytes);

void put_id(ByteWriter& out, const NodeId& id) {
  out.bytes({reinterpret_cast<const char*>(id.bytes.data()), kIdBytes});
}

NodeId take_id(ByteReader& in) {
  NodeId id;
  const std::string_view bytes = in.bytes(kIdBytes);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(id.bytes.data()));
  return id;
}

/// Reads a number that does not fit as 0xffff… of its type: check_ring() refuses it.
template <class T>
T take_number(ByteReader& in) {
  return static_cast<T>(std::min<std::uint64_t>(in.varint(), static_cast<T>(~T{0})));
}

/// A count is believed only as far as the bytes that are left could hold so many.
std::size_t take_count(ByteReader& in, std::size_t least_bytes_each, bool& sound) {
  const std::uint64_t count = in.varint();
  sound = sound && count <= in.remaining() / least_bytes_each;
  return sound ? static_cast<std::size_t>(count) : 0;
}

}  // namespace

std::string encode(const Ring& ring) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kFormat);
  out.varint(ring.version);
  out.u64_be(ring.parent);
  out.varint(ring.copies);
  out.varint(ring.acks);
  out.varint(ring.members.size());
  for (const RingMember& member : ring.members) {
    put_id(out, member.id);
    out.varint(member.weight);
    out.sized_bytes(member.zone);
  }
  out.varint(ring.removed.size());
  for (const NodeId& id : ring.removed) put_id(out, id);
  out.varint(ring.pins.size());
  for (const Pin& pin : ring.pins) {
    out.varint(pin.shard.value);
    put_id(out, pin.home);
  }
  return bytes;
}

Result<Ring> decode_ring(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kFormat) return fail(ErrorCode::corrupt, "ring: unknown format");
  Ring ring;
  bool sound = true;
  ring.version = in.varint();
  ring.parent = in.u64_be();
  ring.copies = take_number<std::uint32_t>(in);
  ring.acks = take_number<std::uint32_t>(in);
  ring.members.resize(take_count(in, kIdBytes + 2, sound));
  for (RingMember& member : ring.members) {
    member.id = take_id(in);
    member.weight = take_number<std::uint16_t>(in);
    member.zone = in.sized_bytes();
  }
  ring.removed.resize(take_count(in, kIdBytes, sound));
  for (NodeId& id : ring.removed) id = take_id(in);
  ring.pins.resize(take_count(in, kIdBytes + 1, sound));
  for (Pin& pin : ring.pins) {
    pin.shard.value = take_number<std::uint16_t>(in);
    pin.home = take_id(in);
  }
  if (!sound || !in.at_end()) return fail(ErrorCode::corrupt, "ring: malformed bytes");
  if (const Result<void> checked = check_ring(ring); !checked)
    return fail(ErrorCode::corrupt, checked.error().message, checked.error().hint);
  return ring;
}

}  // namespace wattring::sharding
