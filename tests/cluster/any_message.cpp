// SPDX-License-Identifier: Apache-2.0
#include "tests/cluster/any_message.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cluster/codec.hpp"
#include "cluster/endpoint.hpp"

namespace wattring::cluster {
namespace {

/// Small numbers, large ones and the largest, so that every width is met.
std::uint64_t any_number(Prng& prng, std::uint64_t max = ~std::uint64_t{0}) {
  const std::uint64_t number = prng.next() >> prng.below(64);
  if (prng.chance(0.05)) return max;
  return max == ~std::uint64_t{0} ? number : number % (max + 1);
}
template <class T>
T any_of(Prng& prng) {
  return static_cast<T>(any_number(prng, std::numeric_limits<T>::max()));
}
std::string any_bytes(Prng& prng, std::size_t min, std::size_t max) {
  const std::size_t most = prng.chance(0.1) ? max : std::min<std::size_t>(max, min + 20);
  std::string bytes(min + prng.below(most - min + 1), '\0');
  for (char& c : bytes) c = static_cast<char>(prng.below(256));
  return bytes;
}
std::string any_text(Prng& prng, std::size_t min, std::size_t max) {
  std::string text = any_bytes(prng, min, max);
  for (char& c : text) c = static_cast<char>(' ' + static_cast<unsigned char>(c) % 95);
  return text;
}
std::string any_endpoint(Prng& prng) {
  static constexpr std::array<std::string_view, 6> kHosts{"127.0.0.1", "10.20.30.40",   "255.255.255.255",
                                                          "[::1]",     "[2001:db8::7]", "[::ffff:10.0.0.1]"};
  return std::string(kHosts[prng.below(kHosts.size())]) + ":" + std::to_string(1 + prng.below(65'535));
}
std::string any_listener(Prng& prng) {
  return prng.chance(0.3) ? std::string() : any_endpoint(prng);
}
template <class T>
T any_id(Prng& prng) {
  T id;
  auto& bytes = [&]() -> auto& {
    if constexpr (requires { id.bytes; }) {
      return id.bytes;
    } else {
      return id;
    }
  }();
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(prng.below(256));
  return id;
}
template <class Make>
auto any_list(Prng& prng, std::size_t max, const Make& make) {
  std::vector<decltype(make())> list(prng.below(std::min<std::size_t>(max, prng.chance(0.05) ? max : 6) + 1));
  for (auto& item : list) item = make();
  return list;
}
RecordPtr any_shared(Prng& prng) {
  return std::make_shared<const Record>(any_record(prng));
}
std::vector<News> any_page(Prng& prng, std::size_t max) {
  return any_list(prng, max, [&] { return any_news(prng); });
}
std::vector<std::uint64_t> any_hashes(Prng& prng, std::size_t count) {
  std::vector<std::uint64_t> hashes(count);
  for (std::uint64_t& hash : hashes) hash = prng.next();
  return hashes;
}

void make(JoinReq& body, Prng& prng) {
  body.describe = prng.chance(0.5);
  if (!body.describe || prng.chance(0.5)) body.self = any_shared(prng);
}
void make(JoinAck& body, Prng& prng) {
  body.object.id = any_id<ClusterId>(prng);
  body.object.name = any_text(prng, 1, kNameBytesMax);
  body.object.shard_count = 1024;
  body.object.hash_key = any_id<std::array<std::uint8_t, 16>>(prng);
  body.object.placement_version = any_of<std::uint32_t>(prng);
  body.self = any_shared(prng);
  body.epoch_floor = any_number(prng, kEpochMax);
  body.members = any_page(prng, 60);
}
void make(Reject& body, Prng& prng) {
  body.reason = static_cast<RejectReason>(prng.below(5));
  body.text = any_text(prng, 0, kRejectTextBytesMax);
  body.alternatives = any_list(prng, kAlternativesMax, [&] { return any_endpoint(prng); });
}
template <class T>
  requires requires(T probe) { probe.sequence; }
void make(T& body, Prng& prng) {
  body.sequence = any_of<std::uint32_t>(prng);
  if constexpr (requires { body.news; }) body.news = any_page(prng, kPiggybackRecordsMax);
  if constexpr (std::is_same_v<T, PingReq>) {
    body.target = any_id<NodeId>(prng);
    body.target_nonce = any_number(prng);
    body.target_endpoint = any_listener(prng);
  }
}
void make(Gossip& body, Prng& prng) {
  body.news = any_page(prng, kPiggybackRecordsMax);
}
void make(SyncDigest& body, Prng& prng) {
  body.bits = static_cast<std::uint8_t>(prng.below(prng.chance(0.1) ? kDigestBitsMax + 1 : 5));
  body.buckets = any_hashes(prng, std::size_t{1} << body.bits);
  body.catalog_hash = any_number(prng);
}
void make(SyncPage& body, Prng& prng) {
  body.bits = static_cast<std::uint8_t>(prng.below(kDigestBitsMax + 1));
  body.buckets = any_list(prng, std::size_t{1} << body.bits,
                          [&] { return static_cast<std::uint32_t>(prng.below(std::uint64_t{1} << body.bits)); });
  body.records = any_page(prng, 60);
  body.answer = prng.chance(0.5);
}
void make(CatalogDigest& body, Prng& prng) {
  body.documents = any_hashes(prng, prng.below(prng.chance(0.1) ? kDocumentsHeldMax : 20));
}
void make(CatalogPage& body, Prng& prng) {
  body.documents = any_list(prng, 20, [&] { return any_document(prng); });
  body.wanted = any_hashes(prng, prng.below(20));
}
void make(MetaGet& body, Prng& prng) {
  body.id = any_id<NodeId>(prng);
}
void make(MetaPut& body, Prng& prng) {
  body.id = any_id<NodeId>(prng);
  body.nonce = any_number(prng);
  body.version = any_of<std::uint32_t>(prng);
  body.document = any_bytes(prng, 0, kMetadataBytesMax);
}
void make(Leave& body, Prng& prng) {
  body.self = any_shared(prng);
}
void make(LeaveAck&, Prng&) {}
void make(YouAreDead& body, Prng& prng) {
  body.record = any_shared(prng);
}
void make(Conflict& body, Prng& prng) {
  body.self = any_shared(prng);
}

template <std::size_t... kIndex>
Body any_body(std::size_t kind, Prng& prng, std::index_sequence<kIndex...>) {
  Body body;
  const auto take = [&](auto value) {
    make(value, prng);
    body = std::move(value);
  };
  (void)((kIndex == kind && (take(std::variant_alternative_t<kIndex, Body>{}), true)) || ...);
  return body;
}

bool same(const RecordPtr& a, const RecordPtr& b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}
bool same(const std::vector<News>& a, const std::vector<News>& b) {
  return std::ranges::equal(a, b, [](const News& x, const News& y) { return same(x, y); });
}
bool same(const JoinReq& a, const JoinReq& b) {
  return same(a.self, b.self) && a.describe == b.describe;
}
bool same(const JoinAck& a, const JoinAck& b) {
  return a.object == b.object && same(a.self, b.self) && a.epoch_floor == b.epoch_floor && same(a.members, b.members);
}
bool same(const Reject& a, const Reject& b) {
  return std::tie(a.reason, a.text, a.alternatives) == std::tie(b.reason, b.text, b.alternatives);
}
bool same(const PingReq& a, const PingReq& b) {
  return std::tie(a.sequence, a.target, a.target_nonce, a.target_endpoint) ==
             std::tie(b.sequence, b.target, b.target_nonce, b.target_endpoint) &&
         same(a.news, b.news);
}
template <class T>
  requires requires(T probe) { probe.sequence; }
bool same(const T& a, const T& b) {
  if constexpr (requires { a.news; }) return a.sequence == b.sequence && same(a.news, b.news);
  return a.sequence == b.sequence;
}
bool same(const Gossip& a, const Gossip& b) {
  return same(a.news, b.news);
}
bool same(const SyncDigest& a, const SyncDigest& b) {
  return std::tie(a.bits, a.buckets, a.catalog_hash) == std::tie(b.bits, b.buckets, b.catalog_hash);
}
bool same(const SyncPage& a, const SyncPage& b) {
  return std::tie(a.bits, a.buckets, a.answer) == std::tie(b.bits, b.buckets, b.answer) && same(a.records, b.records);
}
bool same(const CatalogDigest& a, const CatalogDigest& b) {
  return a.documents == b.documents;
}
bool same(const CatalogPage& a, const CatalogPage& b) {
  return std::tie(a.documents, a.wanted) == std::tie(b.documents, b.wanted);
}
bool same(const MetaGet& a, const MetaGet& b) {
  return a.id == b.id;
}
bool same(const MetaPut& a, const MetaPut& b) {
  return std::tie(a.id, a.nonce, a.version, a.document) == std::tie(b.id, b.nonce, b.version, b.document);
}
bool same(const LeaveAck&, const LeaveAck&) {
  return true;
}
bool same(const Leave& a, const Leave& b) {
  return same(a.self, b.self);
}
bool same(const YouAreDead& a, const YouAreDead& b) {
  return same(a.record, b.record);
}
bool same(const Conflict& a, const Conflict& b) {
  return same(a.self, b.self);
}

bool fits(const Record& record) {
  const Endpoints& at = record.endpoints;
  std::size_t unknown_bytes = 0;
  for (const UnknownField& field : record.unknown) unknown_bytes += field.bytes.size();
  return std::ranges::all_of(std::array{at.membership, at.peers, at.ingest, at.http, at.data},
                             [](const auto& text) { return text.empty() || is_numeric_endpoint(text); }) &&
         record.state <= MemberState::left && !record.name.empty() && record.name.size() <= kNameBytesMax &&
         record.zone.size() <= kNameBytesMax && record.unknown.size() <= kUnknownFieldsMax &&
         unknown_bytes <= kUnknownBytesMax;
}
bool fits(const News& news) {
  return news.record != nullptr && fits(*news.record) && news.accusations.size() <= kAccusationsMax &&
         std::ranges::all_of(news.accusations, [](const auto& one) { return one.evidence <= Evidence::unheard; });
}
bool fits(const std::vector<News>& page, std::size_t max) {
  return page.size() <= max && std::ranges::all_of(page, [](const News& news) { return fits(news); });
}
bool fits(const Document& document) {
  return !document.kind.empty() && document.kind.size() <= kDocumentKindBytesMax &&
         document.name.size() <= kDocumentNameBytesMax && document.body.size() <= kDocumentBytesMax;
}
bool fits(const JoinReq& body) {
  return body.self != nullptr ? fits(*body.self) : body.describe;
}
bool fits(const JoinAck& body) {
  return !body.object.name.empty() && body.object.name.size() <= kNameBytesMax && body.self != nullptr &&
         fits(*body.self) && fits(body.members, kMembersMax);
}
bool fits(const Reject& body) {
  return body.reason <= RejectReason::unauthorised && body.text.size() <= kRejectTextBytesMax &&
         body.alternatives.size() <= kAlternativesMax &&
         std::ranges::all_of(body.alternatives, [](const auto& text) { return is_numeric_endpoint(text); });
}
bool fits(const SyncDigest& body) {
  return body.bits <= kDigestBitsMax && body.buckets.size() == std::size_t{1} << body.bits;
}
bool fits(const SyncPage& body) {
  return body.bits <= kDigestBitsMax && fits(body.records, kMembersMax) &&
         std::ranges::all_of(body.buckets, [&](std::uint32_t bucket) { return bucket >> body.bits == 0; });
}
bool fits(const CatalogPage& body) {
  return body.wanted.size() <= kDocumentsHeldMax &&
         std::ranges::all_of(body.documents, [](const Document& document) { return fits(document); });
}
template <class T>
bool fits(const T& body) {
  if constexpr (requires { body.news; }) return fits(body.news, kNewsAcceptedMax);
  if constexpr (requires { body.self; }) return body.self != nullptr && fits(*body.self);
  if constexpr (requires { body.record; }) return body.record != nullptr && fits(*body.record);
  if constexpr (std::is_same_v<T, CatalogDigest>) return body.documents.size() <= kDocumentsHeldMax;
  if constexpr (std::is_same_v<T, MetaPut>) return body.document.size() <= kMetadataBytesMax;
  return true;
}

}  // namespace

Record any_record(Prng& prng) {
  Record record;
  record.id = any_id<NodeId>(prng);
  record.life = {any_number(prng, kEpochMax), any_number(prng)};
  record.incarnation = static_cast<std::uint32_t>(any_number(prng, kIncarnationMax));
  record.state = static_cast<MemberState>(prng.below(4));
  record.weight = any_of<std::uint16_t>(prng);
  record.meta_version = any_of<std::uint32_t>(prng);
  record.meta_hash = any_number(prng);
  record.protocol = {any_of<std::uint8_t>(prng), any_of<std::uint8_t>(prng), any_of<std::uint8_t>(prng)};
  record.features = any_of<std::uint32_t>(prng);
  record.name = any_text(prng, 1, kNameBytesMax);
  record.zone = any_text(prng, 0, kNameBytesMax);
  record.endpoints = {any_listener(prng), any_listener(prng), any_listener(prng), any_listener(prng),
                      any_listener(prng)};
  std::uint64_t tag = kDataEndpointTag;
  record.unknown = any_list(prng, prng.chance(0.7) ? 0 : kUnknownFieldsMax, [&] {
    tag += 1 + prng.below(1000);
    return UnknownField{tag, any_bytes(prng, 0, kUnknownBytesMax / kUnknownFieldsMax)};
  });
  return record;
}

News any_news(Prng& prng) {
  News news{any_shared(prng), {}, any_of<std::uint32_t>(prng)};
  news.accusations = any_list(prng, prng.chance(0.5) ? 0 : kAccusationsMax, [&] {
    return Accusation{any_id<NodeId>(prng), static_cast<Evidence>(prng.below(3))};
  });
  return news;
}

Document any_document(Prng& prng) {
  return {any_text(prng, 1, kDocumentKindBytesMax), any_text(prng, 0, kDocumentNameBytesMax),
          static_cast<std::int64_t>(any_number(prng)), any_number(prng), any_bytes(prng, 0, 2000)};
}

Message any_message(std::size_t kind, Prng& prng) {
  Header header;
  header.minor = static_cast<std::uint8_t>(prng.below(3));
  header.cluster = any_number(prng);
  header.source = any_id<NodeId>(prng);
  header.source_nonce = prng.next();
  header.destination_nonce = any_number(prng);
  header.view_hash = prng.next();
  return {header, any_body(kind, prng, std::make_index_sequence<kKindCount>{})};
}

bool same(const News& a, const News& b) {
  return same(a.record, b.record) && a.accusations == b.accusations && a.age_s == b.age_s;
}

bool same(const Message& a, const Message& b) {
  const auto key = [](const Header& header) {
    return std::tie(header.major, header.minor, header.cluster, header.source, header.source_nonce,
                    header.destination_nonce, header.view_hash);
  };
  if (key(a.header) != key(b.header) || a.body.index() != b.body.index()) return false;
  return std::visit([&](const auto& body) { return same(body, std::get<std::remove_cvref_t<decltype(body)>>(b.body)); },
                    a.body);
}

bool within_limits(const Message& message) {
  return std::visit([](const auto& body) { return fits(body); }, message.body);
}

}  // namespace wattring::cluster
