// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "node/gateway/ingest_door.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {

/// What became of all batches of one request.
struct IngestOutcome {
  gateway::IngestReply total;
  std::uint32_t retry_after_ms = 1000;

  /// Adds the reply of one batch: sums, the weakest class, the fewest copies, a token for all. `lines_before` is added
  /// to the refusals' lines.
  void add(gateway::IngestReply&& reply, std::uint32_t lines_before = 0);
};

/// The API's own endpoints: 200 with the three outcomes; 503 when something was turned away or nothing is known to be
/// stored and something is unknown.
[[nodiscard]] Response native_response(const IngestOutcome& outcome);

/// What Influx clients understand: 204 when all was stored; 503 when something is unknown or was turned away, because
/// they send again then; 400 with "error" as a text that begins "partial write" when some was refused, because that is
/// what keeps them from sending the same forever.
[[nodiscard]] Response influx_response(const IngestOutcome& outcome);

}  // namespace wattring::http
