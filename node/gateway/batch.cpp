// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/batch.hpp"

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"

namespace wattring::gateway {
namespace {

/// Of a tree node around a text: three pointers, a colour, a key and a string.
constexpr std::size_t kTextNodeBytes = 4 * sizeof(void*) + sizeof(std::int64_t) + sizeof(std::string);

}  // namespace

void Batch::meter(std::string_view id) {
  if (!runs_.empty()) {
    MeterRun& last = runs_.back();
    if (this->id(last) == id) return;
    if (last.fact_count == 0) {
      ids_.resize(last.id_offset);
      runs_.pop_back();
    }
  }
  runs_.push_back({static_cast<std::uint32_t>(ids_.size()), static_cast<std::uint32_t>(id.size()),
                   static_cast<std::uint32_t>(facts_.size()), 0});
  ids_.append(id);
}

void Batch::add(const Fact& fact) {
  WATTRING_CHECK(!runs_.empty());
  facts_.push_back(fact);
  ++runs_.back().fact_count;
}

void Batch::add_text(Register reg, std::int64_t time_ms, std::string_view text) {
  const std::int64_t value = text_value(text);
  Fact fact;
  fact.reg = reg;
  fact.start_ms = time_ms;
  fact.end_ms = time_ms;
  fact.value = value;
  add(fact);
  texts_.try_emplace(value, text);
}

std::size_t Batch::memory_bytes() const {
  std::size_t bytes = sizeof(Batch) + ids_.capacity() + runs_.capacity() * sizeof(MeterRun) +
                      facts_.capacity() * sizeof(Fact) + refusals.listed().capacity() * sizeof(Refusal);
  for (const auto& [value, text] : texts_) bytes += kTextNodeBytes + text.capacity();
  for (const Refusal& refusal : refusals.listed()) bytes += refusal.got.capacity() + refusal.limit.capacity();
  return bytes;
}

void Batch::reserve(std::size_t facts, std::size_t meters) {
  facts_.reserve(facts);
  runs_.reserve(meters);
  ids_.reserve(meters * 16);
}

void Batch::clear() {
  ids_.clear();
  runs_.clear();
  facts_.clear();
  texts_.clear();
  refusals = Refusals{};
}

bool valid_meter_id(std::string_view id) {
  if (id.empty() || id.size() > kMeterIdBytesMax || id.front() == ' ' || id.back() == ' ') return false;
  unsigned plain = 1;  // without a branch per byte: nearly every id is printable ASCII
  for (const char c : id) {
    const auto byte = static_cast<std::uint8_t>(c);
    plain &= static_cast<unsigned>(byte >= 0x20) & static_cast<unsigned>(byte < 0x7F);
  }
  return plain != 0 || is_plain_text(id);
}

}  // namespace wattring::gateway
