// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "base/prng.hpp"
#include "node/meter/intervals.hpp"
#include "persistence/chunk_codec.hpp"
#include "tests/meter/facts.hpp"

// Items are facts.

namespace wattring {
namespace {

using persistence::SeriesChunk;

/// A household's register: 20 to 200 Wh a reading.
std::vector<Fact> register_readings(std::size_t count, std::int64_t period_ms) {
  Prng prng(7);
  std::vector<Fact> facts;
  std::int64_t value = 3'432'827;
  for (std::size_t i = 0; i < count; ++i) {
    facts.push_back(test::reading(test::kDay0 + static_cast<std::int64_t>(i) * period_ms, value));
    value += 20 + static_cast<std::int64_t>(prng.below(181));
  }
  return facts;
}
SeriesChunk chunk_of(std::size_t count) {
  SeriesChunk chunk;
  merge(chunk, register_readings(count, count <= 96 ? 15 * kMsPerMinute : 60 * kMsPerSecond));
  return chunk;
}
void count_facts(benchmark::State& state, std::size_t facts) {
  state.SetItemsProcessed(static_cast<std::int64_t>(facts) * static_cast<std::int64_t>(state.iterations()));
}

void merge_behind(benchmark::State& state) {
  const std::vector<Fact> all = register_readings(200, 1000);
  const std::span<const Fact> late = std::span<const Fact>(all).subspan(100);
  SeriesChunk chunk;
  chunk.winners.reserve(200);
  for (auto _ : state) {
    chunk.winners.assign(all.begin(), all.begin() + 100);
    benchmark::DoNotOptimize(merge(chunk, late));
  }
  count_facts(state, 100);
}
BENCHMARK(merge_behind);

void merge_interleaved(benchmark::State& state) {
  const std::vector<Fact> all = register_readings(200, 1000);
  SeriesChunk even;
  std::vector<Fact> odd;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % 2 == 0)
      even.winners.push_back(all[i]);
    else
      odd.push_back(all[i]);
  for (auto _ : state) {
    SeriesChunk chunk = even;
    benchmark::DoNotOptimize(merge(chunk, odd));
  }
  count_facts(state, 100);
}
BENCHMARK(merge_interleaved);

void merge_repeats(benchmark::State& state) {
  const std::vector<Fact> all = register_readings(100, 1000);
  SeriesChunk chunk;
  merge(chunk, all);
  for (auto _ : state) benchmark::DoNotOptimize(merge(chunk, all));
  count_facts(state, 100);
}
BENCHMARK(merge_repeats);

void encode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const SeriesChunk chunk = chunk_of(count);
  std::size_t bytes = 0;
  for (auto _ : state) bytes = encode_chunk(chunk).size();
  count_facts(state, count);
  state.counters["bytes_per_fact"] = static_cast<double>(bytes) / static_cast<double>(count);
}
BENCHMARK(encode)->Arg(96)->Arg(1024);

void decode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::string bytes = encode_chunk(chunk_of(count));
  for (auto _ : state) benchmark::DoNotOptimize(persistence::decode_chunk(bytes, count));
  count_facts(state, count);
}
BENCHMARK(decode)->Arg(96)->Arg(1024);

void derive_day(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const SeriesChunk chunk = chunk_of(count);
  const meter::FoldOptions options;
  for (auto _ : state)
    benchmark::DoNotOptimize(derive_intervals(chunk.winners, {}, options, test::kDay0, test::kDay0 + kMsPerDay));
  count_facts(state, count);
}
BENCHMARK(derive_day)->Arg(96)->Arg(1024);

}  // namespace
}  // namespace wattring
