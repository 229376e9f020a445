// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/time.hpp"
#include "node/gateway/ingest_door.hpp"
#include "node/http/ingest_reply.hpp"

namespace wattring::http {

/// The batches of one request on their way: at most two at a time, so that decoding one overlaps the commit of the
/// other and a large body fills neither memory nor the node's admission budget. One thread; replies come from others.
class Submission {
 public:
  static constexpr std::size_t kInFlightMax = 2;

  /// Waits end, and what they waited for is unknown, wait_ms from now or when `cancelled` is set.
  Submission(gateway::IngestDoor& door, const Clock& clock, std::int64_t wait_ms, const std::atomic<bool>& cancelled);

  /// `lines_before`: lines of the body ahead of the batch's; added to the refusals' line numbers.
  void submit(gateway::Batch&& batch, std::uint32_t lines_before);
  /// Something was turned away or is unknown: to go on would only make more of it.
  [[nodiscard]] bool stopped();
  /// Waits for what is on its way.
  [[nodiscard]] IngestOutcome finish();

 private:
  struct Replies;
  void wait_for_room(std::size_t in_flight_max);
  void collect();

  gateway::IngestDoor& door_;
  const Clock& clock_;
  const std::int64_t until_ns_;
  const std::atomic<bool>& cancelled_;
  /// Outlives the request when a reply comes after the deadline.
  const std::shared_ptr<Replies> replies_;
  IngestOutcome outcome_;
};

}  // namespace wattring::http
