// SPDX-License-Identifier: Apache-2.0
#include "cluster/record.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace wattring::cluster {
namespace {

/// Everything that the order's first four terms do not hold.
std::uint64_t rest_hash(const Record& record) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u16_be(record.weight);
  out.u32_be(record.meta_version);
  out.u64_be(record.meta_hash);
  out.u8(record.protocol.min);
  out.u8(record.protocol.max);
  out.u8(record.protocol.current);
  out.u32_be(record.features);
  for (const std::string* text : {&record.name, &record.zone, &record.endpoints.membership, &record.endpoints.peers,
                                  &record.endpoints.ingest, &record.endpoints.http})
    out.sized_bytes(*text);
  // As a release hashes it that does not know this field.
  if (!record.endpoints.data.empty()) {
    out.varint(kDataEndpointTag);
    out.sized_bytes(record.endpoints.data);
  }
  for (const UnknownField& field : record.unknown) {
    out.varint(field.tag);
    out.sized_bytes(field.bytes);
  }
  return hash64(bytes);
}

}  // namespace

std::string_view to_string(MemberState state) {
  switch (state) {
    case MemberState::alive:
      return "alive";
    case MemberState::suspect:
      return "suspect";
    case MemberState::dead:
      return "dead";
    case MemberState::left:
      return "left";
  }
  return "?";
}

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::silent:
      return "silent";
    case Evidence::refused:
      return "refused";
    case Evidence::unheard:
      return "unheard";
  }
  return "?";
}

std::uint64_t fingerprint(const Record& record) {
  std::array<char, 37> bytes{};
  char* out = std::copy(record.id.bytes.begin(), record.id.bytes.end(), bytes.data());
  const auto big_endian = [&out](std::uint64_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) *out++ = static_cast<char>(value >> shift);
  };
  big_endian(record.life.epoch, 8);
  big_endian(record.life.nonce, 8);
  big_endian(record.incarnation, 4);
  big_endian(static_cast<std::uint64_t>(record.state), 1);
  return hash64({bytes.data(), bytes.size()});
}

bool supersedes(const Record& a, const Record& b) {
  if (a.life != b.life) return a.life > b.life;
  if (a.incarnation != b.incarnation) return a.incarnation > b.incarnation;
  if (a.state != b.state) return a.state > b.state;
  return rest_hash(a) > rest_hash(b);
}

RecordPtr with_state(const Record& record, MemberState state) {
  Record copy = record;
  copy.state = state;
  return std::make_shared<const Record>(std::move(copy));
}

}  // namespace wattring::cluster
