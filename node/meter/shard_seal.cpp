// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_seal.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "node/meter/slicer.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/series_chunk.hpp"

namespace wattring::meter {
namespace {

using persistence::SeriesChunk;
using persistence::Table;

constexpr std::size_t kKeyPartBytes = 4;

/// The facts of one series that fall on one day: a run of `sorted`.
struct Group {
  std::int32_t day;
  MeterTable::SeriesIndex series;
  std::size_t first;
  std::size_t count;
};

class Sealer {
 public:
  Sealer(const ShardFold& fold, const persistence::ReadTransaction& disk, const SliceSink& sink,
         std::vector<std::string>& damaged)
      : fold_(fold), disk_(disk), slicer_(sink), damaged_(damaged) {}

  Result<SealStats> run() {
    sort_into_groups();
    for (std::size_t begin = 0; begin < groups_.size();) {
      std::size_t end = begin + 1;
      while (end < groups_.size() && groups_[end].day == groups_[begin].day) ++end;
      if (auto sealed = seal_day(begin, end); !sealed) return Failure(sealed.error());
      begin = end;
    }
    if (auto written = write_meters(); !written) return Failure(written.error());
    if (auto written = write_shard_rows(); !written) return Failure(written.error());
    if (auto finished = slicer_.finish(); !finished) return Failure(finished.error());
    return stats_;
  }

 private:
  /// Position of each series in (meter id, register) order: the order of the keys within a day.
  std::vector<std::uint32_t> rank_series() const {
    const MeterTable& meters = fold_.meters();
    std::vector<std::uint32_t> rank(meters.series_bound());
    std::uint32_t next = 0;
    for (const MeterTable::MeterIndex meter : meters.ordered())
      for (const MeterTable::SeriesIndex series : meters.series_of(meter)) rank[series] = next++;
    return rank;
  }

  void sort_into_groups() {
    const PendingFacts& facts = fold_.sealing();
    const std::vector<std::uint32_t> rank = rank_series();
    struct Sortable {
      std::uint64_t order;  ///< day (biased) above rank
      std::uint32_t index;
    };
    std::vector<Sortable> sortable(facts.size());
    for (std::size_t i = 0; i < facts.size(); ++i) {
      const auto day = static_cast<std::uint32_t>(day_of(facts.item(i).start_ms)) ^ 0x80000000U;
      sortable[i] = {(std::uint64_t{day} << 32U) | rank[facts.item(i).series], static_cast<std::uint32_t>(i)};
    }
    std::sort(sortable.begin(), sortable.end(), [](const Sortable& a, const Sortable& b) {
      return a.order != b.order ? a.order < b.order : a.index < b.index;
    });
    sorted_.reserve(facts.size());
    std::uint64_t previous = 0;
    for (const Sortable& s : sortable) {
      const PendingFacts::Item& item = facts.item(s.index);
      if (groups_.empty() || s.order != previous)
        groups_.push_back({day_of(item.start_ms), item.series, sorted_.size(), 0});
      previous = s.order;
      ++groups_.back().count;
      sorted_.push_back(facts.fact(s.index, fold_.meters().series(item.series).reg));
    }
  }

  persistence::SeriesKey key_of(const Group& group) const {
    const SeriesState& state = fold_.meters().series(group.series);
    return {fold_.shard(), group.day, fold_.meters().id(state.meter), state.reg, 0};
  }

  /// Existing chunks of the groups [begin, end), which are all of one day. When many of the day's series are touched
  /// one pass over the day is cheaper than a search for each.
  struct Existing {
    std::size_t group;
    std::string_view key;
    std::string_view value;
  };
  Result<std::vector<Existing>> find_existing(std::size_t begin, std::size_t end) const {
    std::vector<Existing> found;
    std::string prefix;
    std::size_t group = begin;
    const auto next_prefix = [&] {
      prefix = persistence::series_key(key_of(groups_[group]));
      prefix.resize(prefix.size() - kKeyPartBytes);
    };
    const std::size_t meters = fold_.meters().meter_count() + fold_.passivated_count();
    const bool one_pass = (end - begin) * 2 > meters;
    next_prefix();
    for (bool more = true; more && group < end;) {
      more = false;
      const auto visit = [&](std::string_view key, std::string_view value) {
        while (key.substr(0, prefix.size()) > prefix) {
          if (++group == end) return false;
          next_prefix();
          if (!one_pass) {
            more = true;
            return false;
          }
        }
        if (key.substr(0, prefix.size()) == prefix && key.size() == prefix.size() + kKeyPartBytes)
          found.push_back({group, key, value});
        return true;
      };
      const std::string from = prefix;  // the visitor moves `prefix` on
      if (auto scanned = disk_.scan(Table::series, from, visit); !scanned) return Failure(scanned.error());
    }
    return found;
  }

  Result<void> seal_day(std::size_t begin, std::size_t end) {
    auto existing = find_existing(begin, end);
    if (!existing) return Failure(existing.error());
    std::size_t at = 0;
    for (std::size_t group = begin; group < end; ++group) {
      const std::size_t first = at;
      while (at < existing->size() && (*existing)[at].group == group) ++at;
      if (auto sealed = seal_group(groups_[group], std::span(*existing).subspan(first, at - first)); !sealed)
        return sealed;
    }
    return {};
  }

