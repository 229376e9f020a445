// SPDX-License-Identifier: Apache-2.0
#include "persistence/journal_index.hpp"

#include <algorithm>

namespace wattring::persistence {
namespace {

bool is_before(const JournalIndex::Place& place, Sequence sequence) {
  return place.sequence < sequence;
}

}  // namespace

JournalIndex::Stream& JournalIndex::stream_of(ShardId shard, const WriterId& writer) {
  if (shards_.size() <= shard.value) shards_.resize(shard.value + std::size_t{1});
  auto& streams = shards_[shard.value];
  const auto found = std::ranges::find(streams, writer, &Stream::writer);
  return found != streams.end() ? *found : streams.emplace_back(Stream{writer, {}, true});
}

void JournalIndex::add(Lsn lsn, ShardId shard, const WriterId& writer, Sequence sequence) {
  insert(stream_of(shard, writer), {lsn, sequence});
}

void JournalIndex::insert(Stream& stream, const Place& place) {
  auto& places = stream.places;
  if (places.empty() || places.back().sequence < place.sequence) {
    places.push_back(place);
    ++size_;
    return;
  }
  const auto at = std::lower_bound(places.begin(), places.end(), place.sequence, is_before);
  stream.in_order = stream.in_order && std::next(at) == places.end() && at->sequence == place.sequence;
  if (at->sequence == place.sequence) {
    at->lsn = place.lsn;
    return;
  }
  places.insert(at, place);
  ++size_;
}

void JournalIndex::drop_before(Lsn upto) {
  for (auto& streams : shards_) {
    for (Stream& stream : streams) {
      auto& places = stream.places;
      const std::size_t before = places.size();
      if (stream.in_order) {
        while (!places.empty() && places.front().lsn < upto) places.pop_front();
      } else {
        std::erase_if(places, [upto](const Place& place) { return place.lsn < upto; });
        stream.in_order = std::ranges::is_sorted(places, {}, &Place::lsn);
      }
      size_ -= before - places.size();
    }
    std::erase_if(streams, [](const Stream& stream) { return stream.places.empty(); });
  }
}

void JournalIndex::visit(ShardId shard, const WriterId& writer, Sequence first, Sequence last,
                         const std::function<void(const Place&)>& each) const {
  if (shard.value >= shards_.size()) return;
  const auto& streams = shards_[shard.value];
  const auto stream = std::ranges::find(streams, writer, &Stream::writer);
  if (stream == streams.end()) return;
  const auto& places = stream->places;
  for (auto at = std::lower_bound(places.begin(), places.end(), first, is_before);
       at != places.end() && at->sequence <= last; ++at)
    each(*at);
}

}  // namespace wattring::persistence
