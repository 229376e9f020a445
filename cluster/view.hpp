// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/record.hpp"

namespace wattring::cluster {

/// A member as one node sees it.
struct MemberView {
  RecordPtr record;
  bool self = false;
  /// Changes its state too often; wait before relying on it. Steady again when the score has halved away.
  bool flapping = false;
  std::int64_t since_ns = 0;       ///< when it came into this state here, draining or not; the node's monotonic clock
  std::int64_t round_trip_ns = 0;  ///< smoothed; 0 = never probed from here
  std::vector<Accusation> accusations;  ///< of suspect and dead: who says so, and on what evidence
  [[nodiscard]] MemberState state() const { return record->state; }
};

/// What one node held true at one moment: immutable, any thread. Advisory: two nodes' views may differ, and nothing
/// may depend on their being equal.
struct View {
  std::uint64_t version = 0;  ///< grows by one with each change, from 1
  std::uint64_t hash = 0;     ///< equal among nodes that agree on everybody who is live
  std::int64_t at_ns = 0;
  bool joined = false;            ///< has met another member, or founded the cluster alone
  std::uint8_t local_health = 0;  ///< 0 good .. 7: this node itself is slow, and patient with others for it
  std::uint64_t catalog_hash = 0;
  NodeId self;
  std::vector<MemberView> members;  ///< sorted by name, then id; self, dead and left ones included

  [[nodiscard]] const MemberView* find(const NodeId& id) const;
  [[nodiscard]] std::size_t count(MemberState state) const;
  /// One sentence for people: "suspected by n1, n4: connection refused". Empty when nothing is held against it.
  [[nodiscard]] std::string why(const NodeId& id) const;
};

enum class EventKind : std::uint8_t {
  joined,     ///< a member that was not known
  rejoined,   ///< a known member in a new life (it was restarted)
  suspected,  ///< may be gone
  recovered,  ///< suspect or dead before, alive by its own word
  failed,     ///< held dead
  left,       ///< went by itself
  moved,      ///< another address, same life
  flapping,   ///< changes too often
  steady,     ///< no longer flapping
  forgotten,  ///< dead or left for long; the record is dropped
  refuted,    ///< this node was held suspect or dead elsewhere, and said no
  own_pause,  ///< this node itself stood still; detail says how long
  conflict,   ///< another process holds this node's id
  rejected    ///< somebody refused to let this node in; detail says why
};
[[nodiscard]] std::string_view to_string(EventKind kind);

/// Something that changed at one observer.
struct MemberEvent {
  EventKind kind = EventKind::joined;
  std::int64_t at_ns = 0;  ///< the observer's monotonic clock
  RecordPtr record;        ///< as it is now
  std::vector<Accusation> accusations;
  std::string detail;  ///< for people; may be empty
};

}  // namespace wattring::cluster
