// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/transport.hpp"
#include "tests/simulation/network.hpp"

namespace wattring::simulation {

/// cluster::Transport over the simulated network, so that both are held to the same contract. receive() does not
/// wait: whoever owns the Scheduler moves time. While receive() is not called what arrives stays here, within a
/// bound.
class SimTransport final : public cluster::Transport, public Receiver {
 public:
  SimTransport(Network& network, const std::string& endpoint);
  ~SimTransport() override;

  cluster::SendOutcome send(const cluster::Route& to, std::string_view frame) override;
  void check_connect(const std::string& endpoint) override;
  void receive(std::int64_t wait_ns, std::vector<cluster::Input>& inputs) override;
  [[nodiscard]] std::string endpoint() const override { return endpoint_; }
  [[nodiscard]] std::uint64_t oversized() const { return oversized_; }

  void receive(Port port, Arrival arrival) override;

 private:
  Network& network_;
  std::string endpoint_;
  Port port_;
  std::vector<cluster::Input> inbox_;
  std::uint64_t oversized_ = 0;
};

}  // namespace wattring::simulation
