// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "cluster/membership_memory.hpp"

namespace wattring::cluster {

/// What would make the membership thread wait: name servers and the disk. A thread for each.
class MembershipErrands {
 public:
  static constexpr std::int64_t kResolveEveryMs = 30'000;

  /// on_addresses: numeric addresses that came of the names; called on the errands' thread after the first look-up,
  /// empty when nothing was found, and again with each that is new. The store must outlive it.
  MembershipErrands(std::vector<std::string> names, std::function<void(std::vector<std::string>)> on_addresses,
                    MembershipStore& store, std::shared_ptr<Log> log);
  ~MembershipErrands();  ///< stops
  MembershipErrands(const MembershipErrands&) = delete;
  MembershipErrands& operator=(const MembershipErrands&) = delete;

  void start();
  /// Any thread; does not wait. Of several only the last is written.
  void keep_peers(std::vector<std::string> peers);
  /// Writes what is left to write; waits for the look-up of one name, which ends after a few seconds. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wattring::cluster
