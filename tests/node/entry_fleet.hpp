// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/meter/reading_entry.hpp"
#include "node/meter/shard_digest.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "sharding/coverage.hpp"
#include "sharding/key.hpp"
#include "sharding/peer_message.hpp"

namespace wattring::test {

/// Entries of a few meters of shards 0 to 2, by several writers, and what a node that holds some of them must hold.
class EntryFleet {
 public:
  static constexpr std::uint16_t kShards = 3;
  struct MeterFact {
    std::string meter;
    Fact fact;
  };
  struct Name {
    ShardId shard;
    WriterId writer;
    Sequence sequence;
    friend auto operator<=>(const Name&, const Name&) = default;
  };

  explicit EntryFleet(const sharding::ShardKey& key) : key_(key) {
    for (int i = 0; meters_[0].size() + meters_[1].size() + meters_[2].size() < 9; ++i) {
      std::string id = "M" + std::to_string(i);
      const ShardId shard = key.shard_of(id);
      if (shard.value < kShards && meters_[shard.value].size() < 3) meters_[shard.value].push_back(std::move(id));
    }
  }

  /// An entry for each of some shards, with everything that happens: repeats, conflicts, late facts, several days.
  sharding::PackPtr random_pack(Prng& prng, int facts_max = 40) {
    const auto writer = writer_of(static_cast<std::uint8_t>(1 + prng.below(3)));
    std::vector<std::pair<ShardId, std::vector<MeterFact>>> entries;
    for (std::uint16_t shard = 0; shard < kShards; ++shard) {
      if (shard != 0 && prng.chance(0.4)) continue;
      std::vector<MeterFact> facts;
      for (std::uint64_t i = 1 + prng.below(static_cast<std::uint64_t>(facts_max)); i > 0; --i)
        facts.push_back({meters_[shard][prng.below(3)], random_fact(prng)});
      entries.emplace_back(ShardId{shard}, std::move(facts));
    }
    return pack_of(writer, entries);
  }

  sharding::PackPtr pack_of(const WriterId& writer,
                            const std::vector<std::pair<ShardId, std::vector<MeterFact>>>& entries) {
    persistence::RecordBuilder builder(writer);
    for (const auto& [shard, facts] : entries) {
      auto& [sequence, chain] = streams_[{shard, writer}];
      encode(facts, builder.begin_entry(shard, Sequence{++sequence}, meter::kReadingEntryFormat, chain));
      chain = builder.end_entry();
      facts_[{shard, writer, Sequence{sequence}}] = facts;
    }
    return std::make_shared<const std::string>(builder.finish());
  }

  /// Of exactly the entries of the coverage.
  [[nodiscard]] meter::ShardDigest digest(ShardId shard, const sharding::Coverage& coverage) const {
    meter::ShardFold fold(shard);
    for (const auto& [name, facts] : facts_)
      if (name.shard == shard && coverage.contains(name.writer, name.sequence))
        for (const MeterFact& fact : facts) fold.apply(fact.meter, key_.hash(fact.meter), {&fact.fact, 1}, Lsn{1});
    const persistence::MemoryJournal empty;
    return *meter::digest_of(fold, **empty.read());
  }
  /// Every entry there is.
  [[nodiscard]] sharding::Coverage all(ShardId shard) const {
    sharding::Coverage coverage;
    for (const auto& [name, facts] : facts_)
      if (name.shard == shard) coverage.add(name.writer, name.sequence);
    return coverage;
  }
  [[nodiscard]] const std::string& meter(ShardId shard, std::size_t index) const { return meters_[shard.value][index]; }

  static WriterId writer_of(std::uint8_t number) {
    WriterId writer;
    writer.bytes[0] = number;
    return writer;
  }

 private:
  static Fact random_fact(Prng& prng) {
    Fact fact;
    fact.reg = prng.chance(0.7) ? obis(1, 0, 1, 8, 0) : obis(1, 0, 1, 7, 0);
    fact.start_ms = static_cast<std::int64_t>(prng.below(300)) * 15 * kMsPerMinute;
    fact.end_ms = fact.start_ms + (prng.chance(0.05) ? 15 * kMsPerMinute : 0);
    fact.value = static_cast<std::int64_t>(prng.below(1000));
    fact.revision = prng.chance(0.1) ? prng.below(4) : 0;
    return fact;
  }

  static void encode(const std::vector<MeterFact>& facts, std::string& out) {
    std::vector<Register> registers;
    for (const MeterFact& fact : facts) registers.push_back(fact.fact.reg);
    meter::ReadingEntryWriter writer(out, 0, 0, registers, {});
    for (std::size_t i = 0; i < facts.size(); ++i) {
      writer.begin_run(facts[i].meter, 1);
      writer.add(facts[i].fact, i);
    }
  }

  const sharding::ShardKey& key_;
  std::vector<std::string> meters_[kShards];
  std::map<std::pair<ShardId, WriterId>, std::pair<std::uint64_t, std::uint64_t>> streams_;
  std::map<Name, std::vector<MeterFact>> facts_;
};

}  // namespace wattring::test
