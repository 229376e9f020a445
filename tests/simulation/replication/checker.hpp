// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "sharding/replica.hpp"
#include "tests/simulation/replication/disk.hpp"
#include "tests/simulation/replication/entries.hpp"
#include "tests/simulation/replication/rings.hpp"

namespace wattring::replication {

/// One of the invariants I1..I20 (README.md) did not hold.
struct Violation {
  int invariant = 0;
  std::int64_t at_ns = 0;
  Node node = kNoNode;
  std::string what;
};
[[nodiscard]] std::string to_text(const Violation& violation);

/// Why a disk's image changed.
enum class Change : std::uint8_t {
  commit,
  drop,        ///< the core decided that it may go
  loss,        ///< a fault took it: the node that comes back is another one, or knows
  silent_loss  ///< a fault took it and the node does not know: it may claim what it no longer has until told
};

struct Ack {
  Node writer = kNoNode;
  std::vector<EntryNo> entries;
  sharding::AckClass level = sharding::AckClass::unknown;
  std::uint64_t began = 0;   ///< ring in force at the writer when it was asked to write
  std::uint64_t ring = 0;    ///< and now
  std::uint64_t oldest = 0;  ///< it knows
  bool two_zones = false;    ///< all along it could reach members in two zones
};

/// What a process keeps that could grow for ever (I19).
struct Load {
  std::size_t intervals = 0;      ///< of a shard's coverage
  std::size_t streams = 0;        ///< of the shard, ever
  std::size_t missing = 0;        ///< entries of it that are not here
  std::size_t in_flight = 0;      ///< bytes sent to a peer that is not lagging, and not receipted
  std::size_t in_flight_max = 0;  ///< window
};

/// What a reader was shown of one shard as complete.
struct Answer {
  Node node = kNoNode;
  Slot slot = 0;
  std::int64_t began_ns = 0;  ///< everything acknowledged as DURABLE before that has to be in it
  Bits facts;
};

/// Holds what happens to what is promised. It is told of everything and asks nobody: a test may tell it lies.
class Checker {
 public:
  Checker(const EntryBook& book, const Rings& rings) : book_(book), rings_(rings), nodes_(kNodesMax) {}

  void set_now(std::int64_t now_ns) { now_ns_ = now_ns; }

  // What is on disks.
  void disk(Node node, const Image& image, Change change);
  /// What the core says is durable here, against what is.
  void claims(Node node, Slot slot, const sharding::Coverage& coverage, const Bits& known_damaged);
  void carries(Node node, const Load& load);
  void renewed(Node node);
  /// The newest ring it will ever act under from now on.
  void adopted(Node node, std::uint64_t ring);

  // What a process heard since its start.
  void booted(Node node);
  void heard_ring(Node node, Node peer, std::uint64_t ring);
  void heard_retired(Node node, std::uint64_t ring);
  void heard_receipt(Node node, Node peer, const std::vector<EntryNo>& entries, std::uint64_t ring,
                     sharding::DiskGeneration generation = 0);
  /// It told the peer that its disk has lost something: from now on nothing under that generation counts (I16).
  void found_amnesiac(Node node, Node peer, sharding::DiskGeneration generation);
  struct Heard {
    Slot slot = 0;
    std::uint64_t ring = 0;
    std::uint64_t filled = 0;
    std::int64_t sent_ns = 0;
    Bits coverage;
  };
  void heard_tell(Node node, Node peer, const Heard& heard);

  // What it says.
  void told_receipt(Node node, const std::vector<EntryNo>& entries);
  void told_coverage(Node node, Slot slot, const sharding::Coverage& coverage);
  /// That rings up to this one have retired.
  void told_retired(Node node, std::uint64_t ring);

  // What it decides.
  void acked(const Ack& ack);
  void decided_drop(Node node, Slot slot, std::uint64_t ring);
  void kept_filled(Node node, ShardId shard, std::uint64_t ring);
  /// An exchange ended as complete: who had answered it.
  void exchanged(Node node, Slot slot, std::uint64_t ring, std::int64_t began_ns);
  void answered(const Answer& answer);

