// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/contract/transport_contract.hpp"
#include "tests/simulation/sim_transport.hpp"

namespace wattring::cluster::test {
namespace {

using simulation::SimTransport;

/// Machines 127.0.0.x on one simulated network.
class SimNetwork final : public TransportNetwork {
 public:
  std::unique_ptr<Transport> open(const std::string& endpoint) override {
    return std::make_unique<SimTransport>(network_, endpoint.empty() ? fresh() : endpoint);
  }
  std::string closed_endpoint() override { return fresh(); }
  std::string unreachable_endpoint() override {
    std::string endpoint = fresh();
    network_.set_power(network_.place(endpoint), false);
    return endpoint;
  }
  void advance(std::int64_t time_ns) override { scheduler_.run_until(scheduler_.now_ns() + time_ns); }
  [[nodiscard]] std::size_t frame_bytes_max() const override { return 64U << 10U; }
  [[nodiscard]] std::uint64_t oversized(const Transport& receiver) const override {
    return dynamic_cast<const SimTransport&>(receiver).oversized();
  }

 private:
  std::string fresh() { return "127.0.0.1:" + std::to_string(7000 + addresses_++); }

  simulation::Scheduler scheduler_;
  simulation::Network network_{scheduler_, {}, 1};
  int addresses_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Simulated, TransportContract,
                         testing::Values(TransportFactory{"simulated", [] { return std::make_unique<SimNetwork>(); }}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace wattring::cluster::test
