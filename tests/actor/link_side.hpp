// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "base/units.hpp"
#include "node/actor/remote_links.hpp"
#include "tests/actor/remote_messages.hpp"

namespace wattring::actor {

inline NodeId link_node(std::uint8_t id) {
  NodeId made;
  made.bytes[0] = id;
  return made;
}

/// The links of one node, and what came out of them for its System.
struct Side {
  Side(std::uint8_t id, const RemoteLinks::Options& options)
      : self(link_node(id)), links(with_self(options, self), counters) {}
  static RemoteLinks::Options with_self(RemoteLinks::Options options, const NodeId& self) {
    options.self = self;
    return options;
  }

  Delivery send(RemoteEnvelope::Kind kind, const std::string& from, const NodeId& to_node, const std::string& to,
                std::int64_t now_ns, Message message = {}) {
    const RemoteEnvelope envelope{kind, {self, from}, {to_node, to}, std::move(message)};
    std::string encoded;
    write_envelope(encoded, envelope, self, codecs->of(envelope.message));
    return links.send(envelope, encoded, now_ns);
  }
  void take(std::string_view frame, std::int64_t now_ns) {
    const RemoteHeader header = read_header(frame).value();
    if (!links.admit(header)) return;
    auto envelopes = read_envelopes(frame, header.source, self, *codecs).value();
    links.accept(header, envelopes, now_ns);
    for (RemoteEnvelope& envelope : envelopes) received.push_back(std::move(envelope));
  }
  [[nodiscard]] std::vector<int> counts() const {
    std::vector<int> values;
    for (const RemoteEnvelope& envelope : received)
      if (const Count* count = envelope.message.get_if<Count>()) values.push_back(count->value);
    return values;
  }
  [[nodiscard]] std::size_t kinds(RemoteEnvelope::Kind kind) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(received, [&](const RemoteEnvelope& envelope) { return envelope.kind == kind; }));
  }

  const NodeId self;
  const std::shared_ptr<const MessageCodecs> codecs = test_codecs();
  Metrics metrics;
  RemoteCounters counters{metrics};
  RemoteLinks links;
  std::vector<RemoteEnvelope> received;
};

inline cluster::MemberView link_member(const NodeId& id, const cluster::Life& life, cluster::MemberState state) {
  auto record = std::make_shared<cluster::Record>();
  record->id = id;
  record->life = life;
  record->state = state;
  record->endpoints.peers = "10.0.0." + std::to_string(id.bytes[0]) + ":1";
  cluster::MemberView made;
  made.record = std::move(record);
  return made;
}

}  // namespace wattring::actor
