// SPDX-License-Identifier: Apache-2.0
#include "node/app/entry_encoder.hpp"

#include <algorithm>

namespace wattring::app {

std::size_t EntryEncoder::bytes_estimate() const {
  return cut_.batch.facts().size() * 16 + cut_.batch.runs().size() * 20 + cut_.slices.size() * 64 + 256;
}

void EntryEncoder::append_payload(const CutBatch::Slice& slice, std::string& out) {
  const auto& runs = cut_.batch.runs();
  const auto& facts = cut_.batch.facts();
  registers_.clear();
  indices_.clear();
  texts_.clear();
  std::size_t index = 0;
  for (std::uint32_t i = slice.first; i < slice.first + slice.count; ++i) {
    const auto& run = runs[cut_.order[i]];
    for (std::uint32_t f = run.first_fact; f < run.first_fact + run.fact_count; ++f) {
      // Registers repeat in the same order from meter to meter: look at the one after the last hit first.
      if (index + 1 < registers_.size() && registers_[index + 1] == facts[f].reg) {
        ++index;
      } else if (index >= registers_.size() || registers_[index] != facts[f].reg) {
        index = static_cast<std::size_t>(std::find(registers_.begin(), registers_.end(), facts[f].reg) -
                                         registers_.begin());
        if (index == registers_.size()) registers_.push_back(facts[f].reg);
      }
      indices_.push_back(static_cast<std::uint16_t>(index));
      if (cut_.batch.texts().empty()) continue;
      const auto text = cut_.batch.texts().find(facts[f].value);
      if (text != cut_.batch.texts().end()) texts_.push_back(text->second);
    }
  }
  const std::int64_t base_ms = facts[runs[cut_.order[slice.first]].first_fact].start_ms;
  meter::ReadingEntryWriter writer(out, received_at_ms_, base_ms, registers_, texts_);
  std::size_t next = 0;
  for (std::uint32_t i = slice.first; i < slice.first + slice.count; ++i) {
    const auto& run = runs[cut_.order[i]];
    writer.begin_run(cut_.batch.id(run), run.fact_count);
    for (std::uint32_t f = run.first_fact; f < run.first_fact + run.fact_count; ++f)
      writer.add(facts[f], indices_[next++]);
  }
}

}  // namespace wattring::app
