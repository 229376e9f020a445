// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/prng.hpp"
#include "cluster/message.hpp"
#include "cluster/settings.hpp"
#include "cluster/transport.hpp"
#include "cluster/view.hpp"

namespace wattring::cluster {

namespace effect {
struct Send {
  Route to;
  Message message;
};
/// Try a connect() of our own; the outcome comes back through handle_connect().
struct CheckConnect {
  std::string endpoint;
};
/// Must be on the disk before this node speaks again: the next start takes a higher one.
struct KeepEpoch {
  std::uint64_t epoch = 0;
};
/// New documents to persist and to act on.
struct CatalogGrew {
  std::vector<Document> documents;
};
/// Metadata of another member arrived or changed.
struct MetadataChanged {
  NodeId id;
  std::uint32_t version = 0;
  std::string document;
};
/// This node must not go on: its id is held by another process, or the cluster is another one.
struct Stop {
  RejectReason reason = RejectReason::duplicate_id;
  std::string text;
};
/// leave() has been heard by enough others, or has waited long enough.
struct LeaveDone {};
}  // namespace effect

using Effect = std::variant<effect::Send, effect::CheckConnect, effect::KeepEpoch, effect::CatalogGrew,
                            effect::MetadataChanged, effect::Stop, effect::LeaveDone, MemberEvent>;
/// In the order in which they have to be carried out.
using Effects = std::vector<Effect>;

struct SwimState;

/// Who is alive, as one node holds it: SWIM with Lifeguard over an expander overlay, with digest anti-entropy. Pure: it
/// reads no clock and does no IO; times are the caller's monotonic clock in nanoseconds, never going back. The caller
/// hands in every input before it calls tick(), and calls tick() when next_deadline_ns() has come. One thread.
/// ARCHITECTURE of the parts: docs/protocols/membership.md.
class Swim {
 public:
  struct Self {
    ClusterObject cluster;
    Record record;  ///< state alive; life: the epoch as persisted + 1, and a nonce drawn for this start
    std::string metadata;
    /// Seeds were named whose addresses are not known yet: alone is then not joined, whatever start() is given.
    bool seeds_pending = false;
  };
  Swim(Settings settings, Self self, Catalog catalog, Prng prng);
  ~Swim();
  Swim(const Swim&) = delete;
  Swim& operator=(const Swim&) = delete;

  /// Seeds: membership endpoints to ask for a way in, again and again, also later when they are not members. None:
  /// this node is the cluster until others come.
  void start(std::int64_t now_ns, std::vector<std::string> seeds, Effects& out);

  void handle(std::int64_t now_ns, const Route& from, const Message& message, Effects& out);
  void handle_link(std::int64_t now_ns, const std::string& endpoint, LinkChange change, Effects& out);
  void handle_connect(std::int64_t now_ns, const std::string& endpoint, ConnectOutcome outcome, Effects& out);
  void tick(std::int64_t now_ns, Effects& out);
  [[nodiscard]] std::int64_t next_deadline_ns() const;

  /// Tells the others that this node goes; LeaveDone follows within Settings::leave_timeout_ns.
  void leave(std::int64_t now_ns, Effects& out);
  /// Own address or metadata changed: raises the incarnation and tells everybody.
  void set_endpoints(std::int64_t now_ns, Endpoints endpoints, Effects& out);
  void set_metadata(std::int64_t now_ns, std::string document, Effects& out);
  /// Tells the others to count on this node as little as they can, or as ever again. A restart ends it.
  void set_draining(std::int64_t now_ns, bool draining, Effects& out);
  /// Adds to the catalog and spreads it.
  [[nodiscard]] Result<Catalog::Added> publish(std::int64_t now_ns, Document document, Effects& out);
  /// More places to ask for a way in (an operator's word, a cache).
  void add_seeds(std::int64_t now_ns, std::vector<std::string> seeds, Effects& out);

  [[nodiscard]] std::shared_ptr<const View> view(std::int64_t now_ns) const;
  /// Grows whenever view() would show something else; cheap.
  [[nodiscard]] std::uint64_t view_version() const;
  [[nodiscard]] std::uint64_t view_hash() const;
  [[nodiscard]] const Record& self() const;
  [[nodiscard]] const Catalog& catalog() const;
  /// The record held of a member; null when unknown.
  [[nodiscard]] RecordPtr record_of(const NodeId& id) const;
  [[nodiscard]] std::size_t live_count() const;  ///< alive or suspect, self included
  /// Metadata document last received; empty when none.
  [[nodiscard]] std::string_view metadata_of(const NodeId& id) const;
  /// Membership endpoints worth trying at the next start, those of the living first; at most 64.
  [[nodiscard]] std::vector<std::string> peer_cache() const;

  struct Stats {
    std::uint64_t ignored_other_life = 0;  ///< meant for a former holder of this address
    std::uint64_t ignored_cluster = 0;     ///< another cluster's
    std::uint64_t ignored_version = 0;     ///< another major version
    std::uint64_t ignored_limits = 0;      ///< the member table is full
    std::uint64_t probes = 0;
    std::uint64_t probes_failed = 0;
    std::uint64_t syncs = 0;
    std::uint64_t own_pauses = 0;
    std::uint64_t refutations = 0;
  };
  [[nodiscard]] const Stats& stats() const;
  /// Sizes of all queues and timers, for the test that they stay bounded.
  struct Load {
    std::size_t queued_news = 0;
    std::size_t pending_probes = 0;
    std::size_t suspicions = 0;
    std::size_t side_states = 0;
  };
  [[nodiscard]] Load load() const;

 private:
  std::unique_ptr<SwimState> state_;
};

}  // namespace wattring::cluster
