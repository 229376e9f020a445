// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cluster/view.hpp"

namespace wattring::http {

/// The members as this node sees them, in Prometheus' text format. Written at each scrape, because members come and
/// go and a series of the Metrics cannot be taken back.
[[nodiscard]] std::string member_metrics(const cluster::View& view);

}  // namespace wattring::http
