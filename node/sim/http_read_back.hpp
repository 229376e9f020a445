// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/read_back.hpp"

namespace wattring::sim {

/// Reads over the HTTP API, page by page. One thread.
class HttpReadBack final : public ReadBack {
 public:
  /// wait_ms: the time in all that may go into questions that had to be asked again, over the life of this object.
  /// level: of each question; empty = the node's default.
  HttpReadBack(HttpClient client, const Clock& clock, std::int64_t wait_ms, const std::string& level = {});

  Result<Answer<StoredReading>> readings(std::string_view meter, Register reg, std::int64_t from_ms,
                                         std::int64_t to_ms) override;
  Result<Answer<StoredInterval>> intervals(std::string_view meter, Register reg, std::int64_t from_ms,
                                           std::int64_t to_ms) override;
  bool wait_again() override;

 private:
  HttpClient client_;
  const Clock& clock_;
  std::int64_t wait_left_ms_;
  std::string level_;  ///< "&level=..."
  std::int64_t asked_ns_ = 0;
};

}  // namespace wattring::sim
