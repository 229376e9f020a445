// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "node/gateway/gunzip.hpp"
#include "node/gateway/line_protocol.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace gateway = wattring::gateway;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  gateway::LineContext context;
  context.now_ms = 1'764'547'200'000;
  context.window = {0, context.now_ms};
  context.precision = static_cast<gateway::LinePrecision>(data[0] % 6);
  gateway::Batch batch;
  gateway::decode_lines(body, context, batch);
  const auto lines = static_cast<std::uint64_t>(std::count(body.begin(), body.end(), '\n')) + 1;
  WATTRING_CHECK(batch.refusals.total() <= lines);
  for (const auto& run : batch.runs()) WATTRING_CHECK(gateway::valid_meter_id(batch.id(run)) && run.fact_count > 0);
  for (const auto& fact : batch.facts()) WATTRING_CHECK(!context.window.check(fact.start_ms));

  std::string expanded;
  if (gateway::gunzip(body, 1U << 16U, expanded)) WATTRING_CHECK(expanded.empty());
  WATTRING_CHECK(expanded.size() <= 1U << 16U);
  return 0;
}
