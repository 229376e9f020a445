// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/dissemination.hpp"
#include "cluster/member_table.hpp"
#include "cluster/overlay.hpp"
#include "cluster/suspicion.hpp"
#include "cluster/swim.hpp"

/// The inside of Swim, in the files swim_*.cpp. One turn = one call from outside: `now` and `out` stand for its time
/// and its effects.

namespace wattring::cluster {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// A monitor's accusations of a member, at so many different incarnations: refuted each time.
struct Edge {
  NodeId accuser;
  bool unheard = false;           ///< the last one said so
  std::uint32_t incarnation = 0;  ///< of the last accusation
  std::uint32_t strikes = 0;
  std::int64_t at_ns = 0;
};

/// What is kept of a member only while something about it is out of the ordinary.
struct Side {
  std::vector<Accusation> accusations;
  std::int64_t suspected_ns = 0;     ///< of suspects: when the first sign was missed
  std::int64_t refused_ns = kNever;  ///< when enough monitors had been refused
  std::vector<Edge> edges;
  FlapScore flaps;
  bool flapping = false;
  std::int64_t ended_ns = 0;  ///< of dead and left
  std::int64_t told_dead_ns = std::numeric_limits<std::int64_t>::min() / 2;
  std::uint32_t refusals = 0;  ///< in a row, of our own connects
  std::uint32_t misses = 0;    ///< in a row, of our own pings, whatever helpers said
};

struct Probe {
  std::uint32_t sequence = 0;
  NodeId target;
  std::int64_t sent_ns = 0;
  std::int64_t direct_until_ns = 0;
  std::int64_t until_ns = 0;
  bool indirect = false;
  int nacks_missing = 0;
};

/// A ping sent for somebody else.
struct Relay {
  std::uint32_t sequence = 0;
  std::uint32_t asked = 0;
  Route back;
  std::int64_t nack_ns = 0;
  std::int64_t until_ns = 0;
};

/// Somebody wants in under an id that another life holds: the holder is asked first.
struct HeldJoin {
  std::uint32_t sequence = 0;
  Route back;
  RecordPtr joiner;
  std::int64_t until_ns = 0;
};

/// Another process with our id.
struct Rival {
  RecordPtr record;
  int tries = 0;
  std::int64_t next_ns = 0;
};

/// Somebody says that an older life holds our id; asked whether it is so.
struct Claim {
  std::uint32_t sequence = 0;
  RecordPtr older;
  std::int64_t until_ns = 0;
};

enum class Source : std::uint8_t {
  gossip,  ///< told one by one: pass it on
  page     ///< from anti-entropy or a join: the others get it the same way
};

class PageIndex;

struct SwimState {
  SwimState(Settings settings, Swim::Self self, Catalog catalog, Prng prng);

  // swim.cpp: turns
  void begin(std::int64_t now_ns, Effects& effects);
  void note_pause(std::int64_t gap_ns);
  void tick();
  [[nodiscard]] std::int64_t next_deadline() const;
  void housekeeping();

  // swim_receive.cpp: messages
  void receive(const Route& from, const Message& message);
  bool admit(const Route& from, const Message& message);
  void greet_stranger(const Route& from, const Header& header);
  void on(const Route& from, const Header& header, const JoinReq& body);
  void on(const Route& from, const Header& header, const JoinAck& body);
  void on(const Route& from, const Header& header, const Reject& body);
  void on(const Route& from, const Header& header, const Ping& body);
  void on(const Route& from, const Header& header, const Ack& body);
  void on(const Route& from, const Header& header, const PingReq& body);
  void on(const Route& from, const Header& header, const IndAck& body);
  void on(const Route& from, const Header& header, const Nack& body);
  void on(const Route& from, const Header& header, const Gossip& body);
  void on(const Route& from, const Header& header, const SyncDigest& body);
  void on(const Route& from, const Header& header, const SyncPage& body);
  void on(const Route& from, const Header& header, const CatalogDigest& body);
  void on(const Route& from, const Header& header, const CatalogPage& body);
  void on(const Route& from, const Header& header, const MetaGet& body);
  void on(const Route& from, const Header& header, const MetaPut& body);
  void on(const Route& from, const Header& header, const Leave& body);
  void on(const Route& from, const Header& header, const LeaveAck& body);
  void on(const Route& from, const Header& header, const YouAreDead& body);
  void on(const Route& from, const Header& header, const Conflict& body);

  // swim_merge.cpp: what is believed
  void hear(const News& news, Source source);
  void hear_all(const std::vector<News>& news, Source source);
  void meet(const News& news, Source source);
  void replace(const RecordPtr& old, const News& news, Source source);
  void tell_change(const RecordPtr& old, const RecordPtr& record, Side& side);
  void confirm(const NodeId& id, const std::vector<Accusation>& accusations);
  void hear_of_self(const News& news);
  void refute(std::uint32_t above);
  void publish_change(Record changed);
  void publish_self();
  void accuse(const NodeId& id, Evidence evidence, std::int64_t since_ns);
  void declare_dead(const NodeId& id);
  void suspicions_due();
  void doubt_until(const NodeId& id);
  [[nodiscard]] std::int64_t suspicion_deadline(const NodeId& id) const;
  [[nodiscard]] std::int64_t doubt_ns(std::size_t confirmations) const;
  void note_accusers(Side& side, const Record& record, const std::vector<Accusation>& accusations);
  void check_refused(Side& side);
  [[nodiscard]] std::size_t refusals_needed() const;
  [[nodiscard]] bool edge_quorum(const Side& side) const;
  [[nodiscard]] bool own_problem(const Side& side) const;
  void settle_flaps(const RecordPtr& record, Side& side);
  void put(RecordPtr record);
  void tidy_side(const NodeId& id);
  [[nodiscard]] News news_of(const RecordPtr& record) const;

