// SPDX-License-Identifier: Apache-2.0
// The commands against a small server of the test's own that speaks the outside API over loopback and can misbehave.
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/fact.hpp"
#include "base/time.hpp"
#include "node/sim/capture.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/http_read_back.hpp"
#include "node/sim/interval_oracle.hpp"
#include "node/sim/options.hpp"

namespace wattring::sim {
namespace {

using Json = nlohmann::json;

class SmallNode {
 public:
  SmallNode() {
    server_.set_socket_options([](socket_t) {});
    server_.set_tcp_nodelay(true);
    server_.Get("/api/v1/status", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"cluster":"small","version":"0","endpoints":{}})", "application/json");
    });
    server_.Post("/api/v1/readings", [this](const auto& request, auto& response) { take_json(request, response); });
    server_.Post("/write", [this](const auto& request, auto& response) {
      take_items(split_lines(request.body, *parse_precision(request.get_param_value("precision"))), response);
    });
    server_.Post("/api/v1/telegrams", [this](const auto& request, auto& response) {
      take_items(split_p1(request.body, request.get_param_value("meter")), response);
    });
    server_.Get(R"(/api/v1/meters/([^/]+)/readings)", [this](const auto& q, auto& r) { give_readings(q, r); });
    server_.Get(R"(/api/v1/meters/([^/]+)/intervals)", [this](const auto& q, auto& r) { give_intervals(q, r); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    // stop() before the loop runs would be lost.
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~SmallNode() { server_.stop(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  std::atomic<int> drop_every{0};  ///< acknowledges each n-th reading and forgets it
  std::atomic<int> busy_first{0};
  std::atomic<int> page{1000};
  std::atomic<std::uint64_t> posts{0};

 private:
  using Series = std::map<std::int64_t, std::int64_t>;

  bool turned_away(httplib::Response& response) {
    ++posts;
    if (busy_first-- <= 0) return false;
    response.status = 503;
    response.set_header("Retry-After", "0");
    response.set_content(R"({"error":{"code":"BUSY","message":"full","hint":""}})", "application/json");
    return true;
  }
  void store(const std::string& meter, Register reg, std::int64_t time, std::int64_t value) {
    if (drop_every > 0 && ++taken_ % drop_every == 0) return;
    stored_[meter][reg][time] = value;
  }
  void reply(httplib::Response& response, std::size_t stored) {
    response.set_content(
        Json{{"stored", stored}, {"refused", Json::array()}, {"refused_total", 0}, {"unknown_total", 0}}.dump(),
        "application/json");
  }
  void take_json(const httplib::Request& request, httplib::Response& response) {
    if (turned_away(response)) return;
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (std::size_t at = 0; at < request.body.size(); ++count) {
      const std::size_t end = request.body.find('\n', at);
      const Json row = Json::parse(request.body.substr(at, end - at));
      store(row.at("meter"), *parse_obis(row.at("register").get<std::string>()), row.at("time"), row.at("value"));
      at = end + 1;
    }
    reply(response, count);
  }
  void take_items(const std::vector<CapturedItem>& items, httplib::Response& response) {
    if (turned_away(response)) return;
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const CapturedItem& item : items) {
      for (const CapturedReading& reading : item.readings)
        store(reading.meter, reading.reg, reading.time_ms, reading.value);
      count += item.readings.size();
    }
    reply(response, count);
  }
  const Series& series(const httplib::Request& request) {
    return stored_[request.matches[1].str()][*parse_obis(request.get_param_value("register"))];
  }
  void give_readings(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    std::int64_t from = *parse_rfc3339(request.get_param_value("from"));
    if (request.has_param("after")) from = *parse_rfc3339(request.get_param_value("after"));
    const std::int64_t to = *parse_rfc3339(request.get_param_value("to"));
    const std::string asked = request.get_param_value("limit");
    int limit = 0;
    std::from_chars(asked.data(), asked.data() + asked.size(), limit);
    limit = std::min<int>(page, limit);
    Json answer{{"complete", true}, {"readings", Json::array()}, {"next", nullptr}};
    const Series& all = series(request);
    for (auto row = all.lower_bound(from); row != all.end() && row->first < to; ++row) {
      if (static_cast<int>(answer["readings"].size()) == limit) {
        answer["next"] = format_rfc3339(row->first);
        break;
      }
      answer["readings"].push_back({{"time", format_rfc3339(row->first)}, {"value", row->second}});
    }
    response.set_content(answer.dump(), "application/json");
  }
  void give_intervals(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    const std::int64_t from = *parse_rfc3339(request.get_param_value("from"));
    const std::int64_t to = *parse_rfc3339(request.get_param_value("to"));
    const Series& all = series(request);
    Json answer{{"complete", true}, {"intervals", Json::array()}};
    // Readings lie on the grid here, so that differences will do.
    for (std::int64_t at = from; at < to; at += kQuarterMs) {
      const auto begin = all.find(at);
      const auto end = all.find(at + kQuarterMs);
      if (begin == all.end() || end == all.end()) continue;
      answer["intervals"].push_back({{"start", format_rfc3339(at)},
                                     {"end", format_rfc3339(at + kQuarterMs)},
                                     {"value", end->second - begin->second}});
    }
    response.set_content(answer.dump(), "application/json");
  }

  std::mutex mutex_;
  std::map<std::string, std::map<Register, Series>> stored_;
  int taken_ = 0;
  httplib::Server server_;
  int port_ = 0;
  std::jthread thread_;
};

class EndToEnd : public ::testing::Test {
 protected:
  EndToEnd() {
    std::string name = (std::filesystem::temp_directory_path() / "wattring-sim-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    run_.node.nodes = {node_.address()};
    run_.fleet.meters = 20;
    run_.load.readings_max = 4000;
    run_.load.batch = 500;
    run_.load.patience_ms = 2000;
    run_.clients = 2;
    run_.ledger = (directory_ / "ledger.bin").string();
    check_.node = run_.node;
    check_.ledger = run_.ledger;
    check_.threads = 2;
    check_.wait_ms = 500;
  }
  ~EndToEnd() override { std::filesystem::remove_all(directory_); }

  SmallNode node_;
  std::filesystem::path directory_;
  RunOptions run_;
  CheckOptions check_;
  std::atomic<bool> stop_{false};
};

class EndToEndAs : public EndToEnd, public ::testing::WithParamInterface<SendAs> {};

TEST_P(EndToEndAs, AFaithfulNodePasses) {
  run_.as = GetParam();
  node_.page = 7;
  EXPECT_EQ(run_load(run_, stop_), kExitDone);
  EXPECT_EQ(run_check(check_, stop_), kExitDone);
}

TEST_P(EndToEndAs, ANodeThatForgetsFails) {
  run_.as = GetParam();
  node_.drop_every = 1000;
  EXPECT_EQ(run_load(run_, stop_), kExitDone);
  EXPECT_EQ(run_check(check_, stop_), kExitDataWrong);
}

INSTANTIATE_TEST_SUITE_P(Formats, EndToEndAs, ::testing::Values(SendAs::p1, SendAs::line, SendAs::json),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_F(EndToEnd, FaultsOfTheFleetAreNoFaultsOfTheNode) {
  run_.as = SendAs::json;
  run_.fleet.faults = {0.05, 0.05, 0.05, 0, 0.002, 0.002};
  EXPECT_EQ(run_load(run_, stop_), kExitDone);
  EXPECT_EQ(run_check(check_, stop_), kExitDone);
}

TEST_F(EndToEnd, ABusyNodeIsAskedAgain) {
  run_.as = SendAs::line;
  node_.busy_first = 5;
  EXPECT_EQ(run_load(run_, stop_), kExitDone);
  EXPECT_EQ(run_check(check_, stop_), kExitDone);
  EXPECT_EQ(node_.posts, 8U + 5U);
}

TEST_F(EndToEnd, ALimitThatIsMissedIsTold) {
  run_.as = SendAs::json;
  run_.limit_rate = 1e12;
  EXPECT_EQ(run_load(run_, stop_), kExitLimitMissed);
}

TEST_F(EndToEnd, NoNodeIsExitCodeThree) {
  run_.node.nodes = {"127.0.0.1:1"};
  run_.as = SendAs::json;
  EXPECT_EQ(run_load(run_, stop_), kExitNoNode);
  run_.node.nodes = {node_.address()};
  EXPECT_EQ(run_load(run_, stop_), kExitDone);
  check_.node.nodes = {"127.0.0.1:1"};
  EXPECT_EQ(run_check(check_, stop_), kExitNoNode);
}

TEST_F(EndToEnd, TheNextNodeIsTakenWhenOneDoesNotAnswer) {
  run_.as = SendAs::json;
  run_.node.nodes = {"127.0.0.1:1", node_.address()};
  EXPECT_EQ(run_load(run_, stop_), kExitDone);
}

TEST_F(EndToEnd, AReplayedCaptureCanBeChecked) {
  run_.as = SendAs::p1;
  const std::string capture = (directory_ / "capture.txt").string();
  {
    std::ofstream file(capture, std::ios::binary);
    file << "energy,meter=A import_kwh=1.5 1700000000\nenergy,meter=A import_kwh=1.7 1700000900\n"
         << "energy,meter=B export_wh=3i 1700000000\n";
  }
  ReplayOptions replay;
  replay.node = run_.node;
  replay.file = capture;
  replay.precision = "s";
  replay.batch = 2;
  replay.ledger = run_.ledger;
  EXPECT_EQ(run_replay(replay, stop_), kExitDone);
  EXPECT_EQ(run_check(check_, stop_), kExitDone);
  node_.drop_every = 3;
  replay.shift_to_now = true;
  EXPECT_EQ(run_replay(replay, stop_), kExitDone);
  EXPECT_EQ(run_check(check_, stop_), kExitDataWrong);
}

TEST_F(EndToEnd, AnUnknownFileOrLedgerIsWrongUsage) {
  ReplayOptions replay;
  replay.node = run_.node;
  replay.file = "/nonexistent";
  EXPECT_EQ(run_replay(replay, stop_), kExitUsage);
  check_.ledger = "/nonexistent";
  EXPECT_EQ(run_check(check_, stop_), kExitUsage);
}

}  // namespace
}  // namespace wattring::sim
