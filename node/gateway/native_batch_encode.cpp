// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/pack_writer.hpp"
#include "node/gateway/native_codec.hpp"
#include "node/meter/registers.hpp"

namespace wattring::gateway::native {
namespace {

/// Register -> its place in the frame's table. Meters mostly send the same registers in the same order, so the next
/// place is guessed before it is looked up.
class RegisterTable {
 public:
  std::size_t place_of(Register reg) {
    const std::size_t guess = next_ < registers_.size() ? next_ : 0;
    if (guess < registers_.size() && registers_[guess] == reg) {
      next_ = guess + 1;
      return guess;
    }
    const auto [found, added] = places_.try_emplace(reg.packed, registers_.size());
    if (added) registers_.push_back(reg);
    next_ = found->second + 1;
    return found->second;
  }
  [[nodiscard]] const std::vector<Register>& registers() const { return registers_; }

 private:
  std::vector<Register> registers_;
  std::unordered_map<std::uint64_t, std::size_t> places_;
  std::size_t next_ = 0;
};

struct TextTable {
  std::vector<bool> is_text;
  const Batch* batch;

  /// The text of a text fact, else null.
  [[nodiscard]] const std::string* find(std::size_t place, const Fact& fact) const {
    if (!is_text[place]) return nullptr;
    const auto found = batch->texts().find(fact.value);
    return found == batch->texts().end() ? nullptr : &found->second;
  }
};

/// How many items a reading needs so that every attribute that is not at its default is there.
std::size_t items_of(const Fact& fact) {
  if (fact.flags != 0) return 8;
  if (fact.end_ms != fact.start_ms) return 7;
  if (fact.revision != 0) return 6;
  if (fact.method != 0) return 5;
  return fact.quality != Quality::actual ? 4 : 3;
}

bool write_reading(PackWriter& out, std::size_t place, std::int64_t base_ms, const Fact& fact) {
  std::int64_t delta = 0;
  if (__builtin_sub_overflow(fact.start_ms, base_ms, &delta)) return false;
  const std::size_t items = items_of(fact);
  out.array(items);
  out.uint(place);
  out.integer(delta);
  out.integer(fact.value);
  if (items == 3) return true;
  out.uint(static_cast<std::uint8_t>(fact.quality));
  if (items >= 5) out.uint(fact.method);
  if (items >= 6) out.uint(fact.revision);
  if (items >= 7) {
    std::int64_t span = 0;
    if (__builtin_sub_overflow(fact.end_ms, fact.start_ms, &span) || span < 0) return false;
    out.integer(span);
  }
  if (items >= 8) out.uint(fact.flags);
  return true;
}

bool write_text_reading(PackWriter& out, std::size_t place, std::int64_t base_ms, const Fact& fact,
                        const std::string& text) {
  std::int64_t delta = 0;
  if (__builtin_sub_overflow(fact.start_ms, base_ms, &delta)) return false;
  out.array(3);
  out.uint(place);
  out.integer(delta);
  out.text(text);
  return true;
}

Failure refuse(std::string& out, const std::string& what) {
  out.clear();
  return fail(ErrorCode::invalid_argument, "batch cannot be sent: " + what, "send it in smaller or correct parts");
}

}  // namespace

Result<void> encode_batch(std::uint64_t batch_id, const Batch& batch, std::string& out) {
  out.clear();
  if (batch.facts().size() > kBatchReadingsMax)
    return refuse(out,
                  std::to_string(batch.facts().size()) + " readings, at most " + std::to_string(kBatchReadingsMax));
  RegisterTable table;
  for (const Fact& fact : batch.facts()) table.place_of(fact.reg);
  if (table.registers().size() > kRegistersMax)
    return refuse(out,
                  std::to_string(table.registers().size()) + " registers, at most " + std::to_string(kRegistersMax));

  const std::int64_t base_ms = batch.facts().empty() ? 0 : batch.facts().front().start_ms;
  TextTable texts{{}, &batch};
  PackWriter writer(out);
  writer.byte(kMagic);
  writer.byte(kVersion);
  writer.byte(static_cast<std::uint8_t>(FrameType::batch));
  writer.array(5);
  writer.uint(batch_id);
  writer.integer(base_ms);
  writer.uint(batch.facts().size());
  writer.array(table.registers().size());
  for (const Register reg : table.registers()) {
    writer.uint(reg.packed);
    const meter::RegisterInfo* const info = meter::find_register(reg);
    texts.is_text.push_back(info != nullptr && info->dimension == meter::Dimension::text);
  }
  writer.array(batch.runs().size());
  for (const Batch::MeterRun& run : batch.runs()) {
    writer.array(2);
    writer.text(batch.id(run));
    writer.array(run.fact_count);
    for (std::uint32_t i = 0; i < run.fact_count; ++i) {
      const Fact& fact = batch.facts()[run.first_fact + i];
      const std::size_t place = table.place_of(fact.reg);
      const std::string* const text = texts.find(place, fact);
      if (text != nullptr ? !write_text_reading(writer, place, base_ms, fact, *text)
                          : !write_reading(writer, place, base_ms, fact))
        return refuse(out, "a reading with times that do not fit or an end before its start");
    }
  }
  writer.flush();
  if (out.size() > kBatchBytesMax)
    return refuse(out, std::to_string(out.size()) + " bytes, at most " + std::to_string(kBatchBytesMax));
  return {};
}

}  // namespace wattring::gateway::native
