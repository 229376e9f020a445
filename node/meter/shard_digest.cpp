// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_digest.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/time.hpp"
#include "node/meter/fold_options.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/series_chunk.hpp"

namespace wattring::meter {
namespace {

using persistence::SeriesChunk;
using persistence::Table;

constexpr std::uint64_t kHighSeed = 1;

/// A day of a series, in the order of the keys on the disk.
struct Day {
  std::int32_t day;
  std::string meter;
  Register reg;
  friend bool operator==(const Day&, const Day&) = default;
  friend bool operator<(const Day& a, const Day& b) {
    return std::tie(a.day, a.meter, a.reg) < std::tie(b.day, b.meter, b.reg);
  }
};
struct Pending {
  Day day;
  Fact fact;
};

std::vector<Pending> pending_of(const ShardFold& fold) {
  std::vector<Pending> all;
  const MeterTable& meters = fold.meters();
  fold.visit_pending([&](MeterTable::SeriesIndex series, const Fact& fact) {
    all.push_back({{day_of(fact.start_ms), std::string(meters.id(meters.series(series).meter)), fact.reg}, fact});
  });
  std::stable_sort(all.begin(), all.end(), [](const Pending& a, const Pending& b) { return a.day < b.day; });
  return all;
}

class Digester {
 public:
  explicit Digester(const ShardFold& fold) : shard_(fold.shard()), limits_(fold.limits()), pending_(pending_of(fold)) {}

  Result<ShardDigest> run(const persistence::ReadTransaction& disk) {
    Result<void> sound;
    const std::string from = persistence::shard_key(shard_);
    auto scanned = disk.scan(Table::series, from, [&](std::string_view row, std::string_view value) {
      const auto key = persistence::parse_series_key(row);
      if (!key || key->shard != shard_) return false;
      const auto payload = persistence::open_value(value, persistence::position_of(row));
      const auto chunk =
          payload ? persistence::decode_chunk(*payload, persistence::kChunkFactsMax) : Failure(payload.error());
      if (!chunk) {
        sound = Failure(chunk.error());
        return false;
      }
      move_to({key->day, std::string(key->meter_id), key->reg});
      persistence::merge(chunk_, *chunk);
      return true;
    });
    if (!scanned) return Failure(scanned.error());
    if (!sound) return Failure(sound.error());
    while (next_ < pending_.size()) move_to(pending_[next_].day);
    close();
    return digest_;
  }

 private:
  /// Closes every day before this one, and opens it with what is pending of it.
  void move_to(const Day& day) {
    while (next_ < pending_.size() && pending_[next_].day < day) open(pending_[next_].day);
    if (!is_open_ || !(day_ == day)) open(day);
  }

  void open(const Day& day) {
    close();
    day_ = day;
    is_open_ = true;
    std::vector<Fact> facts;
    for (; next_ < pending_.size() && pending_[next_].day == day_; ++next_) facts.push_back(pending_[next_].fact);
    persistence::merge(chunk_, facts);
  }

  void close() {
    // What is beyond a limit may be here still, and elsewhere not.
    const bool kept = fold_options(day_.reg).kind == Kind::event;
    const std::int64_t from_ms =
        std::max(limits_.erased_before(day_.meter), kept ? ShardLimits::kNever : limits_.days().raw_from_ms());
    for (const auto* facts : {&chunk_.winners, &chunk_.losers})
      for (const Fact& fact : *facts)
        if (fact.start_ms >= from_ms) add(fact);
    chunk_ = {};
    is_open_ = false;
  }

  void add(const Fact& fact) {
    bytes_.clear();
    ByteWriter out(bytes_);
    out.bytes(day_.meter);
    out.u8(0);
    out.u64_be(fact.reg.packed);
    out.u64_be(static_cast<std::uint64_t>(fact.start_ms));
    out.u64_be(static_cast<std::uint64_t>(fact.end_ms));
    out.u64_be(static_cast<std::uint64_t>(fact.value));
    out.u64_be(fact.revision);
    out.u8(static_cast<std::uint8_t>(fact.quality));
    out.u8(fact.method);
    const std::uint64_t low = hash64(bytes_);
    digest_.low += low;
    digest_.high += hash64(bytes_, kHighSeed) + (digest_.low < low ? 1 : 0);
    ++digest_.facts;
  }

  const ShardId shard_;
  const ShardLimits& limits_;
  const std::vector<Pending> pending_;
  std::size_t next_ = 0;
  bool is_open_ = false;
  Day day_{};
  SeriesChunk chunk_;
  std::string bytes_;
  ShardDigest digest_;
};

}  // namespace

std::string ShardDigest::text() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.u64_be(high);
  out.u64_be(low);
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<std::uint8_t>(byte) >> 4U];
    text += "0123456789abcdef"[static_cast<std::uint8_t>(byte) & 15U];
  }
  return text;
}

Result<ShardDigest> digest_of(const ShardFold& fold, const persistence::ReadTransaction& disk) {
  return Digester(fold).run(disk);
}

}  // namespace wattring::meter
