// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cluster/zmq_curve.hpp"
#include "tests/cluster/zmq_network.hpp"
#include "tests/contract/transport_contract.hpp"

namespace wattring::cluster::test {
namespace {

std::unique_ptr<TransportNetwork> open_network() {
  return std::make_unique<ZmqNetwork>();
}

std::unique_ptr<TransportNetwork> secured_network() {
  auto network = std::make_unique<ZmqNetwork>();
  const CurvePair cluster = new_curve_pair();
  const CurvePair own = new_curve_pair();
  network->use_keys({{cluster.public_key}, cluster.secret_key, own, {{own.public_key, "n1"}}});
  return network;
}

INSTANTIATE_TEST_SUITE_P(Zmq, TransportContract,
                         testing::Values(TransportFactory{"open", open_network},
                                         TransportFactory{"secured", secured_network}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace wattring::cluster::test
