// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/prng.hpp"
#include "base/time.hpp"
#include "cluster/event_log.hpp"
#include "cluster/membership_memory.hpp"
#include "cluster/membership_turns.hpp"
#include "cluster/swim.hpp"
#include "cluster/transport.hpp"

namespace wattring::cluster {

/// Membership of one node, on a thread of its own that waits for its transport, and for the disk when its epoch
/// rises. Others talk to it through a bounded queue and read what it publishes.
class MembershipService {
 public:
  static constexpr std::size_t kCommandsMax = 1024;

  struct Options {
    Settings settings;
    Swim::Self self;  ///< endpoints complete: others are told them with the first message
    Catalog catalog;
    std::vector<std::string> seeds;  ///< HOST:PORT, numeric or names
    std::vector<std::string> peers;  ///< numeric endpoints of the last start
  };
  /// The store, the clock and the metrics must outlive it. The listener is called on the membership thread.
  MembershipService(Options options, std::unique_ptr<Transport> transport, MembershipStore& store, const Clock& clock,
                    Metrics& metrics, std::shared_ptr<Log> log, Prng prng, MembershipListener listener);
  ~MembershipService();  ///< stops
  MembershipService(const MembershipService&) = delete;
  MembershipService& operator=(const MembershipService&) = delete;

  void start();
  /// Tells the others that this node goes and waits until they have heard, at most Settings::leave_timeout_ns and a
  /// second; then stops.
  void leave();
  /// Ends the thread without a word to the others. Idempotent.
  void stop();

  // Any thread.
  [[nodiscard]] std::shared_ptr<const View> view() const;  ///< never null, never without the node itself
  /// Those with a higher sequence, oldest first.
  [[nodiscard]] std::vector<LoggedEvent> events(std::uint64_t after, std::size_t limit) const;
  /// busy when too many commands wait. done is called on the membership thread.
  [[nodiscard]] Result<void> publish(Document document, std::function<void(Result<Catalog::Added>)> done);
  [[nodiscard]] Result<void> set_metadata(std::string document);
  [[nodiscard]] Result<void> set_draining(bool draining);
  [[nodiscard]] Result<void> add_seeds(std::vector<std::string> numeric);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattring::cluster
