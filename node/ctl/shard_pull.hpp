// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "node/backup/part_message.hpp"
#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// Reads whole shards from their owners, some at a time, part by part: the home first, another owner where one is
/// silent, busy or not sure that nothing is missing. Any owner will do, so a node that is down, a drain or a change of
/// the ring costs time only.
class ShardPull {
 public:
  struct Options {
    bool incomplete = false;  ///< shards too of which nobody is sure
    std::int64_t retry_ms = 60'000;
  };
  /// All of one shard come in order; `begin` again: what came of it is to be forgotten. An error of a sink ends all.
  struct Sinks {
    std::function<Outcome<void>(std::uint16_t shard)> begin;
    /// False: the part is not what a node should give; the shard is tried elsewhere.
    std::function<Outcome<bool>(std::uint16_t shard, const std::string& part)> part;
    std::function<Outcome<void>(std::uint16_t shard, const backup::PartMessage& last)> end;
    std::function<void()> progress;
  };
  /// Who could not be read, and why. When several fail and nothing else comes, the rest is not tried any more.
  using Missing = std::map<std::uint16_t, std::string>;

  ShardPull(Session& session, const Options& options);
  /// Learns who owns what.
  [[nodiscard]] Outcome<void> look();
  [[nodiscard]] std::uint16_t shards() const { return static_cast<std::uint16_t>(owners_.size()); }
  /// What GET /api/v1/shards said.
  [[nodiscard]] const Json& board() const { return board_; }
  [[nodiscard]] Outcome<Missing> pull(std::deque<std::uint16_t> wanted, const Sinks& sinks);

 private:
  struct Reading {
    std::uint16_t shard = 0;
    std::size_t owner = 0;  ///< index into owners_[shard]
    std::uint64_t session = 0;
    std::uint64_t part = 1;
    std::int64_t not_before_ns = 0;
    bool sure_only = true;
    std::string why{};  ///< the last trouble
  };
  void begin(std::uint16_t shard);
  [[nodiscard]] Outcome<void> round(const Sinks& sinks);
  [[nodiscard]] Outcome<void> take(Reading& reading, const Result<ApiResponse>& response, const Sinks& sinks);
  [[nodiscard]] Outcome<void> take_part(Reading& reading, const backup::PartMessage& message, const Sinks& sinks);
  void try_elsewhere(Reading& reading, std::string why);
  [[nodiscard]] std::int64_t now_ns() const { return session_.context().clock.monotonic_ns(); }

  Session& session_;
  const Options options_;
  Json board_;
  std::vector<std::vector<NodeAddress>> owners_;  ///< by shard, the home first
  std::deque<std::uint16_t> waiting_;
  std::vector<Reading> readings_;
  std::vector<std::uint16_t> done_;
  Missing missing_;
  std::int64_t came_ns_ = 0;      ///< when the last part came
  std::size_t failed_since_ = 0;  ///< shards given up since then
  Prng prng_;                     ///< numbers under which shards are read
};

}  // namespace wattring::ctl
