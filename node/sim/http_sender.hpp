// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "node/sim/encode.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/sender.hpp"

namespace wattring::sim {

/// What a reply to a POST of readings means. range_of: the readings of a 1-based line, array element or telegram.
/// readings: how many the body held.
[[nodiscard]] SendReply interpret_reply(const Result<HttpReply>& reply, std::size_t readings,
                                        const std::function<RefusedRange(std::uint64_t line)>& range_of);

/// One request at a time over one connection. as: p1, line or json.
[[nodiscard]] std::unique_ptr<Sender> make_http_sender(HttpClient client, SendAs as, const MeterNames& names);

}  // namespace wattring::sim
