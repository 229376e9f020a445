// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <set>

#include "cluster/swim_state.hpp"

/// Gossip for what is new, anti-entropy for what gossip missed.

namespace wattring::cluster {
namespace {

constexpr std::size_t kPageBytes = 60U << 10U;  // of records; the rest of 64 KiB is for the frame and bucket numbers
constexpr std::size_t kPagesMax = 16;
constexpr std::size_t kServeWindowRecords = 50;  // larger answers count against Settings::serves_at_once
constexpr std::int64_t kServeWindowNs = 100 * kNsPerMs;
constexpr std::size_t kRecordsPerBucket = 8;
constexpr std::size_t kMetaFetchesMax = 16;

}  // namespace

/// The records of a page, to be found by id.
class PageIndex {
 public:
  explicit PageIndex(const std::vector<News>& records) {
    for (const News& item : records) sorted_.emplace_back(id_hash(item.record->id), item.record.get());
    std::ranges::sort(sorted_, {}, &Entry::first);
  }
  [[nodiscard]] const Record* find(std::uint64_t hash, const NodeId& id) const {
    for (const auto& entry : std::ranges::equal_range(sorted_, hash, {}, &Entry::first))
      if (entry.second->id == id) return entry.second;
    return nullptr;
  }

 private:
  using Entry = std::pair<std::uint64_t, const Record*>;
  std::vector<Entry> sorted_;
};

/// Urgent: of failures and of words against them. They go out at once, ordinary news with the next round.
void SwimState::enqueue(const RecordPtr& record, bool urgent) {
  queue.put(news_of(record), settings.mutated(Mutant::unbounded_queue));
  const std::int64_t gap = urgent ? settings.gossip_urgent_ns : settings.gossip_interval_ns;
  const std::int64_t due = std::max(now, last_gossip_ns + gap);
  next_gossip_ns = next_gossip_ns < now ? due : std::min(next_gossip_ns, due);
}

void SwimState::gossip_due() {
  if (queue.empty() || now < next_gossip_ns) return;
  last_gossip_ns = now;
  next_gossip_ns = now + settings.gossip_interval_ns;
  std::vector<NodeId> to = overlay.neighbours();
  if (settings.mutated(Mutant::unordered_iteration))
    // As a hash table of pointers would have it.
    std::ranges::sort(to, std::less<>{}, [&](const NodeId& id) {
      return reinterpret_cast<std::uintptr_t>(known(id)) * 0x9E3779B97F4A7C15ULL;
    });
  const std::size_t fanout = std::min(settings.gossip_fanout, to.size());
  for (std::size_t i = 0; i < fanout; ++i) {
    std::swap(to[i], to[i + prng.below(to.size() - i)]);
    const Record* member = known(to[i]);
    std::vector<News> news = piggyback(to[i]);
    if (news.empty()) return;
    send_to(*member, Gossip{std::move(news)});
  }
}

/// What a message to `to` carries along; first, what is said against `to` itself, so that it can refute.
std::vector<News> SwimState::piggyback(const NodeId& to) {
  std::vector<News> news;
  std::size_t bytes = 0;
  const MemberTable::Slot* slot = table.find(to);
  if (slot != nullptr && slot->record->state == MemberState::suspect) {
    news.push_back(news_of(slot->record));
    bytes = size_bound(news.back());
  }
  const std::size_t limit = retransmit_limit(settings, table.live_count());
  std::vector<News> queued =
      queue.take(kPiggybackRecordsMax - news.size(), kPiggybackBytesMax - std::min(bytes, kPiggybackBytesMax), limit);
  for (News& item : queued)
    if (news.empty() || item.record->id != news.front().record->id) news.push_back(std::move(item));
  return news;
}

unsigned SwimState::digest_bits() const {
  const std::size_t buckets = (table.size() + kRecordsPerBucket - 1) / kRecordsPerBucket;
  return std::min<unsigned>(MemberTable::kBucketBits, static_cast<unsigned>(std::bit_width(buckets) - 1));
}

/// A total first: when it differs the other side answers with its buckets, and we with the records of those.
void SwimState::sync_due() {
  if (now < next_sync_ns) return;
  next_sync_ns = now + jitter(settings.sync_equal_ns);
  const Record* partner = differing ? known(*differing) : nullptr;
  differing.reset();
  const RecordPtr other = random_live(false);
  if (partner == nullptr || !is_live(*partner)) partner = other.get();
  fetch_metadata();
  if (partner == nullptr) return;
  ++stats.syncs;
  send_to(*partner, SyncDigest{0, table.buckets(0), catalog.hash()});
}

void SwimState::on(const Route& from, const Header& header, const SyncDigest& body) {
  if (body.bits > MemberTable::kBucketBits) return;
  if (body.catalog_hash != catalog.hash()) {
    send(from, CatalogDigest{catalog.hashes()}, header.source_nonce);
  }
  const std::vector<std::uint64_t> mine = table.buckets(body.bits);
  std::vector<std::uint32_t> differ;
  for (std::uint32_t i = 0; i < mine.size(); ++i)
    if (mine[i] != body.buckets[i]) differ.push_back(i);
  if (differ.empty()) return;
  const unsigned wanted = digest_bits();
  if (body.bits == 0 && wanted != 0) {
    send(from, SyncDigest{static_cast<std::uint8_t>(wanted), table.buckets(wanted), catalog.hash()},
         header.source_nonce);
    return;
  }
  send_pages(from, body.bits, differ, nullptr);
}

/// All that is known in these buckets; with `theirs`, only what they lack or hold an older record of.
void SwimState::send_pages(const Route& to, unsigned bits, const std::vector<std::uint32_t>& buckets,
                           const PageIndex* theirs) {
  std::vector<bool> wanted(std::size_t{1} << bits);
  for (const std::uint32_t bucket : buckets)
    if (bucket < wanted.size()) wanted[bucket] = true;
  std::vector<std::vector<RecordPtr>> found(wanted.size());
  std::size_t records = 0;
  for (const MemberTable::Slot& slot : table.slots()) {
    const std::uint32_t bucket = MemberTable::bucket_of(slot.hash, bits);
    if (!slot.record || !wanted[bucket]) continue;
    if (theirs != nullptr) {
      const Record* other = theirs->find(slot.hash, slot.record->id);
      if (other != nullptr && (other == slot.record.get() || !supersedes(*slot.record, *other))) continue;
    }
    found[bucket].push_back(slot.record);
    ++records;
  }
  if ((theirs != nullptr && records == 0) || !may_serve(records)) return;
  const SyncPage empty{static_cast<std::uint8_t>(bits), {}, {}, theirs != nullptr};
  SyncPage page = empty;
  std::size_t bytes = 0;
  std::size_t pages = 0;
  for (std::uint32_t bucket = 0; bucket < wanted.size(); ++bucket) {
    if (!wanted[bucket]) continue;
    std::vector<News> news;
    std::size_t more = 0;
    for (const RecordPtr& record : found[bucket]) {
      news.push_back(news_of(record));
      more += size_bound(news.back());
    }
    if ((page.records.size() + news.size() > kPageRecordsMax || bytes + more > kPageBytes) && !page.records.empty()) {
      send(to, std::exchange(page, empty));
      bytes = 0;
      if (++pages == kPagesMax) return;
    }
    page.buckets.push_back(bucket);
    bytes += more;
    std::ranges::move(news, std::back_inserter(page.records));
  }
  send(to, std::move(page));
}

void SwimState::on(const Route& from, const Header& /*header*/, const SyncPage& body) {
  hear_all(body.records, Source::page);
  if (body.answer || body.bits > MemberTable::kBucketBits) return;
  const PageIndex theirs(body.records);
  send_pages(from, body.bits, body.buckets, &theirs);
}

/// Large answers are rationed, so that a crowd of joiners cannot starve the probes.
bool SwimState::may_serve(std::size_t records) {
  if (records <= kServeWindowRecords) return true;
  if (now - serve_window_ns >= kServeWindowNs) {
    serve_window_ns = now;
    served = 0;
  }
  return ++served <= settings.serves_at_once;
}

std::vector<std::string> SwimState::alternatives() {
  std::set<std::string> endpoints;
  for (std::size_t i = 0; i < 2 * kAlternativesMax && endpoints.size() < kAlternativesMax; ++i)
    if (const RecordPtr member = random_live(false)) endpoints.insert(member->endpoints.membership);
  return {endpoints.begin(), endpoints.end()};
}

void SwimState::add_documents(std::vector<Document> documents) {
  std::vector<Document> grew;
  for (Document& document : documents) {
    const auto added = catalog.add(document);
    if (added && *added == Catalog::Added::added) grew.push_back(std::move(document));
  }
  if (grew.empty()) return;
  ++version;
  next_sync_ns = std::min(next_sync_ns, now + jitter(settings.sync_differs_ns));
  for (const NodeId& id : overlay.neighbours())
    if (const Record* member = known(id)) send_to(*member, CatalogPage{grew, {}});
  out->push_back(effect::CatalogGrew{std::move(grew)});
}

void SwimState::on(const Route& from, const Header& header, const CatalogDigest& body) {
  const std::set<std::uint64_t> theirs(body.documents.begin(), body.documents.end());
  CatalogPage page;
  std::vector<std::uint64_t> lacking;
  for (const auto& [hash, document] : catalog.documents())
    if (!theirs.contains(hash)) lacking.push_back(hash);
  page.documents = catalog.page_of(lacking);
  for (const std::uint64_t hash : theirs)
    if (!catalog.documents().contains(hash)) page.wanted.push_back(hash);
  if (!page.documents.empty() || !page.wanted.empty()) send(from, std::move(page), header.source_nonce);
}

void SwimState::on(const Route& from, const Header& header, const CatalogPage& body) {
  CatalogPage answer{catalog.page_of(body.wanted), {}};
  add_documents(body.documents);
  if (!answer.documents.empty()) send(from, std::move(answer), header.source_nonce);
}

void SwimState::fetch_metadata() {
  std::size_t asked = 0;
  while (!metas_wanted.empty() && asked < kMetaFetchesMax) {
    const NodeId id = metas_wanted.back();
    metas_wanted.pop_back();
    const Record* member = known(id);
    if (member == nullptr || !is_live(*member)) continue;
    const auto held = metas.find(id);
    if (held != metas.end() && held->second.nonce == member->life.nonce && held->second.version >= member->meta_version)
      continue;
    send_to(*member, MetaGet{id});
    ++asked;
  }
  if (!metas_wanted.empty()) next_sync_ns = std::min(next_sync_ns, now + settings.sync_differs_ns);
}

void SwimState::on(const Route& from, const Header& header, const MetaGet& body) {
  if (body.id == self->id && !metadata.empty())
    send(from, MetaPut{self->id, self->life.nonce, self->meta_version, metadata}, header.source_nonce);
}

void SwimState::on(const Route& /*from*/, const Header& header, const MetaPut& body) {
  const Record* member = known(body.id);
  // Only the owner's word counts, and only about the life that is known.
  if (member == nullptr || header.source != body.id || member->life.nonce != body.nonce) return;
  Meta& held = metas[body.id];
  if (held.nonce == body.nonce && held.version >= body.version) return;
  held = {body.nonce, body.version, body.document};
  ++version;
  out->push_back(effect::MetadataChanged{body.id, body.version, body.document});
}

}  // namespace wattring::cluster
