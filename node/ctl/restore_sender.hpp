// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/fact.hpp"
#include "node/ctl/session.hpp"
#include "node/meter/transfer_format.hpp"

namespace wattring::ctl {

/// Sends what a backup holds, some requests at a time, each until enough nodes have acknowledged it. Repeats are
/// harmless: readings are a set.
class RestoreSender {
 public:
  /// nodes: any of them takes any reading.
  RestoreSender(Session& session, std::vector<NodeAddress> nodes, std::int64_t retry_ms)
      : session_(session), nodes_(std::move(nodes)), retry_ms_(retry_ms) {}

  /// A text that readings from now on may have as their value.
  void text(std::string_view text);
  [[nodiscard]] Outcome<void> readings(std::string_view meter, std::span<const Fact> facts);
  [[nodiscard]] Outcome<void> row(const meter::TransferRow& row);
  /// Everything is acknowledged. Texts are forgotten.
  [[nodiscard]] Outcome<void> finish();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Readings that nodes did not take: older than they keep any, or of erased meters.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// The weakest class of an acknowledgement; empty: there was none.
  [[nodiscard]] const std::string& ack() const { return ack_; }

 private:
  struct Run {
    std::string meter;
    std::vector<Fact> facts;
  };
  struct Waiting {
    ApiRequest request;
    std::int64_t until_ns = 0;
  };
  [[nodiscard]] Outcome<void> send_readings();
  [[nodiscard]] Outcome<void> send_rows();
  [[nodiscard]] Outcome<void> enqueue(std::string target, std::string body);
  [[nodiscard]] Outcome<void> flush();
  /// True: it is done with.
  [[nodiscard]] Outcome<bool> judge(const Waiting& one, const NodeAddress& node, const Result<ApiResponse>& response);

  Session& session_;
  const std::vector<NodeAddress> nodes_;
  const std::int64_t retry_ms_;
  std::size_t next_node_ = 0;
  std::map<std::int64_t, std::string> texts_;
  std::vector<Run> runs_;
  std::size_t facts_ = 0;
  meter::TransferPartWriter rows_;
  std::size_t rows_bytes_ = 0;
  std::vector<Waiting> waiting_;
  std::uint64_t bytes_ = 0;
  std::uint64_t refused_ = 0;
  std::string ack_;
};

}  // namespace wattring::ctl
