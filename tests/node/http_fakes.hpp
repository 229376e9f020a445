// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/gateway/ingest_door.hpp"
#include "node/http/api.hpp"
#include "node/http/query_door.hpp"
#include "tests/node/fake_alerts.hpp"

namespace wattring::http {

inline constexpr std::int64_t kTestNowMs = 1'770'814'931'000;  ///< 2026-02-11T13:02:11Z
inline constexpr Register kImport = obis(1, 0, 1, 8, 0);
inline constexpr Register kPower = obis(1, 0, 1, 7, 0);

class FakeClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return kTestNowMs; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return 0; }
};

/// Keeps what it is given and answers as it is told; without orders it stores everything on one disk.
class FakeIngest final : public gateway::IngestDoor {
 public:
  void submit(gateway::Batch&& batch, ReplyFunction reply) override {
    gateway::IngestReply answer;
    const std::uint64_t facts = batch.facts().size();
    answer.stored = facts;
    answer.ack = facts > 0 ? gateway::AckClass::single : gateway::AckClass::none;
    answer.copies = facts > 0 ? 1 : 0;
    answer.token = facts > 0 ? "t1" : "";
    answer.refusals = batch.refusals;
    const std::lock_guard lock(mutex);
    if (!orders.empty()) {
      orders.front()(answer);
      orders.pop_front();
    }
    batches.push_back(std::move(batch));
    if (hold_replies) {
      held.emplace_back(std::move(reply), std::move(answer));
    } else {
      reply(std::move(answer));
    }
  }
  [[nodiscard]] gateway::AcceptWindow accept_window() const override {
    return {kTestNowMs - 3650 * kMsPerDay, kTestNowMs + 5 * kMsPerMinute};
  }
  /// Answers what was held.
  void release() {
    const std::lock_guard lock(mutex);
    for (auto& [reply, answer] : held) reply(std::move(answer));
    held.clear();
  }
  [[nodiscard]] std::size_t facts() const {
    std::size_t sum = 0;
    for (const gateway::Batch& batch : batches) sum += batch.facts().size();
    return sum;
  }
  [[nodiscard]] std::size_t held_count() {
    const std::lock_guard lock(mutex);
    return held.size();
  }

  std::mutex mutex;
  std::deque<std::function<void(gateway::IngestReply&)>> orders;  ///< one a batch
  std::vector<gateway::Batch> batches;
  std::atomic<bool> hold_replies{false};
  std::vector<std::pair<ReplyFunction, gateway::IngestReply>> held;
};

class FakeQuery final : public QueryDoor {
 public:
  Result<MeterPage> meters(std::string_view prefix, std::string_view after, std::size_t limit) override {
    asked = std::string(prefix) + "|" + std::string(after) + "|" + std::to_string(limit);
    if (error) return tl::unexpected(*error);
    return page;
  }
  Result<MeterSummary> meter(std::string_view id) override {
    asked = id;
    if (error) return tl::unexpected(*error);
    return summary;
  }
  Result<ReadingsAnswer> readings(const ReadingsQuery& query) override {
    readings_query = query;
    if (error) return tl::unexpected(*error);
    return readings_answer;
  }
  Result<IntervalsAnswer> intervals(const IntervalsQuery& query) override {
    intervals_query = query;
    if (error) return tl::unexpected(*error);
    return intervals_answer;
  }
  NodeStatus status() override { return node_status; }

  std::string asked;
  ReadingsQuery readings_query;
  IntervalsQuery intervals_query;
  std::optional<Error> error;
  MeterPage page;
  MeterSummary summary;
  ReadingsAnswer readings_answer;
  IntervalsAnswer intervals_answer;
  NodeStatus node_status;
};

/// The API over the fakes.
struct ApiFixture {
  explicit ApiFixture(const IngestApi::Options& ingest_options = {}) : ApiFixture(ingest_options, true) {}
  /// Without alerts: as a node that has none.
  ApiFixture(const IngestApi::Options& ingest_options, bool with_alerts)
      : ApiFixture(ingest_options, with_alerts, nullptr) {}
  ApiFixture(const IngestApi::Options& ingest_options, bool with_alerts, ClusterDoor* cluster)
      : api({ingest_options, "n1", "0.1.0"}, ingest, query, {with_alerts ? &alerts : nullptr, cluster}, clock, budget,
            metrics, Log::silent()) {
    api.set_addresses({"127.0.0.1:7411", "127.0.0.1:7412", "127.0.0.1:7413", "127.0.0.1:7414"});
  }
  Response get(std::string_view target, std::string_view accept = {}) { return send("GET", target, {}, accept); }
  Response post(std::string_view target, std::string body, std::string_view encoding = {}) {
    return send("POST", target, std::move(body), {}, encoding);
  }
  Response send(std::string_view method, std::string_view target, std::string body = {}, std::string_view accept = {},
                std::string_view encoding = {}) {
    Request request;
    request.method = method;
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    request.accept = accept;
    request.content_encoding = encoding;
    request.body = std::move(body);
    return api.handle(request);
  }

  FakeIngest ingest;
  FakeQuery query;
  FakeAlerts alerts;
  FakeClock clock;
  BodyBudget budget{512U << 20U};
  Metrics metrics;
  Api api;
};

/// Discarded (an invalid value) when the body is not JSON.
[[nodiscard]] nlohmann::json parse(const Response& response);
[[nodiscard]] nlohmann::json parse(std::string_view text);

[[nodiscard]] std::string gzip(std::string plain);

inline std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

}  // namespace wattring::http
