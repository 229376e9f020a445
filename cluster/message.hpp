// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "cluster/catalog.hpp"
#include "cluster/record.hpp"

/// What nodes say to each other about membership. The bytes: codec.hpp and docs/protocols/membership.md.

namespace wattring::cluster {

inline constexpr std::uint8_t kProtocolMajor = 1;
inline constexpr std::uint8_t kProtocolMinor = 0;

inline constexpr std::size_t kGossipBytesMax = 64U << 10U;   ///< any message but a page
inline constexpr std::size_t kSyncPageBytesMax = 1U << 20U;  ///< what is accepted; senders cut pages at 64 KiB
inline constexpr std::size_t kPageRecordsMax = 400;          ///< records a sender puts in one page
inline constexpr std::size_t kPiggybackRecordsMax = 25;
inline constexpr std::size_t kPiggybackBytesMax = 1300;
inline constexpr std::size_t kMetadataBytesMax = 4U << 10U;
inline constexpr std::size_t kMembersMax = 20'000;
inline constexpr std::size_t kAlternativesMax = 8;
inline constexpr std::size_t kDigestBitsMax = 12;
inline constexpr std::size_t kRejectTextBytesMax = 256;

/// What never changes in a cluster's life; a joiner learns it from whoever lets it in.
struct ClusterObject {
  ClusterId id;
  std::string name;  ///< 1..64 bytes
  std::uint32_t shard_count = 0;
  std::array<std::uint8_t, 16> hash_key{};
  std::uint32_t placement_version = 1;
  friend bool operator==(const ClusterObject&, const ClusterObject&) = default;
};

/// Identifies a cluster on the wire, so that two of them never mix: hash of id and name.
[[nodiscard]] std::uint64_t cluster_hash(const ClusterId& id, std::string_view name);

struct Header {
  std::uint8_t major = kProtocolMajor;
  std::uint8_t minor = kProtocolMinor;
  std::uint64_t cluster = 0;  ///< cluster_hash; 0 only in a JoinReq that asks for the cluster object
  NodeId source;
  std::uint64_t source_nonce = 0;
  std::uint64_t destination_nonce = 0;  ///< life that is meant; 0 = whoever listens there
  std::uint64_t view_hash = 0;          ///< of the sender; when it differs from ours somebody knows more
};

/// `describe`: only the cluster object is wanted, by a node that has none yet.
struct JoinReq {
  RecordPtr self;
  bool describe = false;
};
struct JoinAck {
  ClusterObject object;
  RecordPtr self;                 ///< of the one who answers
  std::uint64_t epoch_floor = 0;  ///< not 0: a former life had this epoch or one below; take a higher one and ask again
  std::vector<News> members;      ///< a page of what is known; sync brings the rest
};
enum class RejectReason : std::uint8_t { cluster_mismatch, version, duplicate_id, busy, unauthorised };
[[nodiscard]] std::string_view to_string(RejectReason reason);  ///< "CLUSTER_MISMATCH"
struct Reject {
  RejectReason reason = RejectReason::busy;
  std::string text;                       ///< for people
  std::vector<std::string> alternatives;  ///< membership endpoints to try instead
};

struct Ping {
  std::uint32_t sequence = 0;
  std::vector<News> news;
};
struct Ack {
  std::uint32_t sequence = 0;
  std::vector<News> news;
};
/// Ask somebody else to ping: the sender hears nothing from the target.
struct PingReq {
  std::uint32_t sequence = 0;
  NodeId target;
  std::uint64_t target_nonce = 0;
  std::string target_endpoint;
  std::vector<News> news;
};
struct IndAck {
  std::uint32_t sequence = 0;
};
/// The helper is alive but hears nothing from the target either; sent at 80 % of the time-out.
struct Nack {
  std::uint32_t sequence = 0;
};
struct Gossip {
  std::vector<News> news;
};

/// Hashes of what the sender knows, in 2^bits buckets by id; and of its catalog.
struct SyncDigest {
  std::uint8_t bits = 0;
  std::vector<std::uint64_t> buckets;  ///< 2^bits of them
  std::uint64_t catalog_hash = 0;
};
/// All that the sender knows in the named buckets of 2^bits. `answer`: made from the other's page, wants none back.
struct SyncPage {
  std::uint8_t bits = 0;
  std::vector<std::uint32_t> buckets;
  std::vector<News> records;
  bool answer = false;
};
/// Hashes of the documents that the sender holds.
struct CatalogDigest {
  std::vector<std::uint64_t> documents;
};
/// Documents the receiver lacks, and hashes of those the sender lacks and would like.
struct CatalogPage {
  std::vector<Document> documents;
  std::vector<std::uint64_t> wanted;
};

struct MetaGet {
  NodeId id;
};
struct MetaPut {
  NodeId id;
  std::uint64_t nonce = 0;
  std::uint32_t version = 0;
  std::string document;  ///< <= kMetadataBytesMax; opaque to cluster/
};

struct Leave {
  RecordPtr self;  ///< in state left
};
struct LeaveAck {};
/// To a member that is held dead and speaks all the same: the record it has to refute.
struct YouAreDead {
  RecordPtr record;
};
/// To another holder of one's own id: the life that speaks.
struct Conflict {
  RecordPtr self;
};

using Body = std::variant<JoinReq, JoinAck, Reject, Ping, Ack, PingReq, IndAck, Nack, Gossip, SyncDigest, SyncPage,
                          CatalogDigest, CatalogPage, MetaGet, MetaPut, Leave, LeaveAck, YouAreDead, Conflict>;

struct Message {
  Header header;
  Body body;
};

[[nodiscard]] std::string_view kind_name(const Body& body);  ///< "ping", for counters and traces

}  // namespace wattring::cluster
