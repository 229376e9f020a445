// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "sharding/coverage.hpp"

/// What nodes say to each other about readings. The bytes: peer_codec.hpp and docs/protocols/replication.md.

namespace wattring::sharding {

/// 64 random bits, drawn when a data directory is made, restored or has lost what it promised: claims of an older
/// generation of the same node count for nothing.
using DiskGeneration = std::uint64_t;
/// A journal record sealed for LSN 0 (persistence/record.hpp): a pack of entries of many shards. Shared, never changed.
using PackPtr = std::shared_ptr<const std::string>;

/// Names a ring: its version, and the hash of all of it.
struct RingRef {
  std::uint64_t version = 0;  ///< 0: knows none yet
  std::uint64_t id = 0;
  friend constexpr auto operator<=>(const RingRef&, const RingRef&) = default;
};

inline constexpr std::size_t kPullBytesMax = 4U << 20U;

/// Hash of all facts of a shard, however they came and are stored: equal on all nodes with that coverage, unless a
/// disk lost or changed something and does not know it.
struct ContentDigest {
  std::uint64_t coverage_hash = 0;
  std::uint64_t facts = 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const ContentDigest&, const ContentDigest&) = default;
};

namespace message {

/// Keep these; wants a Receipt. `number` is the sender's and never used twice in its life.
struct Append {
  std::uint64_t number = 0;
  PackPtr pack;
};
enum class Stored : std::uint8_t {
  durable,   ///< every entry of the pack is on this node's disk, synced
  no_space,  ///< none was stored: the disk is at its reserve
  damaged,   ///< none was stored: the bytes do not verify
  forked     ///< none was stored: the name of an entry belongs to another content (H12)
};
/// `checksum` is the pack's own (its last 8 bytes): it covers the headers, so writer, sequences, payload checksums
/// and chains.
struct Receipt {
  std::uint64_t number = 0;
  std::uint64_t checksum = 0;
  Stored stored = Stored::durable;
};

/// Hashes of what the sender durably holds of shards.
struct ShardDigest {
  ShardId shard;
  std::uint64_t coverage_hash = 0;
};
struct Digest {
  std::vector<ShardDigest> shards;
  std::uint64_t retired = 0;  ///< rings up to this version have retired, as the sender knows (R4c)
  std::uint64_t filled = 0;   ///< the ring version for which it is FILLED in all it owns; 0: it is not yet
};

struct CoverageAsk {
  std::uint64_t number = 0;
  std::vector<ShardId> shards;
};
struct ShardTell {
  ShardId shard;
  Coverage coverage;              ///< durable at the moment of sending
  std::uint64_t filled_ring = 0;  ///< the newest ring version for which the sender is FILLED in this shard; 0: none
  bool suspect = false;           ///< something it covers cannot be read back
};
struct CoverageTell {
  std::uint64_t number = 0;  ///< of the CoverageAsk
  std::vector<ShardTell> shards;
};

struct ShardWant {
  ShardId shard;
  Coverage coverage;
};
/// Send these entries, at most about so many bytes of them; the rest when asked again.
struct Pull {
  std::uint64_t number = 0;
  std::uint32_t bytes_max = kPullBytesMax;
  std::vector<ShardWant> wants;
};
/// The answer to a Pull. `gone`: of these shards the log form of something wanted is gone; a transfer has it.
struct Entries {
  std::uint64_t number = 0;
  PackPtr pack;  ///< null: none
  std::vector<ShardId> gone;
};

/// What the receiver told before under the same generation is more than what it tells now: its disk lost something.
struct Amnesia {
  DiskGeneration generation = 0;  ///< of the receiver
};

/// What the sender's disk has of a shard. Who has something else under the same coverage says so when that is wanted.
struct Content {
  ShardId shard;
  ContentDigest digest;
  bool wants_answer = false;
};

using Body = std::variant<Append, Receipt, Digest, CoverageAsk, CoverageTell, Pull, Entries, Amnesia, Content>;

}  // namespace message

struct PeerMessage {
  RingRef ring;  ///< the sender's current one
  DiskGeneration generation = 0;
  message::Body body;
};

}  // namespace wattring::sharding
