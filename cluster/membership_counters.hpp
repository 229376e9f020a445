// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/metrics.hpp"
#include "cluster/codec.hpp"
#include "cluster/message.hpp"
#include "cluster/peer_guard.hpp"
#include "cluster/swim.hpp"
#include "cluster/transport.hpp"

namespace wattring::cluster {

/// What membership does, as metrics of the node. Made and used on one thread.
class MembershipCounters {
 public:
  explicit MembershipCounters(Metrics& metrics);

  void sent(const Body& body, std::size_t frame_bytes, SendOutcome outcome);
  void received(const Body& body, std::size_t frame_bytes);
  void refused(DecodeError why);
  /// How much later than wanted a turn began: the machine is busy, or stood still.
  void late(std::int64_t late_ns);
  void show(const Swim::Stats& stats, const Swim::Load& load, const PeerGuard& guard);

 private:
  static constexpr std::size_t kKinds = std::variant_size_v<Body>;
  static constexpr std::size_t kShown = 11;

  std::array<Counter*, kKinds> sent_{};
  std::array<Counter*, kKinds> received_{};
  std::array<Counter*, 3> outcomes_{};  ///< by SendOutcome
  std::array<Counter*, kDecodeErrors> refused_{};
  Counter& sent_bytes_;
  Counter& received_bytes_;
  DurationHistogram& late_;
  std::array<Counter*, kShown> shown_{};  ///< what others count; raised to their value
  Gauge& queued_news_;
  Gauge& pending_probes_;
  Gauge& suspicions_;
};

}  // namespace wattring::cluster
