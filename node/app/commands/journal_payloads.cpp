// SPDX-License-Identifier: Apache-2.0
#include "node/app/commands/journal_payloads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "base/fact.hpp"
#include "base/time.hpp"
#include "node/meter/quarantine_row.hpp"
#include "node/meter/reading_entry.hpp"
#include "node/meter/transfer_format.hpp"
#include "persistence/chunk_codec.hpp"

namespace wattring::app {
namespace {

struct Summary {
  std::uint64_t meters = 0;
  std::uint64_t readings = 0;
  std::string first_meter;
  std::int64_t oldest_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t newest_ms = std::numeric_limits<std::int64_t>::min();
};

Result<Summary> summarise(const persistence::EntryView& entry) {
  if (entry.format != meter::kReadingEntryFormat) {
    return fail(ErrorCode::newer_format, fmt::format("entry format {} is not known to this release", entry.format));
  }
  auto reader = meter::ReadingEntryReader::open(entry.payload);
  if (!reader) return Failure(reader.error());
  Summary summary;
  std::string_view id;
  std::vector<Fact> facts;
  while (true) {
    const auto more = reader->next_run(id, facts);
    if (!more) return Failure(more.error());
    if (!*more) return summary;
    if (summary.meters == 0) summary.first_meter = id;
    ++summary.meters;
    summary.readings += facts.size();
    for (const Fact& fact : facts) {
      summary.oldest_ms = std::min(summary.oldest_ms, fact.start_ms);
      summary.newest_ms = std::max(summary.newest_ms, fact.start_ms);
    }
  }
}

/// Nothing when the entry is of another format.
std::optional<Result<std::string>> describe_transfer(const persistence::EntryView& entry) {
  if (entry.format == meter::kTransferPartFormat) {
    const auto rows = meter::read_transfer_part(entry.payload);
    if (!rows) return Failure(rows.error());
    return fmt::format("part {} of a transfer, {} rows", entry.sequence.value, rows->size());
  }
  if (entry.format != meter::kTransferClaimFormat) return std::nullopt;
  const auto claim = meter::decode_transfer_claim(entry.payload);
  if (!claim) return Failure(claim.error());
  return fmt::format("claim of a transfer of {} parts, {} entries", claim->parts, claim->coverage.count());
}

Result<void> check_quarantined(std::string_view key, std::string_view payload) {
  const auto parsed = persistence::parse_quarantine_key(key);
  if (!parsed) return Failure(parsed.error());
  const auto row = meter::decode_quarantine_row(*parsed, payload);
  if (!row) return Failure(row.error());
  const auto runs = meter::decode_entry(row->payload);
  if (!runs) return Failure(runs.error());
  return {};
}

}  // namespace

Result<void> check_entry_payload(const persistence::EntryView& entry) {
  if (const auto transfer = describe_transfer(entry)) {
    if (!*transfer) return Failure(transfer->error());
    return {};
  }
  const auto summary = summarise(entry);
  if (!summary) return Failure(summary.error());
  return {};
}

Result<void> check_value_payload(persistence::Table table, std::string_view key, std::string_view payload) {
  if (table == persistence::Table::quarantine) return check_quarantined(key, payload);
  if (table != persistence::Table::series) return {};
  const auto chunk = persistence::decode_chunk(payload, persistence::kChunkFactsMax);
  if (!chunk) return Failure(chunk.error());
  return {};
}

std::string print_entry_payload(const persistence::EntryView& entry) {
  if (const auto transfer = describe_transfer(entry))
    return *transfer ? **transfer : "unreadable: " + transfer->error().text();
  const auto summary = summarise(entry);
  if (!summary) return "unreadable: " + summary.error().text();
  if (summary->readings == 0) return "0 readings";
  return fmt::format("{} readings of {} meters, first \"{}\", {} to {}", summary->readings, summary->meters,
                     summary->first_meter, format_rfc3339(summary->oldest_ms), format_rfc3339(summary->newest_ms));
}

}  // namespace wattring::app