  void add(int invariant, Node node, std::string what);
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] const Bits& acknowledged() const { return acked_; }
  [[nodiscard]] const Bits& durable_acknowledged() const { return durable_; }
  [[nodiscard]] const Bits& facts(Node node) const { return nodes_[node].facts; }
  /// Copies of it that faults took.
  [[nodiscard]] std::size_t losses(EntryNo entry) const { return losses_[entry]; }
  [[nodiscard]] std::size_t copies(EntryNo entry) const;

 private:
  struct Tell {
    std::uint64_t rings = 0;                 ///< of all, a bit each
    std::uint64_t filled = 0;                ///< highest
    std::array<std::int64_t, 16> sent_ns{};  ///< the last one, by ring modulo 16
    std::uint64_t cover_ring = 0;            ///< under which `cover` was told
    Bits cover;
  };
  struct PerNode {
    Bits facts;
    Bits cover;
    Bits lost;         ///< ever, by faults
    Bits silent_lost;  ///< likewise, and it did not know
    Bits dropped;      ///< ever, by its own decision
    std::int64_t renewed_ns = -1;
    std::uint64_t adopted = 0;                          ///< ring
    std::uint64_t heard_retired = 0;                    ///< in this life
    std::array<std::uint64_t, kShardCount> filled{};    ///< on the disk
    std::bitset<kShardCount> recovers;                  ///< likewise
    std::array<std::uint64_t, kShardCount> believed{};  ///< in the process
    std::bitset<kShardCount> recovering;                ///< likewise
    std::array<std::int64_t, kShardCount> filled_ns{};  ///< when it came to believe so
    std::array<std::uint64_t, kNodesMax> ring_of{};
    std::array<sharding::DiskGeneration, kNodesMax> amnesiac{};
    std::array<std::array<Tell, kNodesMax>, kSlotsMax> tells{};
    std::vector<std::array<std::uint64_t, kNodesMax>> receipts;  ///< by entry: each peer's least ring + 1
  };

  void check_gone(Node node, const Bits& gone);
  void check_identity(Node node, const Bits& come);
  void check_copies(const Ack& ack, EntryNo entry, std::size_t wanted);
  /// The last ring under which it was DURABLE; 0 and a complaint: none.
  [[nodiscard]] std::uint64_t check_durable(const Ack& ack, EntryNo entry);
  [[nodiscard]] std::string not_durable(const Ack& ack, std::uint64_t ring, EntryNo entry) const;
  [[nodiscard]] std::string not_fenced(const Ack& ack, std::uint64_t ring, EntryNo entry) const;
  void check_zones(const Ack& ack, EntryNo entry);
  void check_filled(Node node, Slot slot);
  [[nodiscard]] bool excused(EntryNo entry, std::int64_t began_ns) const;
  [[nodiscard]] std::size_t answers(Node node, Slot slot, std::uint64_t owners_of, std::uint64_t under, bool& filled,
                                    std::uint64_t filled_needed) const;
  [[nodiscard]] std::size_t acks_needed(std::uint64_t ring) const { return rings_.at(ring)->ring().effective_acks(); }

  const EntryBook& book_;
  const Rings& rings_;
  std::int64_t now_ns_ = 0;
  std::vector<PerNode> nodes_;
  Bits acked_;
  Bits durable_;
  Bits ever_;  ///< stored anywhere, ever
  std::array<std::int64_t, Bits::kSize> acked_ns_{};
  std::array<std::uint64_t, Bits::kSize> acked_ring_{};
  std::array<std::uint8_t, Bits::kSize> wanted_{};
  std::array<std::uint8_t, Bits::kSize> losses_{};
  std::vector<Violation> violations_;
};

}  // namespace wattring::replication
