// SPDX-License-Identifier: Apache-2.0
#include "node/backup/tally.hpp"

#include <array>
#include <variant>

#include "base/hash.hpp"

namespace wattring::backup {
namespace {

constexpr std::array kMembers{&Tally::readings, &Tally::texts,  &Tally::intervals, &Tally::meters,
                              &Tally::alerts,   &Tally::limits, &Tally::unknown,   &Tally::sum};

void count(const meter::TransferItem& item, Tally& tally) {
  if (const auto* facts = std::get_if<meter::TransferFacts>(&item)) {
    tally.readings += facts->facts.size();
    for (const Fact& fact : facts->facts) tally.sum += name_of(facts->meter, fact);
  }
  tally.texts += std::holds_alternative<meter::TransferText>(item) ? 1 : 0;
  tally.intervals += std::holds_alternative<meter::TransferIntervals>(item) ? 1 : 0;
  tally.meters += std::holds_alternative<meter::TransferSnapshot>(item) ? 1 : 0;
  tally.limits += std::holds_alternative<meter::TransferLimit>(item) ? 1 : 0;
  tally.alerts += std::holds_alternative<meter::TransferAlert>(item) ? 1 : 0;
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  for (const auto member : kMembers) this->*member += other.*member;
  return *this;
}

void encode(const Tally& tally, std::string& out) {
  ByteWriter writer(out);
  for (const auto member : kMembers) writer.u64_be(tally.*member);
}

Tally decode_tally(ByteReader& in) {
  Tally tally;
  for (const auto member : kMembers) tally.*member = in.u64_be();
  return tally;
}

std::uint64_t name_of(std::string_view meter, const Fact& fact) {
  std::array<std::uint64_t, 7> words{fact.reg.packed,
                                     static_cast<std::uint64_t>(fact.start_ms),
                                     static_cast<std::uint64_t>(fact.end_ms),
                                     static_cast<std::uint64_t>(fact.value),
                                     fact.revision,
                                     static_cast<std::uint64_t>(fact.quality),
                                     fact.method};
  std::array<char, sizeof(words)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(words[i / 8] >> (8 * (i % 8)));
  return hash64(std::string_view(bytes.data(), bytes.size()), hash64(meter));
}

Result<Tally> read_part(std::string_view part, const OnRow& on_row) {
  const auto rows = meter::read_transfer_rows(part);
  if (!rows) return Failure(rows.error());
  Tally tally;
  for (const meter::TransferRow& row : *rows) {
    if (!meter::travels(row.table)) {
      ++tally.unknown;
      continue;
    }
    const auto item = meter::decode_transfer_row(row);
    if (!item) return Failure(item.error());
    count(*item, tally);
    if (on_row) on_row(*item, row);
  }
  return tally;
}

}  // namespace wattring::backup
