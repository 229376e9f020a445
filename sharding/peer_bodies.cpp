// SPDX-License-Identifier: Apache-2.0
#include "sharding/peer_bodies.hpp"

#include <array>
#include <limits>
#include <utility>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/pack_reader.hpp"
#include "base/pack_writer.hpp"
#include "persistence/record.hpp"

namespace wattring::sharding {
namespace {

constexpr std::size_t kDigestBytes = 10;
constexpr std::size_t kTellBytesMin = 6;
constexpr std::size_t kWantBytesMin = 4;
constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();

using message::Stored;

class BodyWriter {
 public:
  explicit BodyWriter(PackWriter& out) : out_(out) {}

  void operator()(const message::Append& m) {
    out_.array(2);
    out_.uint(m.number);
    out_.binary(*m.pack);
  }
  void operator()(const message::Receipt& m) {
    out_.array(3);
    out_.uint(m.number);
    out_.uint(m.checksum);
    out_.uint(static_cast<std::uint64_t>(m.stored));
  }
  void operator()(const message::Digest& m) {
    std::string bytes;
    bytes.reserve(m.shards.size() * kDigestBytes);
    ByteWriter each(bytes);
    for (const message::ShardDigest& digest : m.shards) {
      each.u16_be(digest.shard.value);
      each.u64_be(digest.coverage_hash);
    }
    out_.array(3);
    out_.binary(bytes);
    out_.uint(m.retired);
    out_.uint(m.filled);
  }
  void operator()(const message::CoverageAsk& m) {
    out_.array(2);
    out_.uint(m.number);
    shards(m.shards);
  }
  void operator()(const message::CoverageTell& m) {
    out_.array(2);
    out_.uint(m.number);
    out_.array(m.shards.size());
    for (const message::ShardTell& tell : m.shards) {
      out_.array(4);
      out_.uint(tell.shard.value);
      out_.binary(tell.coverage.encode());
      out_.uint(tell.filled_ring);
      out_.uint(tell.suspect ? 1 : 0);
    }
  }
  void operator()(const message::Pull& m) {
    out_.array(3);
    out_.uint(m.number);
    out_.uint(m.bytes_max);
    out_.array(m.wants.size());
    for (const message::ShardWant& want : m.wants) {
      out_.array(2);
      out_.uint(want.shard.value);
      out_.binary(want.coverage.encode());
    }
  }
  void operator()(const message::Entries& m) {
    out_.array(3);
    out_.uint(m.number);
    shards(m.gone);
    out_.binary(m.pack == nullptr ? std::string_view() : std::string_view(*m.pack));
  }
  void operator()(const message::Amnesia& m) {
    out_.array(1);
    out_.uint(m.generation);
  }
  void operator()(const message::Content& m) {
    out_.array(6);
    out_.uint(m.shard.value);
    out_.uint(m.digest.coverage_hash);
    out_.uint(m.digest.facts);
    out_.uint(m.digest.high);
    out_.uint(m.digest.low);
    out_.uint(m.wants_answer ? 1 : 0);
  }

 private:
  void shards(const std::vector<ShardId>& all) {
    std::string bytes;
    bytes.reserve(all.size() * sizeof(std::uint16_t));
    ByteWriter each(bytes);
    for (const ShardId shard : all) each.u16_be(shard.value);
    out_.binary(bytes);
  }
  PackWriter& out_;
};

/// Reads one body; an error sticks.
class BodyReader {
 public:
  BodyReader(std::string_view frame, std::size_t from) : frame_(frame), in_(frame.substr(from)) {}

