// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "cluster/transport.hpp"

/// What every cluster::Transport promises, run against the real one and the simulated one. A program takes
/// transport_contract.cpp among its sources and instantiates the suite with its factory:
///   INSTANTIATE_TEST_SUITE_P(Zmq, TransportContract, testing::Values(TransportFactory{"zmq", make_zmq_network}));

namespace wattring::cluster::test {

/// Some network and the processes on it. A transport stands for its process: destroying it is a kill, not calling
/// receive() is a process that stands still.
class TransportNetwork {
 public:
  virtual ~TransportNetwork() = default;
  /// A new process that listens; an empty endpoint means anywhere. The endpoint of a destroyed one may be taken again.
  virtual std::unique_ptr<Transport> open(const std::string& endpoint) = 0;
  /// The machine answers there and nothing listens.
  virtual std::string closed_endpoint() = 0;
  /// Nothing ever comes back from there.
  virtual std::string unreachable_endpoint() = 0;
  /// A virtual clock goes on by so much. Where time is real this does nothing: receive() waits.
  virtual void advance(std::int64_t time_ns) = 0;
  /// The largest frame that gets through. One byte more does not.
  [[nodiscard]] virtual std::size_t frame_bytes_max() const = 0;
  /// Frames too large that `receiver` dropped so far.
  [[nodiscard]] virtual std::uint64_t oversized(const Transport& receiver) const = 0;
};

struct TransportFactory {
  std::string name;
  std::function<std::unique_ptr<TransportNetwork>()> make;
};
inline void PrintTo(const TransportFactory& factory, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << factory.name;
}

/// A process and what it was told so far.
struct Peer {
  std::unique_ptr<Transport> transport;
  std::vector<Input> inputs;

  [[nodiscard]] std::string endpoint() const { return transport->endpoint(); }
  [[nodiscard]] std::vector<input::Received> received() const;
  [[nodiscard]] std::vector<std::string> frames() const;
  [[nodiscard]] std::vector<LinkChange> links(const std::string& endpoint) const;
  [[nodiscard]] std::vector<ConnectOutcome> connects(const std::string& endpoint) const;
};

class TransportContract : public testing::TestWithParam<TransportFactory> {
 protected:
  Peer& open(const std::string& endpoint = {});
  /// Ends the process; the reference is void after it.
  void kill(Peer& peer);
  /// Lets all processes but `still` run until the condition holds; false when it does not within 20 s.
  [[nodiscard]] bool until(const std::function<bool()>& condition, const Peer* still = nullptr);
  /// Lets all processes but `still` run for so long.
  void run_for(std::int64_t time_ns, const Peer* still = nullptr);
  /// A link from one to the other that carried a message.
  void connect(Peer& from, Peer& to);

  std::unique_ptr<TransportNetwork> network_ = GetParam().make();

 private:
  void step(const Peer* still);
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace wattring::cluster::test
