// SPDX-License-Identifier: Apache-2.0
#include "node/app/holdings.hpp"

#include <map>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "node/meter/transfer_format.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/recovery.hpp"

namespace wattring::app {
namespace {

using persistence::Table;

class Recovery {
 public:
  Recovery(const persistence::ReadTransaction& disk, std::size_t shard_count)
      : disk_(disk), coverage_(shard_count), applied_(shard_count) {}

  Result<RecoveredHoldings> run() {
    auto marks = read_shard_marks(disk_);
    if (!marks) return Failure(marks.error());
    auto generation = read_generation(disk_);
    if (!generation) return Failure(generation.error());
    for (const auto table : {Table::coverage, Table::applied})
      if (auto read = read_rows(table); !read) return Failure(read.error());
    const auto read = persistence::read_headers(
        disk_, Lsn{0}, [&](Lsn lsn, const persistence::EntryView& entry) { take(lsn, entry); }, {});
    if (!read) return Failure(read.error());
    found_.generation = *generation;
    for (std::size_t shard = 0; shard < coverage_.size(); ++shard) {
      const ShardId id{static_cast<std::uint16_t>(shard)};
      const ShardMarks& mark = (*marks)[id];
      if (coverage_[shard].writers().empty() && mark.filled_ring == 0 && !mark.suspect) continue;
      found_.held.push_back({id, std::move(coverage_[shard]), mark.filled_ring, mark.suspect});
    }
    return std::move(found_);
  }

 private:
  /// A row that does not verify claims nothing; what it said is fetched again.
  Result<void> read_rows(Table table) {
    return disk_.scan(table, {}, [&](std::string_view key, std::string_view sealed) {
      const auto shard = persistence::parse_shard_key(key);
      const auto payload = persistence::open_value(sealed, persistence::position_of(key));
      if (!shard || !payload || shard->value >= coverage_.size()) return true;
      if (table == Table::coverage) {
        if (auto coverage = sharding::Coverage::decode(*payload)) coverage_[shard->value] = std::move(*coverage);
      } else {
        ByteReader in(*payload);
        applied_[shard->value] = Lsn{in.u64_be()};
      }
      return true;
    });
  }

  void take(Lsn lsn, const persistence::EntryView& entry) {
    if (entry.shard.value >= coverage_.size()) return;
    const bool is_sealed = lsn <= applied_[entry.shard.value];
    if (!persistence::is_local_format(entry.format)) {
      found_.index.add(lsn, entry.shard, entry.writer, entry.sequence);
      if (!is_sealed) coverage_[entry.shard.value].add(entry.writer, entry.sequence);
    } else if (entry.format == meter::kTransferPartFormat) {
      // Parts are staged in order: a gap means that one is lost.
      std::uint64_t& parts = parts_[{entry.shard, entry.writer}];
      if (entry.sequence.value == parts + 1) ++parts;
    } else if (entry.format == meter::kTransferClaimFormat && !is_sealed) {
      take_claim(entry);
    }
  }

  void take_claim(const persistence::EntryView& entry) {
    if (hash64(entry.payload) != entry.checksum) return;
    const auto claim = meter::decode_transfer_claim(entry.payload);
    if (claim && claim->parts == parts_[{entry.shard, entry.writer}])
      coverage_[entry.shard.value].join(claim->coverage);
  }

  const persistence::ReadTransaction& disk_;
  std::vector<sharding::Coverage> coverage_;
  std::vector<Lsn> applied_;
  std::map<std::pair<ShardId, WriterId>, std::uint64_t> parts_;
  RecoveredHoldings found_;
};

}  // namespace

Result<RecoveredHoldings> recover_holdings(const persistence::ReadTransaction& disk, std::size_t shard_count) {
  return Recovery(disk, shard_count).run();
}

}  // namespace wattring::app