  /// A longer array is a newer release's: what it adds comes last and is passed over.
  void begin(std::size_t items) {
    std::size_t count = 0;
    if (!in_.read_array(count) || count < items) ok_ = false;
    surplus_ = ok_ ? count - items : 0;
  }
  void end() {
    for (; ok_ && surplus_ > 0; --surplus_) ok_ = in_.skip();
    ok_ = ok_ && in_.remaining() == 0;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  void fail() { ok_ = false; }

  std::uint64_t number(std::uint64_t max) {
    std::uint64_t value = 0;
    if (ok_ && (!in_.read_uint(value) || value > max)) ok_ = false;
    return ok_ ? value : 0;
  }
  ShardId shard() { return ShardId{static_cast<std::uint16_t>(number(kShardsMax - 1))}; }
  std::string_view bytes(std::size_t max) {
    std::string_view bytes;
    if (ok_ && (!in_.read_text(bytes) || bytes.size() > max)) ok_ = false;
    return ok_ ? bytes : std::string_view();
  }
  std::size_t array(std::size_t max, std::size_t item_bytes_min) {
    std::size_t count = 0;
    if (ok_ && (!in_.read_array(count) || count > max || count > in_.remaining() / item_bytes_min)) ok_ = false;
    return ok_ ? count : 0;
  }
  Coverage coverage() {
    const std::string_view encoded = bytes(kPeerTalkBytesMax);
    auto decoded = ok_ ? Coverage::decode(encoded) : Result<Coverage>(Coverage());
    if (!decoded) ok_ = false;
    return decoded ? std::move(*decoded) : Coverage();
  }
  std::vector<ShardId> shards() {
    const std::string_view all = bytes(kShardsMax * sizeof(std::uint16_t));
    if (all.size() % sizeof(std::uint16_t) != 0) ok_ = false;
    std::vector<ShardId> shards;
    if (!ok_) return shards;
    ByteReader each(all);
    shards.resize(all.size() / sizeof(std::uint16_t));
    for (ShardId& shard : shards) {
      shard.value = each.u16_be();
      if (shard.value >= kShardsMax) ok_ = false;
    }
    return shards;
  }
  BytesPlace place(std::size_t max) {
    const std::string_view found = bytes(max);
    return found.empty() ? BytesPlace{}
                         : BytesPlace{static_cast<std::size_t>(found.data() - frame_.data()), found.size()};
  }

 private:
  std::string_view frame_;
  PackReader in_;
  std::size_t surplus_ = 0;
  bool ok_ = true;
};

void read(BodyReader& in, message::Append& m, BytesPlace& pack) {
  in.begin(2);
  m.number = in.number(kAny);
  pack = in.place(persistence::kRecordBytesMax);
}
void read(BodyReader& in, message::Receipt& m, BytesPlace&) {
  in.begin(3);
  m.number = in.number(kAny);
  m.checksum = in.number(kAny);
  m.stored = static_cast<Stored>(in.number(static_cast<std::uint64_t>(Stored::forked)));
}
void read(BodyReader& in, message::Digest& m, BytesPlace&) {
  in.begin(3);
  const std::string_view bytes = in.bytes(kShardsMax * kDigestBytes);
  if (bytes.size() % kDigestBytes != 0) return in.fail();
  ByteReader each(bytes);
  m.shards.resize(bytes.size() / kDigestBytes);
  for (message::ShardDigest& digest : m.shards) {
    digest.shard.value = each.u16_be();
    digest.coverage_hash = each.u64_be();
    if (digest.shard.value >= kShardsMax) return in.fail();
  }
  m.retired = in.number(kAny);
  m.filled = in.number(kAny);
}
void read(BodyReader& in, message::CoverageAsk& m, BytesPlace&) {
  in.begin(2);
  m.number = in.number(kAny);
  m.shards = in.shards();
}
void read(BodyReader& in, message::CoverageTell& m, BytesPlace&) {
  in.begin(2);
  m.number = in.number(kAny);
  const std::size_t count = in.array(kShardsMax, kTellBytesMin);
  m.shards.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (in.array(4, 1) != 4) return in.fail();
    message::ShardTell tell;
    tell.shard = in.shard();
    tell.coverage = in.coverage();
    tell.filled_ring = in.number(kAny);
    tell.suspect = in.number(1) != 0;
    m.shards.push_back(std::move(tell));
  }
}
void read(BodyReader& in, message::Pull& m, BytesPlace&) {
  in.begin(3);
  m.number = in.number(kAny);
  m.bytes_max = static_cast<std::uint32_t>(in.number(std::numeric_limits<std::uint32_t>::max()));
  const std::size_t count = in.array(kShardsMax, kWantBytesMin);
  m.wants.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (in.array(2, 1) != 2) return in.fail();
    message::ShardWant want;
    want.shard = in.shard();
    want.coverage = in.coverage();
    m.wants.push_back(std::move(want));
  }
}
void read(BodyReader& in, message::Entries& m, BytesPlace& pack) {
  in.begin(3);
  m.number = in.number(kAny);
  m.gone = in.shards();
  pack = in.place(persistence::kRecordBytesMax);
}
void read(BodyReader& in, message::Amnesia& m, BytesPlace&) {
  in.begin(1);
  m.generation = in.number(kAny);
}
void read(BodyReader& in, message::Content& m, BytesPlace&) {
  in.begin(6);
  m.shard = in.shard();
  m.digest.coverage_hash = in.number(kAny);
  m.digest.facts = in.number(kAny);
  m.digest.high = in.number(kAny);
  m.digest.low = in.number(kAny);
  m.wants_answer = in.number(1) != 0;
}

template <std::size_t kIndex>
void read_as(BodyReader& in, message::Body& body, BytesPlace& pack) {
  std::variant_alternative_t<kIndex, message::Body> value;
  read(in, value, pack);
  body = std::move(value);
}
using ReadBody = void (*)(BodyReader&, message::Body&, BytesPlace&);
template <std::size_t... kIndex>
constexpr std::array<ReadBody, kPeerBodies> body_readers(std::index_sequence<kIndex...>) {
  return {&read_as<kIndex>...};
}
constexpr auto kReadBody = body_readers(std::make_index_sequence<kPeerBodies>{});

}  // namespace

void write_body(std::string& frame, const message::Body& body) {
  PackWriter out(frame);
  std::visit(BodyWriter(out), body);
  out.flush();
}

void write_cargo(std::string& frame, std::string_view bytes) {
  PackWriter out(frame);
  out.array(1);
  out.binary(bytes);
  out.flush();
}

bool read_body(std::string_view frame, std::size_t from, std::size_t kind, message::Body& body, BytesPlace& pack) {
  BodyReader in(frame, from);
  kReadBody.at(kind)(in, body, pack);
  in.end();
  return in.ok() && (!std::holds_alternative<message::Append>(body) || pack.size != 0);
}

bool read_cargo(std::string_view frame, std::size_t from, BytesPlace& bytes) {
  BodyReader in(frame, from);
  in.begin(1);
  bytes = in.place(frame.size());
  in.end();
  return in.ok();
}

}  // namespace wattring::sharding
