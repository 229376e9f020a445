// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/metrics.hpp"
#include "node/actor/remote_codec.hpp"

namespace wattring::actor {

/// What became of messages between nodes; each name is a series of the node's metrics.
struct RemoteCounters {
  explicit RemoteCounters(Metrics& metrics);

  Counter& sent;             ///< envelopes handed to the wire
  Counter& sent_frames;      ///< frames likewise
  Counter& received;         ///< envelopes handed to the System
  Counter& received_frames;  ///< frames that were taken
  Counter& gaps;             ///< frames a peer sent that never came

  // Refused to the sender, in messages.
  Counter& refused_full;       ///< the queue to that node is full
  Counter& refused_no_route;   ///< the node is unknown, dead, or listens for no peers
  Counter& refused_no_codec;   ///< the type has no codec
  Counter& refused_too_large;  ///< over the limit of a frame

  // Dropped on the way out, in envelopes.
  Counter& dropped_peer_down;  ///< queued for a node that was then declared down, or restarted

  // Dropped on the way in: frames, but for the last three.
  Counter& dropped_malformed;     ///< no frame of ours, or beyond its limits
  Counter& dropped_version;       ///< another major version
  Counter& dropped_cluster;       ///< another cluster
  Counter& dropped_other_life;    ///< meant for a former life of this node
  Counter& dropped_unknown_life;  ///< from a node, or a life of it, that membership does not show as live
  Counter& dropped_out_of_order;  ///< overtaken by a later frame on a newer connection
  Counter& dropped_unknown_type;  ///< messages without a codec here, or that it refuses
  Counter& dropped_watches_full;  ///< watches over the limit of one node
  Counter& dropped_refusal_full;  ///< refusals there was no room to send
};

}  // namespace wattring::actor