  Result<void> seal_group(const Group& group, std::span<const Existing> existing) {
    SeriesChunk day;
    const std::size_t told = damaged_.size();
    std::vector<std::string_view> replaced;
    std::uint32_t damaged_parts = 0;
    for (const Existing& chunk : existing) {
      const auto payload = persistence::open_value(chunk.value, persistence::position_of(chunk.key));
      auto decoded = payload ? persistence::decode_chunk(*payload, persistence::kChunkFactsMax)
                             : Result<SeriesChunk>(Failure(payload.error()));
      if (!decoded) {
        damaged_.push_back("chunk of meter " + std::string(key_of(group).meter_id) + ", day " +
                           std::to_string(group.day));
        if (fold_.is_renewing()) {
          replaced.push_back(chunk.key);
          ++stats_.renewed;
        } else {
          ++damaged_parts;
        }
        continue;
      }
      replaced.push_back(chunk.key);
      append_chunk(day, std::move(*decoded), group);
    }
    const auto merged = persistence::merge(day, std::span(sorted_).subspan(group.first, group.count));
    stats_.facts += merged.added;
    stats_.duplicates += merged.duplicates;
    stats_.conflicts += merged.conflicts;
    // What lay beside a damaged chunk may be all there is of it.
    const bool renews = fold_.is_renewing() && damaged_.size() != told;
    if (!merged.changed && !renews) return {};
    return write_parts(group, std::move(day), replaced, damaged_parts);
  }

  /// Chunks of a day come in ascending order and do not overlap, unless a damaged one made facts go beside it.
  static void append_chunk(SeriesChunk& day, SeriesChunk&& chunk, const Group&) {
    if (day.winners.empty() && day.losers.empty()) {
      day = std::move(chunk);
      return;
    }
    persistence::merge(day, chunk.winners);
    persistence::merge(day, chunk.losers);
  }

  Result<void> write_parts(const Group& group, SeriesChunk&& day, std::span<const std::string_view> replaced,
                           std::uint32_t damaged_parts) {
    persistence::SeriesKey key = key_of(group);
    std::vector<std::string> written;
    for (auto& [part, chunk] : persistence::partition(std::move(day))) {
      // A damaged chunk keeps its key; its neighbours step aside by one millisecond.
      key.part = part + damaged_parts;
      std::string bytes = persistence::series_key(key);
      const std::string payload = persistence::encode_chunk(chunk);
      ++stats_.chunks;
      stats_.chunk_bytes += payload.size();
      written.push_back(bytes);
      if (auto put = slicer_.put_sealed(Table::series, std::move(bytes), payload); !put) return put;
    }
    for (const std::string_view old : replaced) {
      if (std::find(written.begin(), written.end(), old) != written.end()) continue;
      if (auto erased = slicer_.erase(Table::series, old); !erased) return erased;
    }
    return {};
  }

  Result<void> write_meters() {
    const MeterTable& meters = fold_.meters();
    std::vector<bool> touched(meters.meter_bound(), false);
    for (const Group& group : groups_) touched[meters.series(group.series).meter] = true;
    for (const MeterTable::MeterIndex meter : fold_.sealing_joined())
      if (meters.holds(meter)) touched[meter] = true;
    for (const MeterTable::MeterIndex meter : meters.ordered()) {
      if (!touched[meter]) continue;
      const std::string key = persistence::meter_key(fold_.shard(), meters.id(meter));
      if (!meters.has_facts(meter)) {
        if (auto erased = slicer_.erase(Table::meter, key); !erased) return erased;
        continue;
      }
      auto put = slicer_.put_sealed(Table::meter, key, meters.encode_snapshot(meter));
      if (!put) return put;
    }
    return {};
  }

  Result<void> write_limits() {
    for (const std::string& meter : fold_.sealing_limits()) {
      const auto erased = fold_.limits().meters().find(meter);
      const std::string payload =
          meter.empty() ? encode_days_row(fold_.limits().days()) : encode_erasure_row(erased->second);
      std::string key = persistence::shard_key(fold_.shard()) + meter;
      if (auto put = slicer_.put_sealed(Table::limit, std::move(key), payload); !put) return put;
    }
    return {};
  }

  Result<void> write_shard_rows() {
    for (const auto& [value, text] : fold_.sealing_texts()) {
      auto put = slicer_.put_sealed(Table::text,
                                    persistence::text_key(fold_.shard(), static_cast<std::uint64_t>(value)), text);
      if (!put) return put;
    }
    for (const auto& [key, payload] : fold_.sealing_kept()) {
      const auto there = disk_.get(Table::interval, key);
      if (!there && there.error().code != ErrorCode::not_found) return Failure(there.error());
      const bool sound = there && persistence::open_value(*there, persistence::position_of(key));
      if (there && (sound || !fold_.is_renewing())) continue;
      if (auto put = slicer_.put_sealed(Table::interval, key, payload); !put) return put;
    }
    if (auto written = write_limits(); !written) return written;
    const std::string row = persistence::shard_key(fold_.shard());
    if (auto put = slicer_.put_sealed(Table::coverage, row, fold_.sealing_coverage()); !put) return put;
    std::string lsn;
    ByteWriter(lsn).u64_be(fold_.sealing_up_to().value);
    return slicer_.put_sealed(Table::applied, row, lsn);
  }

  const ShardFold& fold_;
  const persistence::ReadTransaction& disk_;
  Slicer slicer_;
  std::vector<std::string>& damaged_;
  std::vector<Fact> sorted_;
  std::vector<Group> groups_;
  SealStats stats_;
};

}  // namespace

Result<SealStats> seal_shard(const ShardFold& fold, const persistence::ReadTransaction& disk, const SliceSink& sink,
                             std::vector<std::string>& damaged) {
  return Sealer(fold, disk, sink, damaged).run();
}

}  // namespace wattring::meter
