// SPDX-License-Identifier: Apache-2.0
#include "node/app/committed_batch.hpp"

#include <algorithm>
#include <numeric>

namespace wattring::app {
namespace {

constexpr std::size_t kCountingSortFrom = 256;

}  // namespace

CutBatch::CutBatch(gateway::Batch&& cut_batch, const sharding::ShardKey& key) : batch(std::move(cut_batch)) {
  const auto& runs = batch.runs();
  hashes.reserve(runs.size());
  for (const auto& run : runs) hashes.push_back(key.hash(batch.id(run)));
  const auto shard_of = [&](std::uint32_t run) { return key.shard_of_hash(hashes[run]); };

  order.resize(runs.size());
  if (runs.size() < kCountingSortFrom) {
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return shard_of(a) < shard_of(b); });
  } else {
    std::vector<std::uint32_t> next(key.shard_count() + 1, 0);
    for (std::uint32_t run = 0; run < runs.size(); ++run) ++next[shard_of(run).value + 1U];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (std::uint32_t run = 0; run < runs.size(); ++run) order[next[shard_of(run).value]++] = run;
  }
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const ShardId shard = shard_of(order[i]);
    if (slices.empty() || slices.back().shard != shard) slices.push_back({shard, i, 0, {}, true});
    ++slices.back().count;
  }
}

CutBatch::~CutBatch() {
  if (budget != nullptr) budget->give_back(budget_bytes);
}

}  // namespace wattring::app
