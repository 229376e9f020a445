// SPDX-License-Identifier: Apache-2.0
//
// frame    = magic "WTRA", major u8, minor u8, flags u16, cluster u64, source 16 bytes, epoch u64, nonce u64,
//            destination nonce u64, sequence u64, session u32, envelopes (MessagePack array); integers big-endian
// envelope = [0, node or nil, from, to, type, payload]      message; nil: the source of the frame; from may be empty
//          | [1, from, to, number, session]                 watch
//          | [kind, from, to, number]                       terminated, watch_known
//          | [2, from, to]                                  unwatch
//          | [4, from, to, why]                             refused; 1 full, 2 dead
#include "node/actor/remote_codec.hpp"

#include <algorithm>
#include <limits>

#include "base/bytes.hpp"

namespace wattring::actor {
namespace {

using Kind = RemoteEnvelope::Kind;

constexpr std::string_view kMagic = "WTRA";
constexpr std::uint16_t kWantsAnswer = 1;

std::string_view bytes_of(const NodeId& node) {
  return {reinterpret_cast<const char*>(node.bytes.data()), node.bytes.size()};
}

/// Reads the envelopes of one frame.
class EnvelopeReader {
 public:
  EnvelopeReader(std::string_view body, const NodeId& source, const NodeId& self, const MessageCodecs& codecs)
      : reader_(body), source_(source), self_(self), codecs_(codecs) {}

  bool read_all(std::vector<RemoteEnvelope>& out) {
    std::size_t count = 0;
    if (!reader_.read_array(count) || count > kRemoteEnvelopesMax) return false;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      if (!read_one(out.emplace_back())) return false;
    return reader_.remaining() == 0;
  }

 private:
  bool read_one(RemoteEnvelope& envelope) {
    std::size_t items = 0;
    std::uint64_t kind = 0;
    if (!reader_.read_array(items) || items < 3 || !reader_.read_uint(kind)) return false;
    envelope.from.node = source_;
    envelope.to.node = self_;
    if (kind > static_cast<std::uint64_t>(Kind::watch_known)) return false;
    envelope.kind = static_cast<Kind>(kind);
    switch (envelope.kind) {
      case Kind::message:
        return items == 6 && read_sender_node(envelope.from.node) && read_path(envelope.from.path, true) &&
               read_path(envelope.to.path, false) && read_message(envelope.message);
      case Kind::refused:
        return items == 4 && read_paths(envelope) && read_refusal(envelope.refusal);
      case Kind::watch:
        return items == 5 && read_paths(envelope) && reader_.read_uint(envelope.watch) &&
               read_session(envelope.known_in);
      case Kind::terminated:
      case Kind::watch_known:
        return items == 4 && read_paths(envelope) && reader_.read_uint(envelope.watch);
      case Kind::unwatch:
        return items == 3 && read_paths(envelope);
    }
    return false;
  }

  bool read_sender_node(NodeId& node) {
    if (reader_.read_nil()) return true;
    std::string_view bytes;
    if (!reader_.read_text(bytes) || bytes.size() != node.bytes.size()) return false;
    std::ranges::copy(bytes, node.bytes.begin());
    return true;
  }

  bool read_paths(RemoteEnvelope& envelope) {
    return read_path(envelope.from.path, false) && read_path(envelope.to.path, false);
  }

  bool read_path(std::string& path, bool may_be_empty) {
    std::string_view text;
    if (!reader_.read_text(text) || text.size() > kPathBytesMax) return false;
    path = text;
    return text.empty() ? may_be_empty : text.front() == '/';
  }

  bool read_message(Message& message) {
    std::uint64_t type = 0;
    std::string_view payload;
    if (!reader_.read_uint(type) || type > std::numeric_limits<std::uint16_t>::max() || !reader_.read_text(payload))
      return false;
    const MessageCodecs::Codec* const codec = codecs_.numbered(static_cast<std::uint16_t>(type));
    if (codec == nullptr) return true;
    PackReader inside(payload);
    if (!codec->read(inside, message) || inside.remaining() != 0) message = {};
    return true;
  }

  bool read_refusal(Delivery& refusal) {
    std::uint64_t why = 0;
    if (!reader_.read_uint(why)) return false;
    refusal = why == 1 ? Delivery::full : Delivery::dead;
    return why == 1 || why == 2;
  }

  bool read_session(std::uint32_t& session) {
    std::uint64_t value = 0;
    if (!reader_.read_uint(value) || value > std::numeric_limits<std::uint32_t>::max()) return false;
    session = static_cast<std::uint32_t>(value);
    return true;
  }

