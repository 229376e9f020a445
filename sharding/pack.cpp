// SPDX-License-Identifier: Apache-2.0
#include "sharding/pack.hpp"

#include <memory>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace wattring::sharding {

using persistence::EntryView;
using persistence::RecordBuilder;
using persistence::RecordReader;

void for_each_entry(const PackPtr& pack, const std::function<void(const EntryView&)>& visit) {
  auto reader = RecordReader::reopen(*pack);
  EntryView entry;
  while (reader.next_header(entry) == RecordReader::Step::entry) visit(entry);
}

bool verifies(const PackPtr& pack, std::size_t shard_count) {
  if (pack == nullptr) return false;
  auto reader = RecordReader::open(*pack);
  if (!reader) return false;
  EntryView entry;
  for (;;) {
    const RecordReader::Step step = reader->next(entry);
    if (step == RecordReader::Step::end) return true;
    if (step == RecordReader::Step::damaged || entry.shard.value >= shard_count || entry.sequence.value == 0 ||
        persistence::is_local_format(entry.format))
      return false;
  }
}

PackPtr cut(const PackPtr& pack, const std::function<bool(const EntryView&)>& wanted) {
  std::size_t all = 0;
  std::size_t bytes = 0;
  std::vector<EntryView> chosen;
  for_each_entry(pack, [&](const EntryView& entry) {
    ++all;
    if (!wanted(entry)) return;
    chosen.push_back(entry);
    bytes += entry.payload.size() + 64;
  });
  if (chosen.empty()) return nullptr;
  if (chosen.size() == all) return pack;
  RecordBuilder builder(chosen.front().writer, bytes);
  for (const EntryView& entry : chosen) builder.add(entry);
  return std::make_shared<const std::string>(builder.finish());
}

std::uint64_t checksum_of(const PackPtr& pack) {
  WATTRING_CHECK(pack->size() >= sizeof(std::uint64_t));
  return ByteReader(std::string_view(*pack).substr(pack->size() - sizeof(std::uint64_t))).u64_be();
}

}  // namespace wattring::sharding
