// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "node/app/config_keys.hpp"
#include "node/app/config_print.hpp"

namespace wattring::app {
namespace {

std::int64_t duration(std::int64_t min_ms, std::int64_t max_ms) {
  const std::int64_t unit = *rc::gen::element<std::int64_t>(1, kMsPerSecond, kMsPerMinute, kMsPerHour, kMsPerDay);
  return std::clamp(*rc::gen::inRange<std::int64_t>(0, 5000) * unit, min_ms, max_ms);
}

std::uint64_t size(unsigned min_bits, unsigned max_bits) {
  const unsigned bits = *rc::gen::inRange(min_bits, max_bits);
  return (1ULL << bits) + *rc::gen::inRange<std::uint64_t>(0, 1000) * 4096;
}

/// A value of TOML as it is written in a variable: without quotes and brackets.
std::string bare(std::string toml) {
  if (toml.front() == '[') toml = toml.substr(1, toml.size() - 2);
  std::erase(toml, '"');
  return toml;
}

Config arbitrary_config() {
  Config config;
  config.insecure = true;
  config.listen.http = {*rc::gen::element<std::string>("0.0.0.0", "::", "n1.example.org"),
                        *rc::gen::inRange<std::uint16_t>(8000, 9000)};
  const int seeds = *rc::gen::inRange(0, 4);
  for (int i = 0; i < seeds; ++i) config.cluster.join.push_back({"n" + std::to_string(i) + ".example.org", 7411});
  config.cluster.keys = *rc::gen::element<std::string>("", "/etc/wattring/node.keys");
  config.cluster.weight = *rc::gen::inRange<std::uint32_t>(1, 10'001);
  if (*rc::gen::arbitrary<bool>()) config.advertise.http = {"198.51.100.7", 0};
  config.ingest.accept_past_ms = duration(kMsPerHour, 36500 * kMsPerDay);
  config.ingest.accept_future_ms = duration(0, 365 * kMsPerDay);
  if (*rc::gen::arbitrary<bool>()) config.retention.raw_ms = duration(kMsPerDay, 3650 * kMsPerDay);
  config.ingest.in_flight_bytes_max = size(30, 39);
  config.ingest.connections_max = *rc::gen::inRange<std::uint32_t>(1, 65536);
  config.ingest.line_overwrite_latest = *rc::gen::arbitrary<bool>();
  config.store.map_size_bytes = size(32, 45);
  config.store.unsealed_bytes_max = size(23, 39);
  if (*rc::gen::arbitrary<bool>()) config.store.reserve = {0, *rc::gen::inRange(1, 5001) / 100.0};
  config.log.format = *rc::gen::element<std::string>("text", "json");
  const int sources = *rc::gen::inRange(0, 4);
  for (int i = 0; i < sources; ++i) {
    const auto meter = *rc::gen::container<std::string>(rc::gen::element('M', '-', '"', '\\', '#', ' ', '7'));
    config.p1.push_back({"source" + std::to_string(i), {"h", 23}, meter.substr(0, kMeterIdBytesMax), ""});
  }
  const int sinks = *rc::gen::inRange(0, 4);
  for (int i = 0; i < sinks; ++i) {
    AlertSink sink;
    sink.name = "sink" + std::to_string(i);
    sink.kind = *rc::gen::element<std::string>("webhook", "alertmanager", "log");
    if (sink.kind != "log") sink.url = *rc::gen::element<std::string>("http://h:1/?a=\"b\"", "https://[::1]/x");
    sink.token_file = *rc::gen::container<std::string>(rc::gen::element('/', 'a', '"', '\\', '#', ' '));
    sink.min_severity = *rc::gen::element<std::string>("info", "warn", "critical");
    sink.timeout_ms = duration(100, kMsPerMinute);
    sink.resend_ms = duration(kMsPerSecond, kMsPerHour);
    sink.give_up_after_ms = duration(kMsPerMinute, 30 * kMsPerDay);
    config.sinks.push_back(sink);
  }
  return config;
}

TEST(ConfigProperty, EveryConfigurationSurvivesBeingWrittenAndRead) {
  EXPECT_TRUE(rc::check([] {
    const Config config = arbitrary_config();
    const auto loaded = load_config({{{"w.toml", config_toml(config)}}, {}, {}});
    if (!loaded) RC_FAIL(loaded.error().front().text());
    RC_ASSERT(loaded->config == config);
  }));
}

TEST(ConfigProperty, TheSameValueMeansTheSameInAFileAVariableAndAFlag) {
  EXPECT_TRUE(rc::check([] {
    const Config config = arbitrary_config();
    ConfigSources environment;
    ConfigSources flags;
    for (const ConfigKey& key : config_keys()) {
      const std::string value = bare(key.get(config));
      environment.environment[environment_name(key)] = value;
      flags.sets.push_back(key.path() + "=" + value);
    }
    Config expected = config;
    expected.p1.clear();
    expected.sinks.clear();
    const auto from_environment = load_config(environment);
    const auto from_flags = load_config(flags);
    if (!from_environment) RC_FAIL(from_environment.error().front().text());
    if (!from_flags) RC_FAIL(from_flags.error().front().text());
    RC_ASSERT(from_environment->config == expected);
    RC_ASSERT(from_flags->config == expected);
  }));
}

}  // namespace
}  // namespace wattring::app
