// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/shard_pull.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.hpp"
#include "base/units.hpp"
#include "node/ctl/roster.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kShardsAtOnce = 8;
/// A node seals the shard and asks the other owners before it gives the first part.
constexpr std::int64_t kPartWaitMs = 30'000;
constexpr std::int64_t kPullPauseNs = 500'000'000;

std::vector<NodeAddress> owners_in(const Json& row, const std::map<std::string, NodeAddress>& by_name) {
  std::vector<NodeAddress> owners;
  const auto add = [&](const std::string& name) {
    const auto node = by_name.find(name);
    if (node == by_name.end()) return;
    if (std::ranges::find(owners, node->second.address, &NodeAddress::address) == owners.end())
      owners.push_back(node->second);
  };
  add(row["home"].string());
  for (const Json& owner : row["owners"].items()) add(owner.string());
  return owners;
}

std::uint64_t seed_from(const std::array<std::uint8_t, 16>& random) {
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < sizeof(seed); ++i) seed = (seed << 8U) | random[i];
  return seed;
}

std::string refusal_of(const ApiResponse& response) {
  const auto body = parse_json(response.body);
  const std::string& message = body ? (*body)["error"]["message"].string() : response.body;
  return fmt::format("answered {}: {}", response.status, message.substr(0, 200));
}

}  // namespace

ShardPull::ShardPull(Session& session, const Options& options)
    : session_(session), options_(options), prng_(seed_from(session.context().random_128())) {}

Outcome<void> ShardPull::look() {
  auto board = session_.get("/api/v1/shards");
  if (!board) return tl::unexpected(board.error());
  board_ = std::move(*board);
  if (board_["shards"].items().empty())
    return tl::unexpected(Trouble{kExitNoAnswer, "The node does not know yet who owns what; try again in a moment.\n"});
  std::map<std::string, NodeAddress> by_name;
  for (const NodeAddress& node : find_nodes(session_).nodes)
    if (!node.name.empty()) by_name[node.name] = node;
  owners_.clear();
  for (const Json& row : board_["shards"].items()) owners_.push_back(owners_in(row, by_name));
  return {};
}

void ShardPull::begin(std::uint16_t shard) {
  Reading reading;
  reading.shard = shard;
  reading.session = prng_.next();
  readings_.push_back(std::move(reading));
}

Outcome<ShardPull::Missing> ShardPull::pull(std::deque<std::uint16_t> wanted, const Sinks& sinks) {
  waiting_ = std::move(wanted);
  missing_.clear();
  came_ns_ = now_ns();
  failed_since_ = 0;
  while (!waiting_.empty() || !readings_.empty()) {
    while (!waiting_.empty() && readings_.size() < kShardsAtOnce) {
      begin(waiting_.front());
      waiting_.pop_front();
    }
    if (auto went = round(sinks); !went) return tl::unexpected(went.error());
    std::erase_if(readings_, [&](const Reading& one) {
      return std::ranges::find(done_, one.shard) != done_.end() || missing_.contains(one.shard);
    });
    done_.clear();
    if (failed_since_ >= kShardsAtOnce) {
      for (const std::uint16_t shard : waiting_) missing_[shard] = "was not tried any more";
      waiting_.clear();
    }
    if (sinks.progress) sinks.progress();
  }
  return std::move(missing_);
}

Outcome<void> ShardPull::round(const Sinks& sinks) {
  std::vector<Session::Raw> calls;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    Reading& reading = readings_[i];
    if (now_ns() < reading.not_before_ns) continue;
    const auto& owners = owners_[reading.shard];
    if (owners.empty()) {
      try_elsewhere(reading, "none of its owners is known");
      continue;
    }
    ApiRequest request;
    request.target =
        fmt::format("/api/v1/backup/shards/{}?session={:x}&part={}", reading.shard, reading.session, reading.part);
    calls.push_back({owners[reading.owner % owners.size()], std::move(request)});
    asked.push_back(i);
  }
  if (calls.empty()) {
    session_.context().sleep(kPullPauseNs / kNsPerMs);
    return {};
  }
  const auto responses = session_.raw_each(calls, kPartWaitMs);
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (auto taken = take(readings_[asked[i]], responses[i], sinks); !taken) return taken;
  return {};
}

Outcome<void> ShardPull::take(Reading& reading, const Result<ApiResponse>& response, const Sinks& sinks) {
  if (!response) {
    try_elsewhere(reading, response.error().message);
    return {};
  }
  // One that must not do it will not do it later either.
  if (response->status == 401 || response->status == 403) {
    auto body = parse_json(response->body);
    const auto& owners = owners_[reading.shard];
    return tl::unexpected(
        Session::refused(owners[reading.owner % owners.size()].label(), response->status, body ? *body : Json()));
  }
  // It gives away no faster than it may: the same part again.
  if (response->status == 503 && reading.part > 1 && now_ns() - came_ns_ < options_.retry_ms * kNsPerMs) {
    reading.not_before_ns = now_ns() + kPullPauseNs;
    return {};
  }
  if (response->status != 200) {
    try_elsewhere(reading, refusal_of(*response));
    return {};
  }
  const auto message = backup::decode_part_message(response->body);
  if (!message) {
    try_elsewhere(reading, message.error().message);
    return {};
  }
  return take_part(reading, *message, sinks);
}

Outcome<void> ShardPull::take_part(Reading& reading, const backup::PartMessage& message, const Sinks& sinks) {
  if (!message.complete && reading.sure_only) {
    try_elsewhere(reading, "cannot reach enough other owners to be sure that nothing is missing");
    return {};
  }
  if (reading.part == 1)
    if (auto begun = sinks.begin(reading.shard); !begun) return begun;
  if (message.last) {
    done_.push_back(reading.shard);
    came_ns_ = now_ns();
    failed_since_ = 0;
    return sinks.end(reading.shard, message);
  }
  const auto sound = sinks.part(reading.shard, message.part);
  if (!sound) return tl::unexpected(sound.error());
  if (!*sound) try_elsewhere(reading, "what it gives does not decode");
  if (!*sound) return {};
  ++reading.part;
  came_ns_ = now_ns();
  return {};
}

/// The next owner, from the beginning; after the last one a pause and a new look at who owns what.
void ShardPull::try_elsewhere(Reading& reading, std::string why) {
  const auto& owners = owners_[reading.shard];
  const std::string name = owners.empty() ? "" : owners[reading.owner % owners.size()].label() + " ";
  reading.why = name + std::move(why);
  reading.part = 1;
  reading.session = prng_.next();
  ++reading.owner;
  if (!owners.empty() && reading.owner % owners.size() != 0) return;
  if (options_.incomplete && reading.owner >= owners.size()) reading.sure_only = false;
  if (now_ns() - came_ns_ >= options_.retry_ms * kNsPerMs) {
    missing_[reading.shard] = reading.why;
    ++failed_since_;
    return;
  }
  reading.not_before_ns = now_ns() + kPullPauseNs;
  (void)look();
}

}  // namespace wattring::ctl
