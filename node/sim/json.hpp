// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/sim/read_back.hpp"

/// The API's JSON, as outside callers see it. Bytes from outside: what does not have the promised shape is `corrupt`.

namespace wattring::sim {

struct IngestAnswer {
  struct Refused {
    std::uint64_t line = 0;
    std::string reason;
  };
  std::uint64_t stored = 0;
  std::uint64_t refused_total = 0;
  std::uint64_t unknown_total = 0;
  std::vector<Refused> refused;
  std::string ack_class;
  int copies = 0;
  std::string token;
};
[[nodiscard]] Result<IngestAnswer> parse_ingest_answer(std::string_view body);

struct NodeFacts {
  std::string cluster;
  std::string version;
  std::string ingest;  ///< endpoint of the native protocol; empty when the node has none
};
[[nodiscard]] Result<NodeFacts> parse_status(std::string_view body);

struct ReadingsPage {
  Answer<StoredReading> answer;
  std::optional<std::string> next;
};
[[nodiscard]] Result<ReadingsPage> parse_readings(std::string_view body);
[[nodiscard]] Result<Answer<StoredInterval>> parse_intervals(std::string_view body);

/// {"error":{"code","message","hint"}} as one line; the first bytes of the body when it is not that.
[[nodiscard]] std::string error_text(int status, std::string_view body);

}  // namespace wattring::sim
