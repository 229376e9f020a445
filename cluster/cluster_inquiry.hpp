// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/message.hpp"
#include "cluster/transport.hpp"

namespace wattring::cluster {

struct ClusterInquiry {
  std::string asked;                   ///< as the operator wrote it, for messages
  std::vector<std::string> endpoints;  ///< numeric; tried in turn
  Record self;                         ///< who asks; the asked one only logs it
  std::int64_t timeout_ns = 0;
  bool keys = false;  ///< the transport has keys; for messages
};

/// Asks a node for the cluster it belongs to, again and again until one answers or the time is up. not_found: nothing
/// listens there; io: somebody does, and does not answer; newer_format: it speaks another version; wrong_identity: it
/// refuses. Waits for the transport alone.
[[nodiscard]] Result<ClusterObject> ask_for_cluster(Transport& transport, const Clock& clock,
                                                    const ClusterInquiry& inquiry);

}  // namespace wattring::cluster
