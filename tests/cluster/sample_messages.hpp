// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/message.hpp"

/// One message of each kind with values that a reader of bytes recognises.

namespace wattring::cluster {

inline NodeId sample_id(std::uint8_t number) {
  NodeId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(std::size_t{16} * number + i);
  return id;
}

inline Record sample_record() {
  Record record;
  record.id = sample_id(1);
  record.life = {3, 0x1122334455667788};
  record.incarnation = 2;
  record.name = "n1";
  record.endpoints.membership = "127.0.0.1:7412";
  return record;
}

inline RecordPtr shared(Record record) {
  return std::make_shared<const Record>(std::move(record));
}

/// Every field used.
inline Record full_record() {
  Record record = sample_record();
  record.zone = "attic";
  record.weight = 50;
  record.endpoints.peers = "127.0.0.1:7414";
  record.endpoints.ingest = "127.0.0.1:7413";
  record.endpoints.http = "[::1]:7411";
  record.meta_version = 9;
  record.meta_hash = 0xabcdef;
  record.protocol = {1, 2, 1};
  record.features = 5;
  record.endpoints.data = "127.0.0.1:7415";
  record.unknown = {{17, "later"}, {200, std::string("\0\xff", 2)}};
  return record;
}

inline News sample_news() {
  Record suspect = sample_record();
  suspect.state = MemberState::suspect;
  return {shared(suspect), {{sample_id(2), Evidence::refused}, {sample_id(3), Evidence::silent}}, 0};
}

inline Header sample_header() {
  Header header;
  header.cluster = 0x0101010101010101;
  header.source = sample_id(1);
  header.source_nonce = 0x1122334455667788;
  header.destination_nonce = 0x0202020202020202;
  header.view_hash = 0x0303030303030303;
  return header;
}

inline std::vector<Message> sample_messages() {
  const RecordPtr own = shared(sample_record());
  Record gone = sample_record();
  gone.state = MemberState::dead;
  const News death{shared(gone), {}, 61};
  ClusterObject object;
  object.id.bytes = sample_id(12).bytes;
  object.name = "home";
  object.shard_count = 1024;
  object.hash_key = sample_id(13).bytes;
  Leave leave{own};
  leave.self = with_state(*own, MemberState::left);
  const std::vector<Body> bodies{JoinReq{own, false},
                                 JoinAck{object, shared(full_record()), 4, {death}},
                                 Reject{RejectReason::busy, "try another", {"127.0.0.1:7512", "[::1]:7612"}},
                                 Ping{7, {sample_news()}},
                                 Ack{7, {}},
                                 PingReq{8, sample_id(2), 99, "10.0.0.2:7412", {}},
                                 IndAck{8},
                                 Nack{8},
                                 Gossip{{sample_news(), death}},
                                 SyncDigest{1, {0x10, 0x20}, 0x30},
                                 SyncPage{4, {3, 15}, {death}, true},
                                 CatalogDigest{{0x40, 0x50}},
                                 CatalogPage{{{"alert_rules", "", 1'700'000'000'000, 3, "a = 1"}}, {0x60}},
                                 MetaGet{sample_id(2)},
                                 MetaPut{sample_id(2), 99, 4, "opaque"},
                                 leave,
                                 LeaveAck{},
                                 YouAreDead{shared(gone)},
                                 Conflict{own}};
  std::vector<Message> messages;
  messages.reserve(bodies.size());
  for (const Body& body : bodies) messages.push_back({sample_header(), body});
  return messages;
}

}  // namespace wattring::cluster
