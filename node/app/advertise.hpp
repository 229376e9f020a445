// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster/record.hpp"
#include "node/app/config.hpp"

namespace wattring::app {

/// The addresses others are told, from those the listeners got. A listener on every address that nothing is configured
/// for is told at membership's host. Pure.
[[nodiscard]] cluster::Endpoints advertised(const Config::Advertise& config, const cluster::Endpoints& listening);

}  // namespace wattring::app
