// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/gateway/ingest_door.hpp"
#include "node/http/body_budget.hpp"
#include "node/http/exchange.hpp"
#include "node/http/submission.hpp"

namespace wattring::http {

/// Readings in. A handler decodes on the connection's thread, submits in batches that the ingest path takes, and waits
/// for all outcomes. Any thread.
class IngestApi {
 public:
  struct Options {
    std::size_t unpacked_bytes_max = 64U << 20U;
    std::int64_t wait_ms = 30'000;  ///< for the outcome; after that it is unknown
    bool line_overwrite_latest = true;
    std::string telegram_zone = "Europe/Amsterdam";  ///< of telegrams' local times, unless the request names one
  };
  IngestApi(Options options, gateway::IngestDoor& door, const Clock& clock, BodyBudget& budget)
      : options_(std::move(options)), door_(door), clock_(clock), budget_(budget) {}

  [[nodiscard]] Response json(Request& request);
  [[nodiscard]] Response telegrams(Request& request);
  /// Readings of a backup: one entry, whatever the readings' age.
  [[nodiscard]] Response restored(Request& request);
  /// Both Influx endpoints.
  [[nodiscard]] Response lines(Request& request);

  /// Ends all waits; what they waited for is reported as unknown. For stopping.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

 private:
  using Decode = std::function<void(std::string_view body, Submission& submission)>;
  using Render = Response (*)(const IngestOutcome&);
  /// Unpacks, decodes, submits, waits, answers.
  Response run(Request& request, const Decode& decode, Render render);
  /// The body, unpacked when it is packed; a response when it cannot be.
  [[nodiscard]] std::optional<Response> unpack(Request& request, BodyBudget::Share& share);

  const Options options_;
  gateway::IngestDoor& door_;
  const Clock& clock_;
  BodyBudget& budget_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace wattring::http