  PackReader reader_;
  const NodeId& source_;
  const NodeId& self_;
  const MessageCodecs& codecs_;
};

void write_message(PackWriter& writer, const RemoteEnvelope& envelope, const NodeId& self,
                   const MessageCodecs::Codec& codec) {
  std::string payload;
  PackWriter inside(payload);
  codec.write(inside, envelope.message);
  inside.flush();
  writer.array(6);
  writer.uint(static_cast<std::uint64_t>(Kind::message));
  if (envelope.from.path.empty() || envelope.from.node == self) {
    writer.byte(0xc0);
  } else {
    writer.binary(bytes_of(envelope.from.node));
  }
  writer.text(envelope.from.path);
  writer.text(envelope.to.path);
  writer.uint(codec.number);
  writer.binary(payload);
}

}  // namespace

std::string_view to_string(FrameError error) {
  switch (error) {
    case FrameError::truncated:
      return "truncated";
    case FrameError::not_ours:
      return "not_ours";
    case FrameError::version:
      return "version";
    case FrameError::too_large:
      return "too_large";
    case FrameError::malformed:
      return "malformed";
  }
  return "?";
}

void write_envelope(std::string& out, const RemoteEnvelope& envelope, const NodeId& self,
                    const MessageCodecs::Codec* codec) {
  PackWriter writer(out);
  if (envelope.kind == Kind::message) {
    write_message(writer, envelope, self, *codec);
  } else {
    const Kind kind = envelope.kind;
    const bool numbered = kind == Kind::watch || kind == Kind::terminated || kind == Kind::watch_known;
    writer.array(kind == Kind::watch ? 5 : kind == Kind::unwatch ? 3 : 4);
    writer.uint(static_cast<std::uint64_t>(kind));
    writer.text(envelope.from.path);
    writer.text(envelope.to.path);
    if (kind == Kind::refused) writer.uint(envelope.refusal == Delivery::full ? 1 : 2);
    if (numbered) writer.uint(envelope.watch);
    if (kind == Kind::watch) writer.uint(envelope.known_in);
  }
  writer.flush();
}

FrameBuilder::FrameBuilder() : frame_(kRemoteBodyAt, '\0') {}

void FrameBuilder::add(std::string_view envelope) {
  frame_.append(envelope);
  ++envelopes_;
}

std::string FrameBuilder::seal(const RemoteHeader& header) {
  std::string head;
  head.reserve(kRemoteBodyAt);
  ByteWriter writer(head);
  writer.bytes(kMagic);
  writer.u8(kRemoteMajor);
  writer.u8(header.minor);
  writer.u16_be(header.wants_answer ? kWantsAnswer : 0);
  writer.u64_be(header.cluster);
  writer.bytes(bytes_of(header.source));
  writer.u64_be(header.source_life.epoch);
  writer.u64_be(header.source_life.nonce);
  writer.u64_be(header.destination_nonce);
  writer.u64_be(header.sequence);
  writer.u32_be(header.session);
  writer.u8(0xdd);
  writer.u32_be(envelopes_);
  head.copy(frame_.data(), head.size());
  return std::move(frame_);
}

tl::expected<RemoteHeader, FrameError> read_header(std::string_view frame) {
  if (frame.size() > kRemoteFrameBytesMax) return tl::unexpected(FrameError::too_large);
  ByteReader reader(frame);
  if (reader.bytes(std::min(frame.size(), kMagic.size())) != kMagic.substr(0, frame.size()))
    return tl::unexpected(FrameError::not_ours);
  if (frame.size() < kRemoteHeaderBytes) return tl::unexpected(FrameError::truncated);
  if (reader.u8() != kRemoteMajor) return tl::unexpected(FrameError::version);
  RemoteHeader header;
  header.minor = reader.u8();
  // Flags of a later release are no reason to refuse.
  header.wants_answer = (reader.u16_be() & kWantsAnswer) != 0;
  header.cluster = reader.u64_be();
  std::ranges::copy(reader.bytes(header.source.bytes.size()), header.source.bytes.begin());
  header.source_life = {reader.u64_be(), reader.u64_be()};
  header.destination_nonce = reader.u64_be();
  header.sequence = reader.u64_be();
  header.session = reader.u32_be();
  return header;
}

tl::expected<std::vector<RemoteEnvelope>, FrameError> read_envelopes(std::string_view frame, const NodeId& source,
                                                                     const NodeId& self, const MessageCodecs& codecs) {
  std::vector<RemoteEnvelope> envelopes;
  if (frame.size() < kRemoteHeaderBytes) return tl::unexpected(FrameError::truncated);
  EnvelopeReader reader(frame.substr(kRemoteHeaderBytes), source, self, codecs);
  if (!reader.read_all(envelopes)) return tl::unexpected(FrameError::malformed);
  return envelopes;
}

}  // namespace wattring::actor