  // swim_probe.cpp: who answers
  void probe_due();
  void start_probe(const NodeId& id);
  void probes_due();
  void ask_helpers(Probe& probe);
  void probe_missed(Probe& probe);
  void probe_failed(const Probe& probe);
  void probe_answered(std::uint32_t sequence, bool direct);
  void relays_due();
  void connects_due();
  void link_changed(const std::string& endpoint, LinkChange change);
  void connect_checked(const std::string& endpoint, ConnectOutcome outcome);
  [[nodiscard]] std::optional<NodeId> next_target();
  [[nodiscard]] RecordPtr live_at(const std::string& endpoint) const;
  [[nodiscard]] std::int64_t probe_interval() const;

  // swim_spread.cpp: gossip and anti-entropy
  void enqueue(const RecordPtr& record, bool urgent);
  void gossip_due();
  [[nodiscard]] std::vector<News> piggyback(const NodeId& to);
  void sync_due();
  void send_pages(const Route& to, unsigned bits, const std::vector<std::uint32_t>& buckets, const PageIndex* theirs);
  [[nodiscard]] unsigned digest_bits() const;
  [[nodiscard]] bool may_serve(std::size_t records);
  [[nodiscard]] std::vector<std::string> alternatives();
  void fetch_metadata();
  void add_documents(std::vector<Document> documents);

  // swim_join.cpp: coming, healing, going, and whose id it is
  void join_due();
  void send_join(const std::string& endpoint);
  void heal_due();
  void schedule_heal();
  void let_in(const Route& from, const RecordPtr& joiner);
  void held_joins_due();
  void refuse_duplicate(const Route& from, const Record& holder, std::uint64_t joiner_nonce);
  void give_way(const Record& older);
  [[nodiscard]] bool is_answer(const Header& header) const;
  void rejected(const Reject& by);
  void meet_rival(const RecordPtr& record);
  void rival_due();
  void raise_epoch(std::uint64_t above);
  void leave();
  void leave_due();

  // Small things.
  void send(const Route& to, Body body, std::uint64_t destination_nonce = 0);
  void send_to(const Record& member, Body body);
  void emit(EventKind kind, RecordPtr record, std::string detail = {});
  [[nodiscard]] const Record* known(const NodeId& id) const;
  [[nodiscard]] RecordPtr random_live(bool strangers_too);
  void worsen(int by) { health.worsen(by, settings.mutated(Mutant::no_local_health) ? 0 : settings.local_health_max); }
  [[nodiscard]] std::int64_t jitter(std::int64_t duration_ns) {  ///< +- 25 %
    return static_cast<std::int64_t>(static_cast<double>(duration_ns) * (0.75 + 0.5 * prng.unit()));
  }

  const Settings settings;
  const ClusterObject object;
  const std::uint64_t cluster;
  Prng prng;
  std::int64_t now = 0;
  Effects* out = nullptr;

  RecordPtr self;
  const bool seeds_pending;
  std::string metadata;
  MemberTable table;  ///< self included
  Overlay overlay;
  Dissemination queue;
  LocalHealth health;
  Catalog catalog;
  std::map<NodeId, Side> sides;
  std::vector<NodeId> suspects;
  std::map<NodeId, std::int64_t> connects_again;  ///< refused once: when to look again
  std::map<NodeId, std::int64_t> round_trips_ns;  ///< smoothed, of neighbours
  struct Meta {
    std::uint64_t nonce = 0;
    std::uint32_t version = 0;
    std::string document;
  };
  std::map<NodeId, Meta> metas;
  std::vector<NodeId> metas_wanted;

  std::vector<Probe> probes;
  std::vector<Relay> relays;
  std::vector<HeldJoin> held_joins;
  std::vector<NodeId> round;  ///< neighbours still to be probed in this round
  std::size_t walk_at = 0;
  std::size_t walk_stride = 1;
  std::uint32_t next_sequence = 1;
  std::uint64_t probe_count = 0;
  std::optional<Rival> rival;
  std::optional<Claim> claim;

  std::vector<std::string> seeds;
  std::size_t next_seed = 0;
  std::int64_t join_backoff_ns = 0;
  std::optional<std::int64_t> asked_ns;  ///< when a JoinReq last went out
  bool joined = false;
  std::string told_rejection;  ///< the last that was told as an event
  bool leaving = false;
  bool left = false;
  bool stopped = false;
  std::size_t leave_acks = 0;
  std::int64_t leave_until_ns = kNever;
  std::int64_t leave_again_ns = kNever;

  std::int64_t last_turn_ns = 0;
  std::int64_t promised_ns = kNever;  ///< next_deadline at the end of the last turn
  std::int64_t next_probe_ns = kNever;
  std::int64_t next_gossip_ns = kNever;
  std::int64_t last_gossip_ns = 0;
  std::int64_t next_sync_ns = kNever;
  std::int64_t next_join_ns = kNever;
  std::int64_t next_heal_ns = kNever;
  std::int64_t next_housekeeping_ns = kNever;
  std::int64_t suspicions_at_ns = kNever;  ///< no suspicion ends before
  std::int64_t last_death_ns = std::numeric_limits<std::int64_t>::min() / 2;
  std::optional<NodeId> differing;  ///< who last showed another view hash
  std::int64_t serve_window_ns = 0;
  std::size_t served = 0;
  std::int64_t greeted_ns = std::numeric_limits<std::int64_t>::min() / 2;

  /// suspicion_timeout_ns for doubts_for members and 0, 1, 2... confirmations: logarithms are slow.
  mutable std::vector<std::int64_t> doubts_ns;
  mutable std::size_t doubts_for = 0;

  std::uint64_t version = 1;
  Swim::Stats stats;
};

}  // namespace wattring::cluster
