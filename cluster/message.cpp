// SPDX-License-Identifier: Apache-2.0
#include "cluster/message.hpp"

#include <iterator>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace wattring::cluster {

std::uint64_t cluster_hash(const ClusterId& id, std::string_view name) {
  std::string bytes;
  ByteWriter out(bytes);
  out.bytes({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  out.sized_bytes(name);
  const std::uint64_t hash = hash64(bytes);
  return hash == 0 ? 1 : hash;  // 0 means "I have no cluster yet"
}

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::cluster_mismatch:
      return "CLUSTER_MISMATCH";
    case RejectReason::version:
      return "VERSION";
    case RejectReason::duplicate_id:
      return "DUPLICATE_ID";
    case RejectReason::busy:
      return "BUSY";
    case RejectReason::unauthorised:
      return "UNAUTHORISED";
  }
  return "?";
}

std::string_view kind_name(const Body& body) {
  static constexpr std::string_view kNames[] = {
      "join_req",  "join_ack",     "reject",    "ping",           "ack",          "ping_req", "ind_ack",  "nack",
      "gossip",    "sync_digest",  "sync_page", "catalog_digest", "catalog_page", "meta_get", "meta_put", "leave",
      "leave_ack", "you_are_dead", "conflict"};
  static_assert(std::size(kNames) == std::variant_size_v<Body>);
  return kNames[body.index()];
}

}  // namespace wattring::cluster
