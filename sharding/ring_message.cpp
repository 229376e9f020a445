// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_message.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace wattring::sharding {
namespace {

constexpr std::uint8_t kStateFormat = 1;
/// On the wire for ever; a kind is the position in RingMessage, from 1.
constexpr std::uint8_t kKinds = static_cast<std::uint8_t>(std::variant_size_v<RingMessage>);

class Writer {
 public:
  explicit Writer(std::string& bytes) : out_(bytes) {}
  void u8(std::uint8_t value) { out_.u8(value); }
  void number(std::uint64_t value) { out_.varint(value); }
  void ballot(const Ballot& ballot) {
    number(ballot.round);
    out_.bytes({reinterpret_cast<const char*>(ballot.proposer.bytes.data()), ballot.proposer.bytes.size()});
  }
  void slot(const RingSlot& slot) {
    number(slot.version);
    out_.u64_be(slot.parent);
  }
  void ring(const Ring& ring) { out_.sized_bytes(encode(ring)); }
  void rings(const std::vector<Ring>& rings) {
    number(rings.size());
    for (const Ring& each : rings) ring(each);
  }
  void vote(const std::optional<RingVote>& vote) {
    u8(vote ? 1 : 0);
    if (!vote) return;
    ballot(vote->ballot);
    ring(vote->ring);
  }

  void operator()(const RingPrepare& m) { slot(m.slot), ballot(m.ballot); }
  void operator()(const RingPromise& m) { slot(m.slot), ballot(m.ballot), vote(m.vote); }
  void operator()(const RingAccept& m) { slot(m.slot), ballot(m.ballot), ring(m.ring); }
  void operator()(const RingAccepted& m) { slot(m.slot), ballot(m.ballot); }
  void operator()(const RingRefused& m) { slot(m.slot), ballot(m.ballot), ballot(m.promised); }
  void operator()(const RingAsk& m) { number(m.known); }
  void operator()(const RingTell& m) { number(m.oldest), number(m.newest), rings(m.rings); }

 private:
  ByteWriter out_;
};

/// Goes on after an error with empty values; ok() tells in the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) {}
  [[nodiscard]] bool ok() const { return sound_ && in_.at_end(); }
  std::uint8_t u8() { return in_.u8(); }
  std::uint64_t number() { return in_.varint(); }
  Ballot ballot() {
    Ballot ballot;
    ballot.round = number();
    const std::string_view id = in_.bytes(ballot.proposer.bytes.size());
    std::copy(id.begin(), id.end(), reinterpret_cast<char*>(ballot.proposer.bytes.data()));
    return ballot;
  }
  RingSlot slot() {
    RingSlot slot;
    slot.version = number();
    slot.parent = in_.u64_be();
    return slot;
  }
  Ring ring() {
    Result<Ring> ring = decode_ring(in_.sized_bytes());
    sound_ = sound_ && ring.has_value();
    return ring ? std::move(*ring) : Ring{};
  }
  std::vector<Ring> rings(std::size_t most) {
    const std::uint64_t count = number();
    sound_ = sound_ && count <= most;
    std::vector<Ring> rings;
    for (std::uint64_t i = 0; i < count && sound_; ++i) rings.push_back(ring());
    return rings;
  }
  std::optional<RingVote> vote() {
    const std::uint8_t has = u8();
    sound_ = sound_ && has <= 1;
    if (has != 1) return std::nullopt;
    RingVote vote;
    vote.ballot = ballot();
    vote.ring = ring();
    return vote;
  }

 private:
  ByteReader in_;
  bool sound_ = true;
};

RingMessage read_message(Reader& in, std::uint8_t kind) {
  // Braces evaluate from left to right, as the bytes come.
  switch (kind) {
    case 1:
      return RingPrepare{in.slot(), in.ballot()};
    case 2:
      return RingPromise{in.slot(), in.ballot(), in.vote()};
    case 3:
      return RingAccept{in.slot(), in.ballot(), in.ring()};
    case 4:
      return RingAccepted{in.slot(), in.ballot()};
    case 5:
      return RingRefused{in.slot(), in.ballot(), in.ballot()};
    case 6:
      return RingAsk{in.number()};
    default:
      return RingTell{in.number(), in.number(), in.rings(kRingsToldMax)};
  }
}

bool ascending(const std::vector<Ring>& rings) {
  return std::adjacent_find(rings.begin(), rings.end(),
                            [](const Ring& a, const Ring& b) { return a.version >= b.version; }) == rings.end();
}

}  // namespace

std::string encode(const RingMessage& message) {
  std::string bytes;
  Writer out(bytes);
  out.u8(static_cast<std::uint8_t>(message.index() + 1));
  std::visit(out, message);
  return bytes;
}

Result<RingMessage> decode_ring_message(std::string_view bytes) {
  Reader in(bytes);
  const std::uint8_t kind = in.u8();
  if (kind == 0 || kind > kKinds) return fail(ErrorCode::corrupt, "ring message: unknown kind");
  RingMessage message = read_message(in, kind);
  const auto* tell = std::get_if<RingTell>(&message);
  if (!in.ok() || (tell != nullptr && !ascending(tell->rings)))
    return fail(ErrorCode::corrupt, "ring message: malformed bytes");
  return message;
}

std::string encode(const RingState& state) {
  std::string bytes;
  Writer out(bytes);
  out.u8(kStateFormat);
  out.rings(state.rings);
  out.ballot(state.promised);
  out.vote(state.vote);
  return bytes;
}

Result<RingState> decode_ring_state(std::string_view bytes) {
  if (bytes.empty()) return RingState{};
  Reader in(bytes);
  if (in.u8() != kStateFormat)
    return fail(ErrorCode::newer_format, "ring state: unknown format", "start the release that wrote it");
  RingState state;
  state.rings = in.rings(bytes.size());
  state.promised = in.ballot();
  state.vote = in.vote();
  if (!in.ok() || !ascending(state.rings)) return fail(ErrorCode::corrupt, "ring state: malformed bytes");
  return state;
}

}  // namespace wattring::sharding
