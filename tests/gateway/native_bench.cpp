// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of native batches, and what msgpack-c's visitor needs to walk over the same bytes.
#include <benchmark/benchmark.h>

#include <msgpack.hpp>
#include <string>

#include "base/prng.hpp"
#include "node/gateway/native_codec.hpp"

namespace wattring::gateway::native {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr AcceptWindow kWindow{kNow - 1'000'000'000, kNow + 1'000'000};

/// 10,000 readings, the given number for each meter.
Batch make_batch(int readings_per_meter) {
  Batch batch;
  Prng prng(7);
  for (int meter = 0; meter < 10'000 / readings_per_meter; ++meter) {
    batch.meter("meter-" + std::to_string(1'000'000 + prng.below(1'000'000)));
    for (int i = 0; i < readings_per_meter; ++i) {
      Fact fact;
      fact.reg = i % 2 == 0 ? obis(1, 0, 1, 8, 0) : obis(1, 0, 2, 8, 0);
      fact.start_ms = fact.end_ms = kNow - static_cast<std::int64_t>(prng.below(1000)) - (i / 2) * 900'000;
      fact.value = static_cast<std::int64_t>(prng.below(50'000'000));
      batch.add(fact);
    }
  }
  return batch;
}

void encode_batches(benchmark::State& state) {
  const Batch batch = make_batch(static_cast<int>(state.range(0)));
  std::string frame;
  for (auto _ : state) {
    if (!encode_batch(1, batch, frame)) state.SkipWithError("not encoded");
    benchmark::DoNotOptimize(frame.data());
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
  state.counters["bytes_per_reading"] = static_cast<double>(frame.size()) / 10'000;
}
BENCHMARK(encode_batches)->Arg(1)->Arg(2)->Arg(100);

void decode_batches(benchmark::State& state) {
  std::string frame;
  if (!encode_batch(1, make_batch(static_cast<int>(state.range(0))), frame)) state.SkipWithError("not encoded");
  for (auto _ : state) {
    Batch batch;
    decode_batch(frame, kWindow, batch);
    if (batch.facts().size() != 10'000) state.SkipWithError("not decoded");
    benchmark::DoNotOptimize(batch.facts().data());
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(decode_batches)->Arg(1)->Arg(2)->Arg(100);

/// The least a decoder on msgpack-c could do: look at every number and build nothing.
struct SummingVisitor : msgpack::null_visitor {
  std::uint64_t sum = 0;
  bool visit_positive_integer(std::uint64_t v) {
    sum += v;
    return true;
  }
  bool visit_negative_integer(std::int64_t v) {
    sum += static_cast<std::uint64_t>(v);
    return true;
  }
  bool visit_str(const char*, std::uint32_t size) {
    sum += size;
    return true;
  }
};

void walk_with_msgpack_visitor(benchmark::State& state) {
  std::string frame;
  if (!encode_batch(1, make_batch(static_cast<int>(state.range(0))), frame)) state.SkipWithError("not encoded");
  for (auto _ : state) {
    SummingVisitor visitor;
    if (!msgpack::parse(frame.data() + kHeaderBytes, frame.size() - kHeaderBytes, visitor))
      state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(visitor.sum);
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(walk_with_msgpack_visitor)->Arg(1)->Arg(2)->Arg(100);

}  // namespace
}  // namespace wattring::gateway::native

BENCHMARK_MAIN();
