// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace wattring::bench {

struct Options {
  std::string protocol = "http";   ///< http (line protocol), redis (XADD), copy (PostgreSQL COPY into a command)
  std::string host = "127.0.0.1";  ///< IPv4
  std::uint16_t port = 0;          ///< http and redis
  std::string path = "/write?precision=ms";  ///< http
  std::string command;                       ///< copy: a shell command that reads SQL, e.g. psql; one a connection
  std::size_t meters = 100'000;              ///< a multiple of batch * connections
  std::size_t batch = 10'000;                ///< lines a request
  std::size_t connections = 2;
  double seconds = 8;
  double lines_per_s = 0;         ///< 0 = closed loop: the next request follows the reply
  std::int64_t start_ms = 0;      ///< time of the first reading of each meter
  std::int64_t step_ms = 60'000;  ///< from one reading of a meter to the next
};

/// From "--name value" pairs.
[[nodiscard]] Result<Options> parse_options(std::span<char* const> arguments);

}  // namespace wattring::bench
