// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "node/actor/testkit/test_kit.hpp"

namespace wattring::actor {

/// Two systems in one process, joined by a wire that a test can cut.
class TwoNodes {
  struct Wire final : RemoteTransport {
    explicit Wire(TwoNodes& of) : nodes(of) {}
    Delivery send(RemoteEnvelope envelope) override {
      ++nodes.sent;
      if (!nodes.lose) on_the_way.push_back(std::move(envelope));
      return Delivery::accepted;
    }
    TwoNodes& nodes;
    std::deque<RemoteEnvelope> on_the_way;
  };

  static SystemOptions options(std::uint8_t id, Wire& wire) {
    SystemOptions options;
    options.node.bytes[0] = id;
    options.transport = &wire;
    return options;
  }

  Wire from_a_{*this};
  Wire from_b_{*this};

 public:
  bool lose = false;
  int sent = 0;
  testkit::TestKit a{options(1, from_a_)};
  testkit::TestKit b{options(2, from_b_)};

  [[nodiscard]] ActorAddress address_b(std::string path) { return {b.system().node(), std::move(path)}; }

  /// Until both have nothing to do and nothing is on the way.
  void run() {
    a.run();
    b.run();
    while (!from_a_.on_the_way.empty() || !from_b_.on_the_way.empty()) {
      pass(from_a_, b);
      pass(from_b_, a);
    }
  }

 private:
  static void pass(Wire& wire, testkit::TestKit& to) {
    while (!wire.on_the_way.empty()) {
      RemoteEnvelope envelope = std::move(wire.on_the_way.front());
      wire.on_the_way.pop_front();
      to.system().receive_remote(std::move(envelope));
      to.run();
    }
  }
};

}  // namespace wattring::actor
