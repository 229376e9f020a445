// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>

#include "base/limits.hpp"
#include "cluster/codec_wire.hpp"
#include "cluster/message.hpp"

/// The fields of every kind of message, once for writing, sizing and reading. Keys are for ever: a field that goes
/// leaves its key unused, a new one takes the next and is optional. Records keep unknown keys, which therefore come
/// last and hold a bin.

namespace wattring::cluster {

template <class T, class U>
concept Either = std::same_as<T, U> || std::same_as<T, const U>;

template <class Io, Either<ProtocolRange> T>
void fields(Io& io, T& range) {
  io.required(0, "min", wire::kU8, range.min);
  io.required(1, "max", wire::kU8, range.max);
  io.required(2, "current", wire::kU8, range.current);
}

template <class Io, Either<Record> T>
void fields(Io& io, T& record) {
  io.required(0, "id", wire::Bits128{}, record.id);
  io.required(1, "epoch", wire::Number{kEpochMax}, record.life.epoch);
  io.required(2, "nonce", wire::kU64, record.life.nonce);
  io.required(3, "incarnation", wire::Number{kIncarnationMax}, record.incarnation);
  io.required(4, "state", wire::Number{static_cast<std::uint64_t>(MemberState::left)}, record.state);
  io.required(5, "name", wire::Text{1, kNameBytesMax}, record.name);
  io.optional(6, "membership", wire::Endpoint{}, record.endpoints.membership);
  io.optional(7, "peers", wire::Endpoint{}, record.endpoints.peers);
  io.optional(8, "ingest", wire::Endpoint{}, record.endpoints.ingest);
  io.optional(9, "http", wire::Endpoint{}, record.endpoints.http);
  io.optional(10, "zone", wire::Text{0, kNameBytesMax}, record.zone);
  io.optional(11, "weight", wire::Number{wire::kU16.max, Record{}.weight}, record.weight);
  io.optional(12, "meta_version", wire::kU32, record.meta_version);
  io.optional(13, "meta_hash", wire::kU64, record.meta_hash);
  io.optional(14, "protocol", wire::Map{}, record.protocol);
  io.optional(15, "features", wire::kU32, record.features);
  io.optional(kDataEndpointTag, "data", wire::Endpoint{0, true}, record.endpoints.data);
  io.unknown(record.unknown);
}

template <class Io, Either<Accusation> T>
void fields(Io& io, T& accusation) {
  io.required(0, "accuser", wire::Bits128{}, accusation.accuser);
  io.optional(1, "evidence", wire::Number{static_cast<std::uint64_t>(Evidence::unheard)}, accusation.evidence);
}

template <class Io, Either<News> T>
void fields(Io& io, T& news) {
  io.required(0, "record", wire::SharedRecord{}, news.record);
  io.optional(1, "accusations", wire::List<wire::Map>{kAccusationsMax, 19}, news.accusations);
  io.optional(2, "age", wire::kU32, news.age_s);
}

template <class Io, Either<ClusterObject> T>
void fields(Io& io, T& object) {
  io.required(0, "id", wire::Bits128{}, object.id);
  io.required(1, "name", wire::Text{1, kNameBytesMax}, object.name);
  io.required(2, "shards", wire::Number{kShardsMax}, object.shard_count);
  io.required(3, "hash_key", wire::Bits128{}, object.hash_key);
  io.required(4, "placement", wire::kU32, object.placement_version);
}

template <class Io, Either<Document> T>
void fields(Io& io, T& document) {
  io.required(0, "kind", wire::Text{1, kDocumentKindBytesMax}, document.kind);
  io.optional(1, "name", wire::Text{0, kDocumentNameBytesMax}, document.name);
  io.required(2, "effective", wire::Integer{}, document.effective_ms);
  io.required(3, "revision", wire::kU64, document.revision);
  io.optional(4, "body", wire::Bytes{kDocumentBytesMax}, document.body);
}

inline constexpr wire::List<wire::Map> kNewsList{kNewsAcceptedMax, 32};
inline constexpr wire::List<wire::Map> kNewsPage{kMembersMax, 32};

template <class Io, Either<JoinReq> T>
void fields(Io& io, T& request) {
  io.optional(0, "self", wire::SharedRecord{}, request.self);
  io.optional(1, "describe", wire::kFlag, request.describe);
}
inline void check_fields(BodyReader& in, const JoinReq& request) {
  if (request.self == nullptr && !request.describe)
    in.fail(DecodeError::missing, "a JoinReq without self that does not ask for the cluster object");
}

template <class Io, Either<JoinAck> T>
void fields(Io& io, T& ack) {
  io.required(0, "object", wire::Map{}, ack.object);
  io.required(1, "self", wire::SharedRecord{}, ack.self);
  io.optional(2, "epoch_floor", wire::Number{kEpochMax}, ack.epoch_floor);
  io.optional(3, "members", kNewsPage, ack.members);
}

template <class Io, Either<Reject> T>
void fields(Io& io, T& reject) {
  io.required(0, "reason", wire::Number{static_cast<std::uint64_t>(RejectReason::unauthorised)}, reject.reason);
  io.optional(1, "text", wire::Text{0, kRejectTextBytesMax}, reject.text);
  io.optional(2, "alternatives", wire::List<wire::Endpoint>{kAlternativesMax, 10, {1}}, reject.alternatives);
}

template <class Io, class T>
  requires(Either<T, Ping> || Either<T, Ack>)
void fields(Io& io, T& probe) {
  io.required(0, "sequence", wire::kU32, probe.sequence);
  io.optional(1, "news", kNewsList, probe.news);
}

template <class Io, Either<PingReq> T>
void fields(Io& io, T& request) {
  io.required(0, "sequence", wire::kU32, request.sequence);
  io.required(1, "target", wire::Bits128{}, request.target);
  io.required(2, "target_nonce", wire::kU64, request.target_nonce);
  io.optional(3, "target_endpoint", wire::Endpoint{}, request.target_endpoint);
  io.optional(4, "news", kNewsList, request.news);
}

template <class Io, class T>
  requires(Either<T, IndAck> || Either<T, Nack>)
void fields(Io& io, T& answer) {
  io.required(0, "sequence", wire::kU32, answer.sequence);
}

template <class Io, Either<Gossip> T>
void fields(Io& io, T& gossip) {
  io.optional(0, "news", kNewsList, gossip.news);
}

inline constexpr std::size_t kBucketsMax = std::size_t{1} << kDigestBitsMax;

template <class Io, Either<SyncDigest> T>
void fields(Io& io, T& digest) {
  io.required(0, "bits", wire::Number{kDigestBitsMax}, digest.bits);
  io.required(1, "buckets", wire::Hashes{kBucketsMax}, digest.buckets);
  io.optional(2, "catalog", wire::kU64, digest.catalog_hash);
}
inline void check_fields(BodyReader& in, const SyncDigest& digest) {
  if (digest.buckets.size() != std::size_t{1} << digest.bits)
    in.fail(DecodeError::limit, std::to_string(digest.buckets.size()) + " buckets of 2^" + std::to_string(digest.bits));
}

template <class Io, Either<SyncPage> T>
void fields(Io& io, T& page) {
  io.required(0, "bits", wire::Number{kDigestBitsMax}, page.bits);
  io.optional(1, "buckets", wire::List<wire::Number>{kBucketsMax, 1, {kBucketsMax - 1}}, page.buckets);
  io.optional(2, "answer", wire::kFlag, page.answer);
  io.optional(3, "records", kNewsPage, page.records);
}
inline void check_fields(BodyReader& in, const SyncPage& page) {
  for (const std::uint32_t bucket : page.buckets)
    if (bucket >> page.bits != 0)
      in.fail(DecodeError::limit, "bucket " + std::to_string(bucket) + " of 2^" + std::to_string(page.bits));
}

template <class Io, Either<CatalogDigest> T>
void fields(Io& io, T& digest) {
  io.optional(0, "documents", wire::Hashes{kDocumentsHeldMax}, digest.documents);
}

template <class Io, Either<CatalogPage> T>
void fields(Io& io, T& page) {
  io.optional(0, "documents", wire::List<wire::Map>{kDocumentsHeldMax, 8}, page.documents);
  io.optional(1, "wanted", wire::Hashes{kDocumentsHeldMax}, page.wanted);
}

template <class Io, Either<MetaGet> T>
void fields(Io& io, T& get) {
  io.required(0, "id", wire::Bits128{}, get.id);
}

template <class Io, Either<MetaPut> T>
void fields(Io& io, T& put) {
  io.required(0, "id", wire::Bits128{}, put.id);
  io.required(1, "nonce", wire::kU64, put.nonce);
  io.required(2, "version", wire::kU32, put.version);
  io.optional(3, "document", wire::Bytes{kMetadataBytesMax}, put.document);
}

template <class Io, class T>
  requires(Either<T, Leave> || Either<T, Conflict>)
void fields(Io& io, T& own) {
  io.required(0, "self", wire::SharedRecord{}, own.self);
}

template <class Io, Either<LeaveAck> T>
void fields(Io&, T&) {}

template <class Io, Either<YouAreDead> T>
void fields(Io& io, T& told) {
  io.required(0, "record", wire::SharedRecord{}, told.record);
}

}  // namespace wattring::cluster
