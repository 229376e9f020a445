// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "node/ctl/context.hpp"
#include "node/ctl/json.hpp"

namespace wattring::ctl {

/// Stands in for nodes: what is asked for by "ADDRESS TARGET", "METHOD TARGET" or "TARGET" is answered in order, the
/// last answer again and again. What nothing was prepared for is silent.
class FakeNodes final : public ApiClient {
 public:
  struct Seen {
    std::string address;
    ApiRequest request;
  };

  void answer(const std::string& what, int status, std::string body, std::optional<std::int64_t> retry_after_s = {});
  void silence(const std::string& what, std::string reason, ErrorCode code = ErrorCode::io);
  /// What was prepared for it is gone.
  void forget(const std::string& what) { prepared_.erase(what); }
  Result<ApiResponse> send(const std::string& address, const ApiRequest& request) override;

  void use_token(std::string given) override { token = std::move(given); }
  /// Everybody's doors are open but those in `closed`.
  std::vector<Result<void>> knock_each(std::span<const std::string> addresses, std::int64_t timeout_ms) override;

  std::vector<Seen> seen;
  std::vector<std::string> closed;
  std::string token;
  std::int64_t answered_us = 0;  ///< when every answer came, 4 ms after its question; 0 = not measured

 private:
  std::map<std::string, std::deque<Result<ApiResponse>>> prepared_;
};

/// Time moves only when somebody sleeps, unless told otherwise.
class FakeClock final : public Clock {
 public:
  mutable std::int64_t now_ms = 1'770'815'250'000;  ///< 2026-02-11T13:07:30Z
  std::int64_t look_takes_ms = 0;
  [[nodiscard]] std::int64_t wall_ms() const override { return now_ms += look_takes_ms; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ms * 1'000'000; }
};

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

/// One run of wattringctl against fake nodes. JSON that it writes is held against its schema.
struct Ctl {
  FakeNodes nodes;
  FakeClock clock;
  std::map<std::string, std::string> environment{{"LANG", "en_US.UTF-8"}};
  bool out_is_terminal = false;
  std::string typed;  ///< what somebody types on the terminal
  bool in_is_terminal = false;
  int sleeps_until_stop = -1;  ///< breaks the output after so many sleeps, as a closed pipe does; -1 = never
  Ran run(const std::vector<std::string>& arguments);
};

/// What is wrong with the document by this JSON Schema, members that the schema does not name included; empty when
/// nothing is.
[[nodiscard]] std::string schema_errors(const Json& schema, const Json& document, const std::string& path = "$");
/// Compares with tests/node/ctl/golden/NAME; with WATTRING_REWRITE_GOLDEN set it writes the file instead.
[[nodiscard]] ::testing::AssertionResult matches_golden(const std::string& name, const std::string& text);
/// The fields and kinds of a JSON text, one a line: what a script may hold on to.
[[nodiscard]] std::string shape_of(const std::string& json_text);

}  // namespace wattring::ctl
