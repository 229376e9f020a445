// SPDX-License-Identifier: Apache-2.0
#include "tests/sharding/any_peer_frame.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/limits.hpp"

namespace wattring::sharding::test {
namespace {

std::string any_bytes(Prng& prng, std::size_t least, std::size_t most) {
  std::string bytes(least + prng.below(most - least + 1), '\0');
  for (char& c : bytes) c = static_cast<char>(prng.below(256));
  return bytes;
}

template <class Id>
Id any_id(Prng& prng) {
  Id id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.below(256));
  return id;
}

ShardId any_shard(Prng& prng) {
  return ShardId{static_cast<std::uint16_t>(prng.below(kShardsMax))};
}

std::vector<ShardId> any_shards(Prng& prng) {
  std::vector<ShardId> shards(prng.below(20));
  for (ShardId& shard : shards) shard = any_shard(prng);
  return shards;
}

Coverage any_coverage(Prng& prng) {
  Coverage coverage;
  for (std::uint64_t writers = prng.below(4); writers > 0; --writers) {
    const auto writer = any_id<WriterId>(prng);
    std::uint64_t at = 0;
    for (std::uint64_t intervals = 1 + prng.below(4); intervals > 0; --intervals) {
      const std::uint64_t first = at + 1 + prng.below(100);
      at = first + prng.below(1'000'000'000);
      coverage.add(writer, Sequence{first}, Sequence{at});
    }
  }
  return coverage;
}

PackPtr any_pack(Prng& prng) {
  return std::make_shared<const std::string>(any_bytes(prng, 1, prng.chance(0.1) ? 100'000 : 300));
}

message::Body any_body(std::size_t kind, Prng& prng) {
  switch (kind) {
    case 0:
      return message::Append{prng.next(), any_pack(prng)};
    case 1:
      return message::Receipt{prng.next(), prng.next(), static_cast<message::Stored>(prng.below(4))};
    case 2: {
      message::Digest digest;
      for (std::uint64_t n = prng.below(20); n > 0; --n) digest.shards.push_back({any_shard(prng), prng.next()});
      digest.retired = prng.next();
      digest.filled = prng.next();
      return digest;
    }
    case 3:
      return message::CoverageAsk{prng.next(), any_shards(prng)};
    case 4: {
      message::CoverageTell tell{prng.next(), {}};
      for (std::uint64_t n = prng.below(5); n > 0; --n)
        tell.shards.push_back({any_shard(prng), any_coverage(prng), prng.below(9), prng.chance(0.5)});
      return tell;
    }
    case 5: {
      message::Pull pull{prng.next(), static_cast<std::uint32_t>(prng.next()), {}};
      for (std::uint64_t n = prng.below(5); n > 0; --n) pull.wants.push_back({any_shard(prng), any_coverage(prng)});
      return pull;
    }
    case 6:
      return message::Entries{prng.next(), prng.chance(0.3) ? nullptr : any_pack(prng), any_shards(prng)};
    case 7:
      return message::Amnesia{prng.next()};
    default:
      return message::Content{any_shard(prng), {prng.next(), prng.next(), prng.next(), prng.next()}, prng.chance(0.5)};
  }
}

bool same(const PackPtr& a, const PackPtr& b) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b);
}
bool same(const message::Append& a, const message::Append& b) {
  return a.number == b.number && same(a.pack, b.pack);
}
bool same(const message::Receipt& a, const message::Receipt& b) {
  return std::tie(a.number, a.checksum, a.stored) == std::tie(b.number, b.checksum, b.stored);
}
bool same(const message::Digest& a, const message::Digest& b) {
  return a.retired == b.retired && a.filled == b.filled &&
         std::ranges::equal(a.shards, b.shards, [](const auto& x, const auto& y) {
           return x.shard == y.shard && x.coverage_hash == y.coverage_hash;
         });
}
bool same(const message::CoverageAsk& a, const message::CoverageAsk& b) {
  return a.number == b.number && a.shards == b.shards;
}
bool same(const message::CoverageTell& a, const message::CoverageTell& b) {
  return a.number == b.number && std::ranges::equal(a.shards, b.shards, [](const auto& x, const auto& y) {
           return std::tie(x.shard, x.coverage, x.filled_ring, x.suspect) ==
                  std::tie(y.shard, y.coverage, y.filled_ring, y.suspect);
         });
}
bool same(const message::Pull& a, const message::Pull& b) {
  return a.number == b.number && a.bytes_max == b.bytes_max &&
         std::ranges::equal(a.wants, b.wants, [](const auto& x, const auto& y) {
           return x.shard == y.shard && x.coverage == y.coverage;
         });
}
bool same(const message::Entries& a, const message::Entries& b) {
  return a.number == b.number && a.gone == b.gone && same(a.pack, b.pack);
}
bool same(const message::Amnesia& a, const message::Amnesia& b) {
  return a.generation == b.generation;
}
bool same(const message::Content& a, const message::Content& b) {
  return a.shard == b.shard && a.digest == b.digest && a.wants_answer == b.wants_answer;
}

}  // namespace

PeerHeader any_header(Prng& prng) {
  return {static_cast<std::uint8_t>(prng.below(256)), prng.next(), any_id<NodeId>(prng), prng.next(), prng.next()};
}

PeerPayload any_payload(std::size_t kind, Prng& prng) {
  constexpr std::size_t kBodies = std::variant_size_v<message::Body>;
  if (kind >= kBodies) return PeerCargo{static_cast<Cargo>(kind - kBodies), any_bytes(prng, 0, 500)};
  return PeerMessage{{prng.next(), prng.next()}, prng.next(), any_body(kind, prng)};
}

bool same(const PeerPayload& a, const PeerPayload& b) {
  if (const auto* cargo = std::get_if<PeerCargo>(&a))
    return std::holds_alternative<PeerCargo>(b) && *cargo == std::get<PeerCargo>(b);
  if (!std::holds_alternative<PeerMessage>(b)) return false;
  const auto& x = std::get<PeerMessage>(a);
  const auto& y = std::get<PeerMessage>(b);
  return x.ring == y.ring && x.generation == y.generation && x.body.index() == y.body.index() &&
         std::visit([&](const auto& body) { return same(body, std::get<std::decay_t<decltype(body)>>(y.body)); },
                    x.body);
}

void damage(std::string& frame, Prng& prng) {
  static constexpr std::array<char, 8> kLies{'\xdc', '\xdd', '\xc4', '\xc5', '\xc6', '\xcf', '\x9f', '\x80'};
  for (std::uint64_t blows = 1 + prng.below(4); blows > 0 && !frame.empty(); --blows) {
    // Most of what matters stands near the front.
    const std::size_t at = prng.below(prng.chance(0.7) ? std::min<std::size_t>(frame.size(), 120) : frame.size());
    switch (prng.below(6)) {
      case 0:
        frame[at] = static_cast<char>(frame[at] ^ static_cast<char>(1U << prng.below(8)));
        break;
      case 1:
        frame.resize(at);
        break;
      case 2:
        frame.insert(at, any_bytes(prng, 1, 9));
        break;
      case 3:
        frame[at] = kLies.at(prng.below(kLies.size()));
        break;
      case 4:
        frame.erase(at, 1 + prng.below(8));
        break;
      default:
        if (frame.size() > 4) frame[4] = static_cast<char>(prng.below(72));
    }
  }
}

}  // namespace wattring::sharding::test
