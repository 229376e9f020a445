// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "node/http/http_server.hpp"
#include "tests/node/http_client.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {

/// A server on a free loopback port over the fakes.
class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    options.listen = "127.0.0.1:0";
    options.version = "0.1.0";
    options.node_name = "n1";
    options.names = {"t"};
    query.node_status.ready = true;
  }
  ~HttpServerTest() override { ingest.release(); }

  void start() {
    server = std::make_unique<HttpServer>(options, ingest, query, clock, metrics, Log::silent(), Doors{&alerts});
    const auto bound = server->start();
    ASSERT_TRUE(bound) << bound.error().text();
    address = *bound;
  }
  [[nodiscard]] bool metric_has(std::string_view line) const {
    return metrics.prometheus_text().find(line) != std::string::npos;
  }

  HttpServer::Options options;
  FakeIngest ingest;
  FakeQuery query;
  FakeAlerts alerts;
  SystemClock clock;
  Metrics metrics;
  std::unique_ptr<HttpServer> server;
  std::string address;
};

inline constexpr std::string_view kLine = "energy,meter=M1 import_kwh=1.5 1770814931000000000\n";

}  // namespace wattring::http
