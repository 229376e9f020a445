// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "base/time.hpp"
#include "cluster/zmq_transport.hpp"
#include "tests/actor/memory_network.hpp"
#include "tests/actor/remoting_contract.hpp"

namespace wattring::actor {
namespace {

/// Sockets on loopback; each transport has a context of its own, as a process has.
class ZmqRemoteNetwork final : public RemoteNetwork {
 public:
  std::unique_ptr<cluster::Transport> open(const std::string& endpoint) override {
    cluster::ZmqTransport::Options options;
    if (!endpoint.empty()) options.endpoint = endpoint;
    options.name = "peers";
    options.frame_bytes_max = kRemoteFrameBytesMax;
    return cluster::ZmqTransport::open(options, cluster::ZmqContext::create().value(), nullptr, clock_, metrics_,
                                       Log::silent())
        .value();
  }

 private:
  SystemClock clock_;
  Metrics metrics_;
};

class MemoryRemoteNetwork final : public RemoteNetwork {
 public:
  std::unique_ptr<cluster::Transport> open(const std::string& endpoint) override { return network_.open(endpoint); }

 private:
  MemoryNetwork network_;
};

INSTANTIATE_TEST_SUITE_P(Zmq, RemotingContract,
                         ::testing::Values(RemoteNetworkFactory{"zmq",
                                                                [] { return std::make_unique<ZmqRemoteNetwork>(); }}));
INSTANTIATE_TEST_SUITE_P(Memory, RemotingContract,
                         ::testing::Values(RemoteNetworkFactory{
                             "memory", [] { return std::make_unique<MemoryRemoteNetwork>(); }}));

}  // namespace
}  // namespace wattring::actor
