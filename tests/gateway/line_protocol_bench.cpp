// SPDX-License-Identifier: Apache-2.0
// Lines per second on one core. Each iteration decodes one body of a full batch into a batch that keeps its memory.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "base/time.hpp"
#include "node/gateway/line_protocol.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kNowMs = 1'764'550'000'000;

LineContext context() {
  LineContext result;
  result.now_ms = kNowMs;
  result.window = {kNowMs - 3650 * kMsPerDay, kNowMs + 5 * kMsPerMinute};
  return result;
}

void decode_all(benchmark::State& state, const std::string& body, std::int64_t lines, std::int64_t readings) {
  Batch batch;
  for (auto _ : state) {
    batch.clear();
    decode_lines(body, context(), batch);
    benchmark::DoNotOptimize(batch.facts().data());
  }
  if (batch.facts().size() != static_cast<std::size_t>(readings)) state.SkipWithError("not all was decoded");
  state.SetItemsProcessed(state.iterations() * lines);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

/// Two fields of a meter that differs from line to line.
void two_fields_each_line_another_meter(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 40'000; ++i)
    body += fmt::format("energy,meter=M{:07} import_wh={}i,power_w={}i {}000000\n", 1234 + i, 123456 + i * 7,
                        i * 37 % 3000, kNowMs - i * 10);
  decode_all(state, body, 40'000, 80'000);
}
BENCHMARK(two_fields_each_line_another_meter);

/// One meter's history, decimals in kWh.
void two_decimal_fields_of_one_meter(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 40'000; ++i)
    body += fmt::format("energy,meter=M0001234 import_kwh={}.{:03},voltage_l1_v={}.{} {}000000\n", 1234 + i / 100,
                        i % 1000, 225 + i % 10, i % 10, kNowMs - i * 1000);
  decode_all(state, body, 40'000, 80'000);
}
BENCHMARK(two_decimal_fields_of_one_meter);

/// What Telegraf sends: more tags, more fields, floats.
void telegraf_line_of_six_fields(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 15'000; ++i)
    body += fmt::format(
        "modbus,host=gw-{0:02},location=cellar\\ 2,meter=E{1:08},type=em24 import_kwh={2}.5,export_kwh=0,power_w={3},"
        "voltage_l1_v=230.{4},current_l1_a=1.2{4},frequency_hz=50.0{4} {5}000000\n",
        i % 40, i, 1000 + i, i % 5000, i % 10, kNowMs - i * 10);
  decode_all(state, body, 15'000, 90'000);
}
BENCHMARK(telegraf_line_of_six_fields);

}  // namespace
}  // namespace wattring::gateway

BENCHMARK_MAIN();
