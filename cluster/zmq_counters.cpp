// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_counters.hpp"

namespace wattring::cluster {
namespace {

std::string labels(const std::string& socket, const char* name = nullptr, const char* value = nullptr) {
  std::string text = "socket=\"" + socket + "\"";
  if (name != nullptr) text.append(",").append(name).append("=\"").append(value).append("\"");
  return text;
}

Counter& lost(Metrics& metrics, const std::string& socket, const char* reason) {
  return metrics.counter("wattring_transport_unsent_total", "Messages to other nodes that did not leave, by reason",
                         labels(socket, "reason", reason));
}
Counter& dropped(Metrics& metrics, const std::string& socket, const char* reason) {
  return metrics.counter("wattring_transport_dropped_total", "Messages from outside that were thrown away, by reason",
                         labels(socket, "reason", reason));
}
Counter& link(Metrics& metrics, const std::string& socket, const char* event) {
  return metrics.counter("wattring_transport_link_events_total", "Connections to other nodes, by what became of them",
                         labels(socket, "event", event));
}
Counter& handshake(Metrics& metrics, const std::string& socket, const char* reason) {
  return metrics.counter("wattring_transport_handshakes_failed_total",
                         "Connections from outside whose handshake failed, by reason",
                         labels(socket, "reason", reason));
}

}  // namespace

ZmqCounters::ZmqCounters(Metrics& metrics, const std::string& socket)
    : sent(metrics.counter("wattring_transport_sent_total", "Messages sent to other nodes", labels(socket))),
      received(metrics.counter("wattring_transport_received_total", "Messages received", labels(socket))),
      full(lost(metrics, socket, "full")),
      no_route(lost(metrics, socket, "no_route")),
      late(lost(metrics, socket, "late")),
      oversized(dropped(metrics, socket, "oversized")),
      extra_frames(dropped(metrics, socket, "extra_frames")),
      foreign_id(dropped(metrics, socket, "foreign_id")),
      revoked(dropped(metrics, socket, "revoked")),
      links_opened(link(metrics, socket, "opened")),
      links_failed(link(metrics, socket, "failed")),
      links_lost(link(metrics, socket, "lost")),
      accepted(metrics.counter("wattring_transport_accepted_total", "Connections accepted from outside, of any kind",
                               labels(socket))),
      refused(handshake(metrics, socket, "key")),
      failed(handshake(metrics, socket, "protocol")),
      links(metrics.gauge("wattring_transport_links", "Connections to other nodes", labels(socket))),
      connections(
          metrics.gauge("wattring_transport_connections", "Connections from outside heard lately", labels(socket))) {}

}  // namespace wattring::cluster
