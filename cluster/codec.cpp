// SPDX-License-Identifier: Apache-2.0
#include "cluster/codec.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/bytes.hpp"
#include "base/pack_writer.hpp"
#include "cluster/codec_fields.hpp"
#include "cluster/settings.hpp"

namespace wattring::cluster {
namespace {

constexpr std::uint16_t kMagic = 0x574d;  // "WM"
constexpr std::size_t kKindAt = 4;
constexpr std::size_t kKinds = std::variant_size_v<Body>;

/// Kinds are numbered from 1 in the order of Body.
template <class T>
constexpr bool kIsPage = std::is_same_v<T, JoinAck> || std::is_same_v<T, SyncPage> || std::is_same_v<T, CatalogPage>;

template <std::size_t... kIndex>
constexpr std::array<std::size_t, kKinds> frame_limits(std::index_sequence<kIndex...>) {
  return {(kIsPage<std::variant_alternative_t<kIndex, Body>> ? kSyncPageBytesMax : kGossipBytesMax)...};
}
constexpr auto kFrameLimits = frame_limits(std::make_index_sequence<kKinds>{});

template <std::size_t kIndex>
void read_body(BodyReader& in, Body& body) {
  std::variant_alternative_t<kIndex, Body> value;
  wire::Map{}.read(in, value);
  body = std::move(value);
}
using ReadBody = void (*)(BodyReader&, Body&);
template <std::size_t... kIndex>
constexpr std::array<ReadBody, kKinds> body_readers(std::index_sequence<kIndex...>) {
  return {&read_body<kIndex>...};
}
constexpr auto kReadBody = body_readers(std::make_index_sequence<kKinds>{});

void write_header(std::string& frame, const Message& message) {
  const Header& header = message.header;
  ByteWriter out(frame);
  out.u16_be(kMagic);
  out.u8(header.major);
  out.u8(header.minor);
  out.u8(static_cast<std::uint8_t>(message.body.index() + 1));
  out.u8(0);  // flags: none yet
  out.u64_be(header.cluster);
  out.bytes({reinterpret_cast<const char*>(header.source.bytes.data()), header.source.bytes.size()});
  out.u64_be(header.source_nonce);
  out.u64_be(header.destination_nonce);
  out.u64_be(header.view_hash);
}

tl::unexpected<DecodeFailure> refuse(DecodeError kind, std::size_t offset, std::string why,
                                     std::optional<Header> header = {}) {
  return tl::unexpected(DecodeFailure{kind, header, offset, {}, std::move(why)});
}

std::uint8_t kind_of(std::string_view frame) {
  return frame.size() > kKindAt ? static_cast<std::uint8_t>(frame[kKindAt]) : std::uint8_t{0};
}

}  // namespace

std::string_view to_string(DecodeError error) {
  static constexpr std::array<std::string_view, kDecodeErrors> kNames{
      "truncated", "not_ours", "version", "unknown_kind", "too_large",
      "malformed", "missing",  "limit",   "endpoint",     "trailing"};
  return kNames[static_cast<std::size_t>(error)];
}

bool DecodeFailure::blames_sender() const {
  const bool newer = header && (header->major != kProtocolMajor || header->minor > kProtocolMinor);
  return kind != DecodeError::version && !(kind == DecodeError::unknown_kind && newer);
}

Error DecodeFailure::error() const {
  return {kind == DecodeError::version ? ErrorCode::newer_format : ErrorCode::corrupt,
          "membership frame refused at byte " + std::to_string(offset) +
              (field.empty() ? std::string() : ", " + field) + ": " + why,
          kind == DecodeError::version ? "run releases that speak the same major version" : ""};
}

std::string encode(const Message& message) {
  std::string frame;
  write_header(frame, message);
  PackWriter out(frame);
  std::visit([&](const auto& body) { wire::Map{}.write(out, body); }, message.body);
  out.flush();
  return frame;
}

Decoded<Header> peek_header(std::string_view frame) {
  ByteReader in(frame);
  const std::uint16_t magic = in.u16_be();
  if (frame.size() >= sizeof magic && magic != kMagic)
    return refuse(DecodeError::not_ours, 0, "does not begin with \"WM\"");
  Header header;
  header.major = in.u8();
  header.minor = in.u8();
  in.u8();  // kind
  in.u8();  // flags: whatever a newer release means by them
  header.cluster = in.u64_be();
  const std::string_view id = in.bytes(header.source.bytes.size());
  std::ranges::transform(id, header.source.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  header.source_nonce = in.u64_be();
  header.destination_nonce = in.u64_be();
  header.view_hash = in.u64_be();
  if (in.ok()) return header;
  return refuse(DecodeError::truncated, frame.size(),
                std::to_string(frame.size()) + " bytes, the header has " + std::to_string(kHeaderBytes));
}

std::size_t frame_bytes_max(std::string_view frame) {
  const std::uint8_t kind = kind_of(frame);
  return kind >= 1 && kind <= kKinds ? kFrameLimits[kind - 1U] : kGossipBytesMax;
}

Decoded<Message> decode(std::string_view frame, const DecodeOptions& options) {
  Decoded<Header> header = peek_header(frame);
  if (!header) return tl::unexpected(std::move(header.error()));
  if (header->major != kProtocolMajor)
    return refuse(
        DecodeError::version, 2,
        "major version " + std::to_string(header->major) + ", this node speaks " + std::to_string(kProtocolMajor),
        *header);
  const std::uint8_t kind = kind_of(frame);
  if (kind == 0 || kind > kKinds)
    return refuse(DecodeError::unknown_kind, kKindAt, "kind " + std::to_string(kind) + " is not known", *header);
  if (frame.size() > kFrameLimits[kind - 1U])
    return refuse(DecodeError::too_large, 0,
                  std::to_string(frame.size()) + " bytes, at most " + std::to_string(kFrameLimits[kind - 1U]), *header);
  BodyReader in(frame.substr(kHeaderBytes), kMutants && options.apply_in_part);
  Message message{*header, {}};
  kReadBody[kind - 1U](in, message.body);
  if (in.ok() && !in.at_end()) in.fail(DecodeError::trailing, "bytes after the end of the message");
  if (in.ok() || in.in_part()) return message;
  DecodeFailure failure = *in.failure();
  failure.header = *header;
  return tl::unexpected(std::move(failure));
}

}  // namespace wattring::cluster
