// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "node/http/cluster_reads.hpp"
#include "node/http/doors.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {

/// Erasures of meters: what one would take, and the thing itself. Any thread.
class EraseApi {
 public:
  static constexpr std::size_t kReasonBytesMax = 200;

  EraseApi(const Doors& doors, const Clock& clock)
      : door_(doors.erase), alerts_(doors.alerts), reads_(doors.peers), clock_(clock) {}

  [[nodiscard]] Response count(const Request& request, std::string_view meter) const;
  [[nodiscard]] Response erase(const Request& request, std::string_view meter) const;

 private:
  [[nodiscard]] Response count_here(std::string_view meter, std::int64_t before_ms, std::string_view level) const;
  [[nodiscard]] std::optional<std::uint64_t> alerts_before(std::string_view meter, std::int64_t before_ms) const;
  [[nodiscard]] Result<std::int64_t> read_before(std::string_view text) const;

  EraseDoor* const door_;
  AlertDoor* const alerts_;
  const ClusterReads reads_;
  const Clock& clock_;
};

}  // namespace wattring::http
