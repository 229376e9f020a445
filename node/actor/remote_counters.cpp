// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_counters.hpp"

#include <string>

namespace wattring::actor {
namespace {

Counter& refused(Metrics& metrics, const std::string& reason) {
  return metrics.counter("wattring_remote_refused_total", "Messages to actors of other nodes, refused to their senders",
                         "reason=\"" + reason + "\"");
}
Counter& dropped(Metrics& metrics, const std::string& reason) {
  return metrics.counter("wattring_remote_dropped_total", "Traffic between actors of different nodes that was dropped",
                         "reason=\"" + reason + "\"");
}
Counter& envelopes(Metrics& metrics, const std::string& direction) {
  return metrics.counter("wattring_remote_envelopes_total", "Envelopes between actors of different nodes",
                         "direction=\"" + direction + "\"");
}
Counter& frames(Metrics& metrics, const std::string& direction) {
  return metrics.counter("wattring_remote_frames_total", "Frames between actors of different nodes",
                         "direction=\"" + direction + "\"");
}

}  // namespace

RemoteCounters::RemoteCounters(Metrics& metrics)
    : sent(envelopes(metrics, "out")),
      sent_frames(frames(metrics, "out")),
      received(envelopes(metrics, "in")),
      received_frames(frames(metrics, "in")),
      gaps(metrics.counter("wattring_link_gap_total", "Frames of other nodes that were sent and never arrived")),
      refused_full(refused(metrics, "full")),
      refused_no_route(refused(metrics, "no_route")),
      refused_no_codec(refused(metrics, "no_codec")),
      refused_too_large(refused(metrics, "too_large")),
      dropped_peer_down(dropped(metrics, "peer_down")),
      dropped_malformed(dropped(metrics, "malformed")),
      dropped_version(dropped(metrics, "version")),
      dropped_cluster(dropped(metrics, "cluster")),
      dropped_other_life(dropped(metrics, "other_life")),
      dropped_unknown_life(dropped(metrics, "unknown_life")),
      dropped_out_of_order(dropped(metrics, "out_of_order")),
      dropped_unknown_type(dropped(metrics, "unknown_type")),
      dropped_watches_full(dropped(metrics, "watches_full")),
      dropped_refusal_full(dropped(metrics, "refusal_full")) {}

}  // namespace wattring::actor
