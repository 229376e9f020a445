// SPDX-License-Identifier: Apache-2.0
// Anything a disk or a peer may hand us as a record, a value or a key.
#include <cstdlib>
#include <string>
#include <string_view>

#include "persistence/format.hpp"
#include "persistence/identity.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace {

using namespace wattring;
using namespace wattring::persistence;

void read_all(std::string_view record, Lsn lsn) {
  auto reader = RecordReader::open(record, lsn);
  if (!reader) return;
  std::size_t entries = 0;
  EntryView entry;
  RecordBuilder again(WriterId{});
  bool whole = true;
  for (auto step = reader->next(entry); step != RecordReader::Step::end; step = reader->next(entry)) {
    ++entries;
    whole = whole && step == RecordReader::Step::entry;
    again.add(entry);
  }
  if (entries != reader->entry_count()) std::abort();
  if (whole && !RecordReader::open(again.finish())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_all(bytes, Lsn{1});
  // Checksums keep a fuzzer out of the structure behind them: give it the right ones.
  std::string record(bytes);
  if (seal_record(record, Lsn{1})) read_all(record, Lsn{1});
  (void)open_value(bytes, 1);
  const std::string value = seal_value(bytes, 1);
  if (open_value(value, 1).value() != bytes) std::abort();
  (void)decode_identity(bytes);
  (void)parse_identity_file(bytes);
  if (const auto key = parse_series_key(bytes); key && series_key(*key) != bytes) std::abort();
  if (const auto key = parse_interval_key(bytes); key && interval_key(*key) != bytes) std::abort();
  if (const auto key = parse_meter_key(bytes); key && meter_key(key->shard, key->meter_id) != bytes) std::abort();
  if (const auto key = parse_quarantine_key(bytes); key && quarantine_key(*key) != bytes) std::abort();
  if (const auto key = parse_alert_key(bytes); key && alert_key(key->shard, key->alert_id) != bytes) std::abort();
  if (const auto key = parse_text_key(bytes); key && text_key(key->shard, key->value) != bytes) std::abort();
  if (const auto key = parse_journal_key(bytes); key && journal_key(*key) != bytes) std::abort();
  if (const auto key = parse_shard_key(bytes); key && shard_key(*key) != bytes) std::abort();
  if (const auto key = parse_outbox_key(bytes); key && outbox_key(*key) != bytes) std::abort();
  return 0;
}
