// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "node/gateway/json_readings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace gateway = wattring::gateway;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  gateway::JsonContext context;
  context.window = {0, 1'764'547'200'000};
  gateway::Batch batch;
  gateway::decode_json(body, context, batch);
  for (const auto& run : batch.runs()) WATTRING_CHECK(gateway::valid_meter_id(batch.id(run)) && run.fact_count > 0);
  for (const auto& fact : batch.facts()) WATTRING_CHECK(!context.window.check(fact.start_ms));
  for (const auto& refusal : batch.refusals.listed()) WATTRING_CHECK(refusal.line >= 1);
  return 0;
}
