// SPDX-License-Identifier: Apache-2.0
#include "node/meter/transfer_format.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace wattring::meter {
namespace {

using persistence::Table;

constexpr std::uint8_t kVersion = 1;

Result<void> check_version(std::uint8_t version, const char* what) {
  if (version == kVersion) return {};
  return fail(ErrorCode::newer_format, std::string(what) + " of a transfer has version " + std::to_string(version),
              "the sending node runs a newer release: upgrade this one");
}

Failure malformed(const char* what) {
  return fail(ErrorCode::corrupt, std::string("transfer: malformed ") + what);
}

}  // namespace

bool travels(Table table) {
  switch (table) {
    case Table::series:
    case Table::interval:
    case Table::text:
    case Table::meter:
    case Table::alert:
    case Table::quarantine:
    case Table::limit:
      return true;
    default:
      return false;
  }
}

void TransferPartWriter::add(const TransferRow& row) {
  ByteWriter out(part_);
  if (part_.empty()) out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(row.table));
  out.sized_bytes(row.key);
  out.sized_bytes(row.payload);
}

std::string TransferPartWriter::finish() {
  return std::exchange(part_, {});
}

Result<std::vector<TransferRow>> read_transfer_part(std::string_view part) {
  auto rows = read_transfer_rows(part);
  if (rows && !std::ranges::all_of(*rows, travels, &TransferRow::table)) return malformed("part");
  return rows;
}

Result<std::vector<TransferRow>> read_transfer_rows(std::string_view part) {
  ByteReader in(part);
  const std::uint8_t version = in.u8();
  if (!in.ok() || part.size() > kTransferPartBytesMax) return malformed("part");
  if (auto known = check_version(version, "a part"); !known) return Failure(known.error());
  std::vector<TransferRow> rows;
  while (!in.at_end()) {
    const auto table = static_cast<Table>(in.u8());
    const std::string_view key = in.sized_bytes();
    const std::string_view payload = in.sized_bytes();
    if (!in.ok()) return malformed("part");
    rows.push_back({table, key, payload});
  }
  if (rows.empty()) return malformed("part");
  return rows;
}

std::uint64_t transfer_digest(std::uint64_t before, std::string_view part) {
  return hash64(part, before);
}

std::string encode_transfer_claim(const TransferClaim& claim) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.varint(claim.parts);
  out.u64_be(claim.digest);
  out.bytes(claim.coverage.encode());
  return bytes;
}

Result<TransferClaim> decode_transfer_claim(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (!in.ok()) return malformed("claim");
  if (auto known = check_version(version, "the claim"); !known) return Failure(known.error());
  TransferClaim claim;
  claim.parts = in.varint();
  claim.digest = in.u64_be();
  if (!in.ok()) return malformed("claim");
  auto coverage = sharding::Coverage::decode(in.rest());
  if (!coverage) return Failure(coverage.error());
  claim.coverage = std::move(*coverage);
  return claim;
}

}  // namespace wattring::meter
