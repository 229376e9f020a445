// SPDX-License-Identifier: Apache-2.0
#include "sharding/peer_codec.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "sharding/peer_bodies.hpp"

namespace wattring::sharding {
namespace {

constexpr std::uint16_t kMagic = 0x5744;  // "WD"
constexpr std::size_t kKindAt = 4;
/// Bodies are numbered from 1 in the order of message::Body, cargo from here in the order of Cargo.
constexpr std::uint8_t kFirstCargo = 65;
constexpr std::size_t kCargoes = 4;

std::uint8_t number_of(const PeerPayload& payload) {
  if (const auto* cargo = std::get_if<PeerCargo>(&payload))
    return static_cast<std::uint8_t>(kFirstCargo + static_cast<std::uint8_t>(cargo->kind));
  return static_cast<std::uint8_t>(std::get<PeerMessage>(payload).body.index() + 1);
}

/// What a frame says it holds.
struct Kind {
  std::optional<std::size_t> body;  ///< index into message::Body
  Cargo cargo = Cargo::hello;       ///< without a body
  std::size_t bytes_max = kPeerTalkBytesMax;
};

std::optional<Kind> kind_of(std::uint8_t number) {
  constexpr std::size_t kEntries = 6;
  static_assert(std::is_same_v<std::variant_alternative_t<kEntries, message::Body>, message::Entries>);
  if (number >= 1 && number <= kPeerBodies) {
    const std::size_t body = number - 1U;
    return Kind{body, {}, body == 0 || body == kEntries ? kPeerFrameBytesMax : kPeerTalkBytesMax};
  }
  if (number < kFirstCargo || number >= kFirstCargo + kCargoes) return std::nullopt;
  const auto cargo = static_cast<Cargo>(number - kFirstCargo);
  return Kind{std::nullopt, cargo, cargo >= Cargo::transfer ? kPeerFrameBytesMax : kPeerTalkBytesMax};
}

std::size_t bytes_estimate(const PeerPayload& payload) {
  const auto size = [](const PackPtr& pack) { return pack == nullptr ? 0 : pack->size(); };
  std::size_t bytes = kPeerHeaderBytes + 64;
  if (const auto* cargo = std::get_if<PeerCargo>(&payload)) return bytes + cargo->bytes.size();
  const message::Body& body = std::get<PeerMessage>(payload).body;
  if (const auto* append = std::get_if<message::Append>(&body)) bytes += size(append->pack);
  if (const auto* entries = std::get_if<message::Entries>(&body))
    bytes += size(entries->pack) + 2 * entries->gone.size();
  return bytes;
}

void write_header(std::string& frame, const PeerHeader& header, const PeerPayload& payload) {
  const auto* message = std::get_if<PeerMessage>(&payload);
  ByteWriter out(frame);
  out.u16_be(kMagic);
  out.u8(kPeerMajor);
  out.u8(header.minor);
  out.u8(number_of(payload));
  out.u8(0);  // flags: none yet
  out.u64_be(header.cluster);
  out.bytes({reinterpret_cast<const char*>(header.source.bytes.data()), header.source.bytes.size()});
  out.u64_be(header.source_nonce);
  out.u64_be(header.destination_nonce);
  out.u64_be(message == nullptr ? 0 : message->ring.version);
  out.u64_be(message == nullptr ? 0 : message->ring.id);
  out.u64_be(message == nullptr ? 0 : message->generation);
}

/// All of the string but this part of it goes.
std::string only(std::string&& frame, BytesPlace place) {
  frame.resize(place.at + place.size);
  frame.erase(0, place.at);
  return std::move(frame);
}

void give_pack(message::Body& body, std::string&& frame, BytesPlace place) {
  if (place.size == 0) return;
  auto pack = std::make_shared<const std::string>(only(std::move(frame), place));
  if (auto* const append = std::get_if<message::Append>(&body)) append->pack = std::move(pack);
  if (auto* const entries = std::get_if<message::Entries>(&body)) entries->pack = std::move(pack);
}

std::optional<PeerMessage> message_in(std::string&& frame, std::size_t kind) {
  ByteReader tail(std::string_view(frame).substr(kPeerHeaderBytes - 3 * sizeof(std::uint64_t)));
  PeerMessage message;
  message.ring.version = tail.u64_be();
  message.ring.id = tail.u64_be();
  message.generation = tail.u64_be();
  BytesPlace pack;
  if (!read_body(frame, kPeerHeaderBytes, kind, message.body, pack)) return std::nullopt;
  give_pack(message.body, std::move(frame), pack);
  return message;
}

std::optional<PeerCargo> cargo_in(std::string&& frame, Cargo kind) {
  BytesPlace bytes;
  if (!read_cargo(frame, kPeerHeaderBytes, bytes)) return std::nullopt;
  return PeerCargo{kind, only(std::move(frame), bytes)};
}

}  // namespace

std::string_view to_string(PeerFrameError error) {
  static constexpr std::array<std::string_view, kPeerFrameErrors> kNames{"truncated",    "not_ours",  "version",
                                                                         "unknown_kind", "too_large", "malformed"};
  return kNames[static_cast<std::size_t>(error)];
}

std::string encode_frame(const PeerHeader& header, const PeerPayload& payload) {
  std::string frame;
  frame.reserve(bytes_estimate(payload));
  write_header(frame, header, payload);
  if (const auto* cargo = std::get_if<PeerCargo>(&payload)) {
    write_cargo(frame, cargo->bytes);
  } else {
    write_body(frame, std::get<PeerMessage>(payload).body);
  }
  return frame;
}

tl::expected<PeerHeader, PeerFrameError> read_peer_header(std::string_view frame) {
  ByteReader in(frame);
  const std::uint16_t magic = in.u16_be();
  if (frame.size() >= sizeof magic && magic != kMagic) return tl::unexpected(PeerFrameError::not_ours);
  if (frame.size() < kPeerHeaderBytes) return tl::unexpected(PeerFrameError::truncated);
  if (in.u8() != kPeerMajor) return tl::unexpected(PeerFrameError::version);
  PeerHeader header;
  header.minor = in.u8();
  in.u8();  // kind
  in.u8();  // flags: whatever a newer release means by them
  header.cluster = in.u64_be();
  const std::string_view id = in.bytes(header.source.bytes.size());
  std::ranges::transform(id, header.source.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  header.source_nonce = in.u64_be();
  header.destination_nonce = in.u64_be();
  return header;
}

tl::expected<PeerFrame, PeerFrameError> decode_frame(std::string&& frame) {
  const auto header = read_peer_header(frame);
  if (!header) return tl::unexpected(header.error());
  const auto kind = kind_of(static_cast<std::uint8_t>(frame[kKindAt]));
  if (!kind) return tl::unexpected(PeerFrameError::unknown_kind);
  if (frame.size() > kind->bytes_max) return tl::unexpected(PeerFrameError::too_large);
  if (!kind->body) {
    auto cargo = cargo_in(std::move(frame), kind->cargo);
    if (!cargo) return tl::unexpected(PeerFrameError::malformed);
    return PeerFrame{*header, std::move(*cargo)};
  }
  auto message = message_in(std::move(frame), *kind->body);
  if (!message) return tl::unexpected(PeerFrameError::malformed);
  return PeerFrame{*header, std::move(*message)};
}

}  // namespace wattring::sharding
