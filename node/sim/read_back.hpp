// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "base/result.hpp"

namespace wattring::sim {

struct StoredReading {
  std::int64_t time_ms = 0;
  std::optional<std::int64_t> value;
};
struct StoredInterval {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::optional<std::int64_t> value;
};
template <class Row>
struct Answer {
  std::vector<Row> rows;  ///< as the node gave them, all pages
  bool complete = false;
  std::string answered_by{};  ///< name of the node to which the question was handed on; empty = the one asked
};

/// The way in which the checker reads from the cluster. One thread.
class ReadBack {
 public:
  virtual ~ReadBack() = default;
  /// from inclusive, to exclusive. A meter that the node does not know has no rows.
  [[nodiscard]] virtual Result<Answer<StoredReading>> readings(std::string_view meter, Register reg,
                                                               std::int64_t from_ms, std::int64_t to_ms) = 0;
  /// Quarters of an hour.
  [[nodiscard]] virtual Result<Answer<StoredInterval>> intervals(std::string_view meter, Register reg,
                                                                 std::int64_t from_ms, std::int64_t to_ms) = 0;
  /// Waits a moment before an answer that was not complete, or an error, is asked for again; false when the time for
  /// waiting is used up.
  [[nodiscard]] virtual bool wait_again() = 0;
};

}  // namespace wattring::sim
