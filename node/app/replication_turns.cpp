// SPDX-License-Identifier: Apache-2.0
#include "node/app/replication_turns.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/units.hpp"
#include "node/app/shard_marks.hpp"
#include "node/app/usable_nodes.hpp"
#include "node/meter/transfer_row.hpp"
#include "sharding/pack.hpp"

namespace wattring::app {
namespace {

namespace effect = sharding::effect;
using persistence::CommitStatus;
using sharding::Cargo;
using sharding::PeerCargo;
using sharding::PeerMessage;
using sharding::Replica;

constexpr std::int64_t kRetryNs = 2'000'000;

WriteOutcome::Class class_of(sharding::AckClass ack) {
  switch (ack) {
    case sharding::AckClass::single:
      return WriteOutcome::Class::single;
    case sharding::AckClass::held:
      return WriteOutcome::Class::held;
    case sharding::AckClass::durable:
      return WriteOutcome::Class::durable;
    case sharding::AckClass::unknown:
      break;
  }
  return WriteOutcome::Class::unknown;
}

/// Only what is in the pack is folded here.
void mark_local(CutBatch& cut, const sharding::PackPtr& pack) {
  if (pack->size() == cut.record_bytes) return;  // all of it
  for (CutBatch::Slice& slice : cut.slices) slice.local = false;
  auto slice = cut.slices.begin();
  // Both are in the order of the shards.
  sharding::for_each_entry(pack, [&](const persistence::EntryView& entry) {
    while (slice != cut.slices.end() && slice->shard < entry.shard) ++slice;
    if (slice != cut.slices.end() && slice->shard == entry.shard) slice->local = true;
  });
}

}  // namespace

ReplicationTurns::ReplicationTurns(const Options& options, const Doors& doors, std::vector<Replica::Held> held,
                                   LogReader log, Prng prng)
    : options_(options),
      doors_(doors),
      prng_(prng),
      replica_({options.self, options.generation}, options.settings, options.shard_count, std::move(held),
               prng_.fork()),
      log_(std::move(log)),
      notes_(
          doors.journal,
          [post = doors.post] { post([](ReplicationTurns& turns, std::int64_t now_ns) { turns.perform(now_ns); }); }),
      gauges_(doors.metrics),
      transfers_(options.transfers, doors.key, transfer_doors(), doors.metrics, doors.log, prng_.fork()) {}

Result<std::unique_ptr<ReplicationTurns>> ReplicationTurns::make(const Options& options, const Doors& doors,
                                                                 std::vector<Replica::Held> held, LogReader log,
                                                                 Prng prng) {
  std::unique_ptr<ReplicationTurns> made(new ReplicationTurns(options, doors, std::move(held), std::move(log), prng));
  ReplicationTurns* const turns = made.get();
  RingTurns::Doors rings;
  rings.send = [turns](const NodeId& to, std::string bytes) {
    (void)turns->doors_.links.send(to, PeerCargo{Cargo::ring, std::move(bytes)});
  };
  rings.keep = [turns](std::uint64_t token, persistence::OwnedOp row) {
    turns->notes_.add(std::move(row), [post = turns->doors_.post, token] {
      post([token](ReplicationTurns& there, std::int64_t) { there.rings_->persisted(token); });
    });
  };
  rings.note = [turns](persistence::OwnedOp row) { turns->notes_.add(std::move(row)); };
  rings.changed = [turns] { turns->rings_new_ = true; };
  rings.forked = [turns] { turns->gauges_.ring_forks.add(); };
  auto made_rings = RingTurns::make(options.rings, options.ring_state, std::move(rings), made->prng_.fork(), doors.log);
  if (!made_rings) return Failure(made_rings.error());
  made->rings_ = std::move(*made_rings);
  return made;
}

// What others decide.

void ReplicationTurns::set_view(std::int64_t now_ns, std::shared_ptr<const cluster::View> view) {
  view_ = std::move(view);
  doors_.links.set_view(*view_, now_ns);
  rings_->set_view(now_ns, *view_);
  adopt_members(now_ns);
}

void ReplicationTurns::leave(std::int64_t now_ns) {
  leaving_ = true;
  if (view_) adopt_members(now_ns);
}

void ReplicationTurns::adopt_members(std::int64_t now_ns) {
  const auto& rings = rings_->placements();
  auto usable = usable_nodes(*view_, rings.empty() ? nullptr : &rings.back()->ring(), leaving_);
  replica_.set_usable(now_ns, usable, effects_);
  perform(now_ns);
  publish();
}

void ReplicationTurns::own_pause(std::int64_t now_ns) {
  replica_.own_pause(now_ns, effects_);
  perform(now_ns);
}

void ReplicationTurns::rings_changed() {
  rings_new_ = false;
  if (rings_->placements().empty()) return;
  const auto& placed = rings_->placements();
  replica_.set_rings(doors_.clock.monotonic_ns(), {placed.begin(), placed.end()}, effects_);
}

void ReplicationTurns::publish() {
  Admission admission;
  const auto routes = replica_.routes();
  admission.can_write = routes->can_write;
  admission.knows_ring = routes->ring != nullptr;
  if (routes->ring != nullptr && view_ != nullptr) {
    const sharding::Ring& ring = routes->ring->ring();
    admission.members = ring.members.size();
    admission.acks = ring.effective_acks();
    for (const cluster::MemberView& member : view_->members)
      if (ring.is_member(member.record->id) && (member.record->id == options_.self || cluster::is_live(*member.record)))
        ++admission.reachable;
  }
  doors_.publish(routes, admission);
}

void ReplicationTurns::take(std::int64_t now_ns, DataLinks::Received&& received) {
  if (auto* const cargo = std::get_if<PeerCargo>(&received.payload)) {
    if (cargo->kind == Cargo::ring) rings_->handle(now_ns, received.from, cargo->bytes);
    if (cargo->kind == Cargo::query) doors_.on_query(received.from, std::move(cargo->bytes));
    if (cargo->kind == Cargo::transfer) transfers_.receive(now_ns, received.from, cargo->bytes);
    return perform(now_ns);
  }
  const auto& message = std::get<PeerMessage>(received.payload);
  rings_->heard(now_ns, received.from, message.ring);
  // Without a receipt the sender tries again, or asks another node; without an answer it pulls again.
  const bool brings = std::holds_alternative<sharding::message::Append>(message.body) ||
                      std::holds_alternative<sharding::message::Entries>(message.body);
  if (brings && (failed_ || !doors_.workers.can_take())) return gauges_.refused.add();
  replica_.handle(now_ns, received.from, message, effects_);
  perform(now_ns);
}

void ReplicationTurns::tick(std::int64_t now_ns) {
  if (now_ns >= doors_.links.next_deadline()) doors_.links.tick(now_ns);
  if (now_ns >= rings_->next_deadline()) rings_->tick(now_ns);
  if (now_ns >= replica_.next_deadline()) replica_.tick(now_ns, effects_);
  if (now_ns >= transfers_.next_deadline()) transfers_.tick(now_ns);
  if (now_ns >= retry_ns_) retry_waiting(now_ns);
  if (now_ns >= next_second_ns_) once_a_second(now_ns);
  perform(now_ns);
}

std::int64_t ReplicationTurns::next_deadline() const {
  return std::min({replica_.next_deadline(), rings_->next_deadline(), doors_.links.next_deadline(),
                   transfers_.next_deadline(), notes_.next_deadline(), retry_ns_, next_second_ns_});
}

void ReplicationTurns::once_a_second(std::int64_t now_ns) {
  next_second_ns_ = now_ns + kNsPerSecond;
  gauges_.show(replica_, options_.shard_count);
  const Replica::Counts counts = replica_.counts();
  fill_pace_.note(now_ns, counts.shards_filling);
  if (std::exchange(contents_differed_, counts.contents_differed) != counts.contents_differed)
    doors_.log->warn("contents_differ",
                     "a shard had other readings here than where the same entries are; both nodes "
                     "fetch what the other has");
  log_.drop_before(doors_.workers.truncated_before());
  const auto& placed = rings_->placements();
  if (placed.size() > 1 && replica_.retired(placed.front()->ring().version))
    rings_->no_longer_needed(placed.front()->ring().version);
}

// Writing.

void ReplicationTurns::write(std::int64_t now_ns, sharding::PackPtr pack, std::shared_ptr<CutBatch> cut,
                             WriteDoor::OnDone done) {
  if (failed_) {
    WriteOutcome outcome;
    outcome.failed = true;
    return done(outcome);
  }
  const std::uint64_t number = next_write_++;
  writes_.emplace(number, Write{std::move(cut), std::move(done)});
  replica_.write(now_ns, number, std::move(pack), effects_);
  perform(now_ns);
}

void ReplicationTurns::append(std::int64_t now_ns, Flight&& flight) {
  const Tried tried = waiting_.empty() ? try_append(flight) : Tried::no_room;
  if (tried == Tried::refused) refused(now_ns, flight);
  if (tried != Tried::no_room) return;
  waiting_.push_back(std::move(flight));
  retry_ns_ = now_ns + kRetryNs;
}

void ReplicationTurns::refused(std::int64_t now_ns, const Flight& flight) {
  if (flight.kept) return flight.kept(false);
  replica_.appended(now_ns, flight.token, Replica::Committed::refused, effects_);
}

void ReplicationTurns::retry_waiting(std::int64_t now_ns) {
  retry_ns_ = INT64_MAX;
  while (!waiting_.empty()) {
    const Tried tried = try_append(waiting_.front());
    if (tried == Tried::no_room) {
      retry_ns_ = now_ns + kRetryNs;
      break;
    }
    const Flight flight = std::move(waiting_.front());
    waiting_.pop_front();
    if (tried == Tried::refused) refused(now_ns, flight);
  }
}

ReplicationTurns::Tried ReplicationTurns::try_append(Flight& flight) {
  if (failed_) return Tried::begun;  // nothing is said of it any more
  if (flight.cut == nullptr && flight.foreign == nullptr) flight.foreign = doors_.workers.try_take(flight.pack);
  if (flight.cut == nullptr && flight.foreign == nullptr) return Tried::no_room;
  const auto queued =
      doors_.journal.append(std::string(*flight.pack), [this, flight](const persistence::Appended& appended) {
        // On the writer's thread: whoever asks the workers after the acknowledgement sees what was acknowledged.
        if (appended.status == CommitStatus::committed) {
          const std::int64_t committed_ns = doors_.clock.monotonic_ns();
          if (flight.cut != nullptr) {
            flight.cut->lsn = appended.lsn;
            flight.cut->committed_ns = committed_ns;
            doors_.workers.dispatch(flight.cut);
          } else {
            flight.foreign->lsn = appended.lsn;
            flight.foreign->committed_ns = committed_ns;
            doors_.workers.dispatch(std::shared_ptr<const ForeignPack>(flight.foreign));
          }
        }
        doors_.post([flight, status = appended.status, lsn = appended.lsn](
                        ReplicationTurns& turns, std::int64_t now_ns) { turns.landed(now_ns, flight, status, lsn); });
      });
  if (queued) {
    ++flying_;
    return Tried::begun;
  }
  if (queued.error().code == ErrorCode::busy) return Tried::no_room;
  if (queued.error().code != ErrorCode::unknown_outcome) return Tried::refused;
  fail_all();
  return Tried::begun;
}

void ReplicationTurns::landed(std::int64_t now_ns, const Flight& flight, CommitStatus status, Lsn lsn) {
  --flying_;
  if (status == CommitStatus::unknown) return fail_all();
  const bool committed = status == CommitStatus::committed;
  if (flight.kept) {
    flight.kept(committed);
    return perform(now_ns);
  }
  if (committed && flight.cut != nullptr) log_.committed(lsn, *flight.cut);
  if (committed && flight.cut == nullptr) log_.committed(lsn, *flight.pack);
  replica_.appended(now_ns, flight.token, committed ? Replica::Committed::durable : Replica::Committed::refused,
                    effects_);
  perform(now_ns);
}

/// H4: what was under way may be on the disk or not; nothing is promised any more.
void ReplicationTurns::fail_all() {
  if (std::exchange(failed_, true)) return;
  WriteOutcome outcome;
  outcome.failed = true;
  for (auto& [number, write] : std::exchange(writes_, {})) write.done(outcome);
  waiting_.clear();
  doors_.on_unknown();
}

// Reading.

void ReplicationTurns::exchange(std::int64_t now_ns, ShardId shard, bool fresh_enough, OnComplete done) {
  const auto as_of = replica_.complete_as_of(shard);
  if (fresh_enough && as_of && now_ns - *as_of <= options_.settings.fresh_ns) return done({true, *as_of});
  const std::uint64_t number = next_exchange_++;
  exchanges_.emplace(number, std::move(done));
  replica_.exchange(now_ns, number, std::span(&shard, 1), effects_);
  perform(now_ns);
}

void ReplicationTurns::damaged(std::int64_t now_ns, ShardId shard, const sharding::Coverage& unreadable) {
  replica_.damaged(now_ns, shard, unreadable, effects_);
  perform(now_ns);
}

void ReplicationTurns::suspect(std::int64_t now_ns, ShardId shard) {
  if (replica_.suspect(now_ns, shard, effects_)) {
    gauges_.repairs.add();
    doors_.log->warn("shard_repair", "shard " + std::to_string(shard.value) +
                                         " has values here that do not verify: it is fetched from another owner");
  }
  perform(now_ns);
}

void ReplicationTurns::propose(std::int64_t now_ns, sharding::Ring next, RingTurns::OnProposed done) {
  rings_->propose(now_ns, std::move(next), std::move(done));
  perform(now_ns);
}

bool ReplicationTurns::send_query(const NodeId& to, std::string bytes) {
  return doors_.links.send(to, PeerCargo{Cargo::query, std::move(bytes)});
}

// Effects.

void ReplicationTurns::perform(std::int64_t now_ns) {
  // What an effect leads to at once is appended and gets its turn in the loop below.
  if (std::exchange(performing_, true)) return;
  for (;;) {
    if (rings_new_) rings_changed();
    if (effects_.empty()) break;
    sharding::ReplicaEffects effects = std::exchange(effects_, {});
    for (sharding::ReplicaEffect& each : effects) std::visit([&](auto& one) { perform(now_ns, one); }, each);
  }
  performing_ = false;
  notes_.flush(now_ns);
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::Send& effect) {
  const auto& body = effect.message.body;
  if (std::holds_alternative<sharding::message::Append>(body)) gauges_.appends.add();
  if (std::holds_alternative<sharding::message::Receipt>(body)) gauges_.receipts.add();
  if (std::holds_alternative<sharding::message::Pull>(body)) gauges_.pulls.add();
  (void)doors_.links.send(effect.to, std::move(effect.message));
}

void ReplicationTurns::perform(std::int64_t now_ns, effect::Append& effect) {
  Flight flight{effect.token, std::move(effect.pack), nullptr, nullptr, nullptr};
  if (const auto write = writes_.find(effect.write); write != writes_.end() && write->second.cut != nullptr) {
    flight.cut = write->second.cut;
    mark_local(*flight.cut, flight.pack);
    flight.cut->record_bytes = flight.pack->size();
  }
  append(now_ns, std::move(flight));
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::WriteDone& effect) {
  auto write = writes_.extract(effect.number);
  if (write.empty()) return;
  WriteOutcome outcome{class_of(effect.worst), effect.copies, std::move(effect.unknown), std::move(effect.refused)};
  write.mapped().done(outcome);
}

void ReplicationTurns::perform(std::int64_t now_ns, effect::ReadEntries& effect) {
  auto answer = log_.answer(effect.pull);
  if (!answer) return doors_.log->error("entries_unreadable", answer.error().text());
  for (const auto& [shard, unreadable] : answer->unreadable) replica_.damaged(now_ns, shard, unreadable, effects_);
  PeerMessage message = replica_.header();
  message.body = sharding::message::Entries{effect.pull.number, std::move(answer->pack), std::move(answer->gone)};
  (void)doors_.links.send(effect.to, std::move(message));
}

void ReplicationTurns::perform(std::int64_t now_ns, effect::FetchShard& effect) {
  transfers_.fetch(now_ns, effect.shard, effect.from);
}

/// What the workers and the journal answer comes back as a command.
ShardTransfers::Doors ReplicationTurns::transfer_doors() {
  ShardTransfers::Doors doors;
  doors.send = [this](const NodeId& to, std::string bytes) {
    return doors_.links.send(to, PeerCargo{Cargo::transfer, std::move(bytes)});
  };
  doors.open = [this](ShardId shard, ShardTransfers::Snapshot done) {
    return doors_.workers.post_export(
        shard, [post = doors_.post, done = std::move(done)](Result<std::unique_ptr<persistence::ReadTransaction>> got) {
          const auto snapshot = std::make_shared<Result<std::unique_ptr<persistence::ReadTransaction>>>(std::move(got));
          post([snapshot, done](ReplicationTurns& turns, std::int64_t now_ns) {
            done(std::move(*snapshot));
            turns.perform(now_ns);
          });
        });
  };
  doors.check = [this](ShardId shard, std::string part, ShardTransfers::Checked done) {
    return doors_.workers.post(shard, [post = doors_.post, &key = doors_.key, shard,
                                       part = std::make_shared<const std::string>(std::move(part)),
                                       done = std::move(done)](const meter::ShardFold&) {
      const auto sound = meter::check_transfer_part(*part, shard, key);
      post([part, done, sound](ReplicationTurns& turns, std::int64_t now_ns) {
        done(*part, sound);
        turns.perform(now_ns);
      });
    });
  };
  doors.keep = [this](sharding::PackPtr record, std::function<void(bool)> done) {
    append(doors_.clock.monotonic_ns(), Flight{0, std::move(record), nullptr, nullptr, std::move(done)});
  };
  doors.abandon = [this](ShardId shard) { doors_.workers.abandon_transfer(shard); };
  doors.fetched = [this](ShardId shard, const std::optional<sharding::Coverage>& coverage) {
    replica_.fetched(doors_.clock.monotonic_ns(), shard, coverage, effects_);
  };
  return doors;
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::KeepFilled& effect) {
  notes_.add(filled_mark(effect.shard, effect.ring));
}

void ReplicationTurns::perform(std::int64_t now_ns, effect::Drop& effect) {
  const ShardId shard = effect.shard;
  // After the drop no earlier mark may follow.
  notes_.add(filled_mark(shard, 0));
  const bool asked = doors_.workers.post_drop(
      shard, std::move(effect.coverage), [post = doors_.post, shard](const Result<void>& dropped) {
        post([shard, done = dropped.has_value()](ReplicationTurns& turns, std::int64_t now) {
          turns.replica_.dropped(now, shard, done, turns.effects_);
          turns.perform(now);
        });
      });
  if (!asked) replica_.dropped(now_ns, shard, false, effects_);
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::ExchangeDone& effect) {
  auto exchange = exchanges_.extract(effect.number);
  if (!exchange.empty()) exchange.mapped()({effect.complete, effect.began_ns});
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::RingWanted& effect) {
  rings_->ask(effect.from);
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::RoutesChanged& /*effect*/) {
  publish();
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::RenewGeneration& /*effect*/) {
  const sharding::DiskGeneration generation = prng_.next();
  doors_.log->warn("disk_generation_renewed", "this disk holds less than it had told others; it is filled anew");
  notes_.add(generation_row(generation), [post = doors_.post, generation] {
    post([generation](ReplicationTurns& turns, std::int64_t now_ns) {
      turns.replica_.renewed(now_ns, generation, turns.effects_);
      turns.perform(now_ns);
    });
  });
}

void ReplicationTurns::perform(std::int64_t /*now_ns*/, effect::DigestContent& effect) {
  const ShardId shard = effect.shard;
  const bool asked =
      doors_.workers.post_content(shard, [post = doors_.post, shard](const ShardWorkers::Content& content) {
        post([shard, content](ReplicationTurns& turns, std::int64_t now_ns) {
          turns.replica_.digested(shard, content, turns.effects_);
          turns.perform(now_ns);
        });
      });
  if (!asked) replica_.digested(shard, std::nullopt, effects_);
}

}  // namespace wattring::app
