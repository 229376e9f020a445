// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tests/actor/remote_nodes.hpp"

/// What actors of several nodes may rely on, whatever carries the frames. A program takes remoting_contract.cpp among
/// its sources and instantiates the suite with its network.

namespace wattring::actor {

struct RemoteNetworkFactory {
  std::string name;
  std::function<std::unique_ptr<RemoteNetwork>()> make;
};
inline void PrintTo(const RemoteNetworkFactory& factory, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << factory.name;
}

class RemotingContract : public ::testing::TestWithParam<RemoteNetworkFactory> {
 protected:
  std::unique_ptr<RemoteNetwork> network = GetParam().make();
};

}  // namespace wattring::actor
