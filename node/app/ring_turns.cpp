// SPDX-License-Identifier: Apache-2.0
#include "node/app/ring_turns.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "persistence/format.hpp"

namespace wattring::app {
namespace {

namespace ring_effect = sharding::ring_effect;
using persistence::Table;
using sharding::RingEffects;

constexpr std::string_view kRow = "rings";
constexpr std::string_view kNeededRow = "rings_needed_from";
constexpr std::int64_t kAskEveryNs = 500'000'000;
constexpr std::int64_t kNever = INT64_MAX;

persistence::OwnedOp needed_row(std::uint64_t version) {
  std::string bytes;
  ByteWriter(bytes).u64_be(version);
  return {persistence::WriteOp::Kind::put, Table::meta, std::string(kNeededRow),
          persistence::seal_value(bytes, persistence::position_of(kNeededRow))};
}

std::vector<sharding::LiveMember> live_members(const cluster::View& view) {
  std::vector<sharding::LiveMember> live;
  for (const cluster::MemberView& member : view.members) {
    const cluster::Record& record = *member.record;
    if (record.state == cluster::MemberState::alive && !record.endpoints.data.empty() && !member.flapping &&
        !cluster::is_draining(record))
      live.push_back({record.id, record.weight, record.zone, member.since_ns});
  }
  return live;
}

}  // namespace

struct RingTurns::Impl {
  Impl(const Options& chosen, sharding::RingState state, Doors given, Prng prng, std::shared_ptr<Log> to)
      : options(chosen),
        doors(std::move(given)),
        log(std::move(to)),
        keeper({}, options.self, std::move(state), prng),
        watch(options.self),
        placed_from(options.needed_from) {
    place();
  }

  void perform() {
    carry_out();
    const auto ended = std::exchange(outcome, std::nullopt);
    if (ended && on_proposed) std::exchange(on_proposed, nullptr)(*ended);
  }

  void carry_out() {
    bool changed = false;
    for (auto& effect : effects) {
      if (auto* const send = std::get_if<ring_effect::Send>(&effect)) {
        doors.send(send->to, encode(send->message));
      } else if (auto* const persist = std::get_if<ring_effect::Persist>(&effect)) {
        doors.keep(persist->token, ring_state_row(persist->state));
      } else if (const auto* now = std::get_if<ring_effect::RingChanged>(&effect)) {
        changed = true;
        log->info("ring_changed", "ring " + std::to_string(now->ring->version) + ", " +
                                      std::to_string(now->ring->members.size()) + " members");
      } else if (const auto* done = std::get_if<ring_effect::ProposalDone>(&effect)) {
        outcome = done->outcome;
      }
    }
    effects.clear();
    if (!changed) return;
    place();
    look_at_ns = 0;
    doors.changed();
  }

  /// Costs milliseconds for each ring that is new.
  void place() {
    Placements next;
    const auto& rings = keeper.rings();
    for (const auto& ring : rings) {
      if (ring->version < placed_from && ring != rings.back()) continue;
      const auto known =
          std::ranges::find_if(placements, [&](const auto& placed) { return placed->ring().version == ring->version; });
      next.push_back(known != placements.end()
                         ? *known
                         : std::make_shared<const sharding::Placement>(*ring, options.shard_count, options.hash_key));
    }
    placements = std::move(next);
  }

  void look(std::int64_t now_ns) {
    if (now_ns < look_at_ns || keeper.proposing()) return;
    const auto current = keeper.current();
    if (current == nullptr) return ask_somebody(now_ns);
    if (!options.proposes) {
      look_at_ns = kNever;
      return;
    }
    const auto advice = watch.look(now_ns, *current, live);
    look_at_ns = advice.again_ns;
    if (!advice.propose) return;
    const auto proposed = keeper.propose(now_ns, *advice.propose, effects);
    if (!proposed) log->warn("ring_not_proposed", proposed.error().text());
  }

  /// A node that knows no ring asks one live member after the other.
  void ask_somebody(std::int64_t now_ns) {
    look_at_ns = now_ns + kAskEveryNs;
    if (live.empty()) return;
    const NodeId& peer = live[next_asked++ % live.size()].id;
    if (peer != options.self) keeper.ask(peer, effects);
  }

  /// Of the ring of that version here; nothing: there is none, or none any more.
  [[nodiscard]] std::optional<std::uint64_t> ring_of(std::uint64_t version) const {
    for (auto placed = placements.rbegin(); placed != placements.rend(); ++placed)
      if ((*placed)->ring().version == version) return (*placed)->ring_id();
    for (const auto& ring : keeper.rings())
      if (ring->version == version) return sharding::ring_id(*ring);
    return std::nullopt;
  }

  void differs(std::int64_t now_ns, const NodeId& node) {
    if (!forks.differs(now_ns, node)) return;
    log->error("ring_fork", "node " + to_hex(node.bytes) +
                                " follows another ring than this one: wattringctl problems explain RING_FORK");
    if (doors.forked) doors.forked();
  }

