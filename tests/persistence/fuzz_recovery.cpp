// SPDX-License-Identifier: Apache-2.0
// Recovery, verify and dump over a journal of arbitrary rows: no crash, and the counts add up.
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"
#include "persistence/verify.hpp"

namespace {

using namespace wattring;
using namespace wattring::persistence;

// Input: rows of (table u8, LSN or key, sized value); the low bit of the first byte asks for a sealed record.
void fill(MemoryJournal& journal, std::string_view bytes) {
  ByteReader in(bytes);
  for (int row = 0; row < 64 && !in.at_end() && in.ok(); ++row) {
    const std::uint8_t choice = in.u8();
    const auto table = static_cast<Table>((choice >> 1U) % kTableCount);
    const std::uint64_t lsn = in.varint();
    std::string value(in.sized_bytes());
    if ((choice & 1U) != 0) (void)seal_record(value, Lsn{lsn});
    const std::string key = journal_key(Lsn{lsn});
    const WriteOp op{WriteOp::Kind::put, table, key, value};
    (void)journal.commit({&op, 1});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  MemoryJournal journal;
  fill(journal, {reinterpret_cast<const char*>(data), size});
  const auto snapshot = *journal.read();
  const auto first = first_lsn(*snapshot);
  const auto next = next_lsn(*snapshot);
  if (first && next && *first > *next) std::abort();
  std::uint64_t entries = 0;
  std::uint64_t damages = 0;
  std::uint64_t shared = 0;  // not local
  const auto count = [&](const EntryView& entry) { shared += is_local_format(entry.format) ? 0 : 1; };
  const auto on_entry = [&](Lsn, const EntryView& entry) {
    ++entries;
    count(entry);
  };
  const auto on_damage = [&](const Damage& damage) {
    ++damages;
    if (damage.entry) count(*damage.entry);
  };
  const auto tail = read_tail(*snapshot, Lsn{0}, on_entry, on_damage);
  if (!tail || tail->entries != entries || tail->bad_records + tail->bad_entries != damages) std::abort();
  JournalIndex index;
  const auto rebuilt = rebuild_index(*snapshot, index, {});
  // An entry that is there twice has one place.
  if (!rebuilt || index.size() > shared || (index.size() == 0) != (shared == 0)) std::abort();
  (void)verify(*snapshot, {}, {}, [](std::string_view) {});
  (void)stat(*snapshot);
  (void)dump(*snapshot, {}, {}, [](std::string_view) {});
  return 0;
}
