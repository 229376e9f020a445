// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/metrics.hpp"

namespace wattring::cluster {

/// What a transport counts; `socket` tells several of one node apart ("membership", "peers").
struct ZmqCounters {
  ZmqCounters(Metrics& metrics, const std::string& socket);

  Counter& sent;
  Counter& received;
  Counter& full;          ///< not sent: the queue to the peer is full
  Counter& no_route;      ///< not sent: no connection, or not yet
  Counter& late;          ///< held for a link that did not come up
  Counter& oversized;     ///< came in, too large
  Counter& extra_frames;  ///< came in, more than one frame
  Counter& foreign_id;    ///< came in on a connection that chose its own id
  Counter& revoked;       ///< came in under a key that is no longer on the list
  Counter& links_opened;
  Counter& links_failed;  ///< never came up
  Counter& links_lost;
  Counter& accepted;
  Counter& refused;  ///< handshakes: the key is not on the list
  Counter& failed;   ///< handshakes: not our protocol, wrong keys, silence
  Gauge& links;
  Gauge& connections;
};

}  // namespace wattring::cluster