  const Options options;
  const Doors doors;
  const std::shared_ptr<Log> log;
  sharding::RingKeeper keeper;
  sharding::RingForks forks;
  const sharding::JoinWatch watch;
  std::uint64_t placed_from;  ///< rings before it are needed no more
  Placements placements;
  std::vector<sharding::LiveMember> live;
  std::size_t next_asked = 0;
  std::int64_t look_at_ns = 0;
  RingEffects effects;
  OnProposed on_proposed;                            ///< of the operator's proposal that is under way
  std::optional<sharding::ProposalOutcome> outcome;  ///< not yet told
};

RingTurns::RingTurns(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RingTurns::~RingTurns() = default;

Result<std::unique_ptr<RingTurns>> RingTurns::make(const Options& options, std::string_view state, Doors doors,
                                                   Prng prng, std::shared_ptr<Log> log) {
  auto known = sharding::decode_ring_state(state);
  if (!known) return Failure(known.error());
  return std::unique_ptr<RingTurns>(
      new RingTurns(std::make_unique<Impl>(options, std::move(*known), std::move(doors), prng, std::move(log))));
}

void RingTurns::handle(std::int64_t now_ns, const NodeId& from, std::string_view bytes) {
  const auto message = sharding::decode_ring_message(bytes);
  if (!message) return impl_->log->debug("ring_message_refused", message.error().text());
  const std::uint64_t conflicts = impl_->keeper.stats().conflicts;
  impl_->keeper.handle(now_ns, from, *message, impl_->effects);
  if (impl_->keeper.stats().conflicts != conflicts) impl_->differs(now_ns, from);
  impl_->perform();
}

void RingTurns::heard(std::int64_t now_ns, const NodeId& from, const sharding::RingRef& theirs) {
  const auto& placed = impl_->placements;
  const bool same =
      !placed.empty() && theirs == sharding::RingRef{placed.back()->ring().version, placed.back()->ring_id()};
  if (same && impl_->forks.empty()) return;
  if (same) return impl_->forks.agrees(from);
  // Whoever is ahead, or behind by what is forgotten here, says nothing by that.
  const auto ours = impl_->ring_of(theirs.version);
  if (ours && *ours != theirs.id) impl_->differs(now_ns, from);
}

void RingTurns::set_view(std::int64_t now_ns, const cluster::View& view) {
  impl_->live = live_members(view);
  impl_->look_at_ns = 0;
  tick(now_ns);
}

void RingTurns::ask(const NodeId& peer) {
  impl_->keeper.ask(peer, impl_->effects);
  impl_->perform();
}

void RingTurns::persisted(std::uint64_t token) {
  impl_->keeper.persisted(token, impl_->effects);
  impl_->perform();
}

void RingTurns::tick(std::int64_t now_ns) {
  impl_->keeper.tick(now_ns, impl_->effects);
  impl_->look(now_ns);
  impl_->perform();
}

void RingTurns::propose(std::int64_t now_ns, sharding::Ring next, OnProposed done) {
  if (impl_->keeper.proposing())
    return done(fail(ErrorCode::busy, "another change of the ring is under way here", "look again in a moment"));
  if (const auto begun = impl_->keeper.propose(now_ns, std::move(next), impl_->effects); !begun)
    return done(Failure(begun.error()));
  impl_->on_proposed = std::move(done);
  impl_->perform();
}

RingTurns::Look RingTurns::look(std::int64_t now_ns) const {
  const auto current = impl_->keeper.current();
  Look look;
  look.proposing = impl_->keeper.proposing();
  look.forks = impl_->forks.seen(now_ns);
  if (impl_->options.proposes && current != nullptr) look.again_ns = impl_->look_at_ns;
  for (const sharding::LiveMember& each : impl_->live)
    if (current != nullptr && !current->is_member(each.id) && !current->is_removed(each.id))
      look.newcomers.push_back(each);
  return look;
}

std::int64_t RingTurns::next_deadline() const {
  const std::int64_t look_ns = impl_->keeper.proposing() ? kNever : impl_->look_at_ns;
  return std::min(impl_->keeper.next_deadline_ns(), look_ns);
}

void RingTurns::no_longer_needed(std::uint64_t version) {
  impl_->placed_from = version + 1;
  impl_->doors.note(needed_row(version + 1));
  impl_->place();
  impl_->doors.changed();
}

const RingTurns::Placements& RingTurns::placements() const {
  return impl_->placements;
}

Result<std::uint64_t> read_rings_needed_from(const persistence::ReadTransaction& disk) {
  const auto sealed = disk.get(Table::meta, kNeededRow);
  if (!sealed) {
    if (sealed.error().code == ErrorCode::not_found) return std::uint64_t{0};
    return Failure(sealed.error());
  }
  // A row that does not verify says nothing: more rings are looked at than need be.
  const auto bytes = persistence::open_value(*sealed, persistence::position_of(kNeededRow));
  if (!bytes) return std::uint64_t{0};
  ByteReader in(*bytes);
  const std::uint64_t version = in.u64_be();
  return in.at_end() ? version : 0;
}

Result<std::string> read_ring_state(const persistence::ReadTransaction& disk) {
  const auto sealed = disk.get(Table::meta, kRow);
  if (!sealed) {
    if (sealed.error().code == ErrorCode::not_found) return std::string();
    return Failure(sealed.error());
  }
  const auto state = persistence::open_value(*sealed, persistence::position_of(kRow));
  if (!state) return Failure(state.error());
  return std::string(*state);
}

persistence::OwnedOp ring_state_row(std::string_view state) {
  return {persistence::WriteOp::Kind::put, Table::meta, std::string(kRow),
          persistence::seal_value(state, persistence::position_of(kRow))};
}

std::string founding_state(const sharding::Ring& ring) {
  sharding::RingState state;
  state.rings.push_back(ring);
  return encode(state);
}

}  // namespace wattring::app
