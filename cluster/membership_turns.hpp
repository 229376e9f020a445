// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/membership_counters.hpp"
#include "cluster/membership_memory.hpp"
#include "cluster/peer_guard.hpp"
#include "cluster/swim.hpp"
#include "cluster/transport.hpp"

namespace wattring::cluster {

/// Called on the thread of turn(); must not wait for anything. Any of them may be empty.
struct MembershipListener {
  std::function<void(std::shared_ptr<const View>)> on_view;
  std::function<void(const MemberEvent&)> on_event;
  std::function<void(std::vector<Document>)> on_catalog;  ///< documents that others published
  /// This node must not go on. Nothing is sent after it.
  std::function<void(RejectReason, const std::string& text)> on_stop;
  std::function<void()> on_left;  ///< leave() is through
  /// Endpoints to keep for the next start; soon after the start, later at most every kPeersEveryNs.
  std::function<void(std::vector<std::string>)> on_peers;
};

/// Membership, one turn at a time: wait for inputs, hand all of them to Swim, tick when it is due, carry the effects
/// out in order. What MembershipService's thread does; it knows no thread itself. One thread.
class MembershipTurns {
 public:
  static constexpr std::int64_t kViewEveryNs = 50 * kNsPerMs;
  static constexpr std::int64_t kPeersSoonNs = kNsPerSecond;
  static constexpr std::int64_t kPeersEveryNs = 10 * kNsPerSecond;
  static constexpr std::int64_t kWaitMaxNs = kNsPerSecond;
  /// Woken later than this, a turn first waits for what arrived meanwhile: the network's own thread was late too.
  static constexpr std::int64_t kLateNs = 250 * kNsPerMs;
  static constexpr std::int64_t kSettleNs = 20 * kNsPerMs;

  /// All must outlive it.
  struct Doors {
    Transport& transport;
    MembershipStore& store;
    const Clock& clock;
    MembershipCounters& counters;
    Log& log;
  };
  MembershipTurns(Doors doors, Swim& swim, MembershipListener listener);

  void start(std::vector<std::string> seeds);
  /// Waits for inputs until Swim or a view to show is due, at most kWaitMaxNs; shorter when the transport is woken.
  void turn();
  /// Says a command to Swim, at the present time, and carries out what follows.
  void command(const std::function<void(Swim&, std::int64_t now_ns, Effects&)>& command);
  /// After on_stop nothing is taken in or sent.
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  [[nodiscard]] std::int64_t wait_ns() const;
  void take_inputs(std::int64_t wait_ns);
  void hand_in(const Input& input);
  void receive(const input::Received& received);
  void carry_out();
  void carry_out(Effect& effect);
  void send(const effect::Send& send);
  void stop(const effect::Stop& stop);
  void show_event(const MemberEvent& event);
  void show_view();
  void keep_peers();

  const Doors doors_;
  Swim& swim_;
  const MembershipListener listener_;
  PeerGuard guard_;
  std::vector<Input> inputs_;
  Effects effects_;
  std::int64_t now_ns_;  ///< never goes back
  bool stopped_ = false;
  std::uint64_t shown_version_ = 0;
  std::int64_t view_due_ns_;
  std::int64_t peers_gap_ns_ = kPeersSoonNs;
  std::int64_t peers_due_ns_;
  std::vector<std::string> kept_peers_;  ///< sorted: their order alone is no reason to write
};

}  // namespace wattring::cluster
