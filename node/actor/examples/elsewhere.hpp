// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "cluster/transport.hpp"

namespace wattring::actor::examples {

/// 42, kept by an actor of one node and asked for on another. Two sockets, one for each.
[[nodiscard]] Result<std::int64_t> elsewhere(std::unique_ptr<cluster::Transport> here,
                                             std::unique_ptr<cluster::Transport> there);

}  // namespace wattring::actor::examples
