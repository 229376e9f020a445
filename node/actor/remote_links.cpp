// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_links.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace wattring::actor {
namespace {

using Kind = RemoteEnvelope::Kind;

}  // namespace

std::vector<NodeId> RemoteLinks::set_view(const cluster::View& view) {
  std::vector<NodeId> down;
  std::set<NodeId> seen;
  for (const cluster::MemberView& member : view.members) {
    if (member.record->id == options_.self) {
      adopt_own_life(member.record->life);
      continue;
    }
    seen.insert(member.record->id);
    adopt(*member.record, down);
  }
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (seen.contains(peer->first)) {
      ++peer;
      continue;
    }
    if (peer->second.live) down.push_back(peer->first);
    end_life(peer->second);
    peer = peers_.erase(peer);
  }
  return down;
}

void RemoteLinks::adopt_own_life(const cluster::Life& life) {
  if (std::exchange(life_, life) == life) return;
  for (auto& [id, peer] : peers_) peer.sent = peer.received = 0;
}

void RemoteLinks::adopt(const cluster::Record& record, std::vector<NodeId>& down) {
  const bool live = cluster::is_live(record);
  auto found = peers_.find(record.id);
  if (found == peers_.end()) {
    if (!live) return;
    found = peers_.emplace(record.id, options_.queue).first;
    found->second.life = record.life;
  }
  Peer& peer = found->second;
  const bool same = peer.life == record.life;
  if (peer.live && (!live || !same)) {
    down.push_back(record.id);
    end_life(peer);
  }
  if (!same) {
    const bool listed = peer.listed;
    peer = Peer(options_.queue);
    peer.listed = listed;
    peer.life = record.life;
  }
  // One that was held dead and is not: it learns from a frame that its watches here are forgotten.
  if (live && same && !peer.live && peer.session > 1) peer.owes_answer = true;
  peer.live = live;
  peer.endpoint = record.endpoints.peers;
  if (peer.owes_answer) list(record.id, peer);
}

/// What was queued was meant for that life, and who was watched there is held gone. Should the same life come back
/// after all, the new session tells it that its watches here are forgotten.
void RemoteLinks::end_life(Peer& peer) {
  peer.live = false;
  const std::size_t queued = peer.queue.clear() + (peer.blocked ? peer.blocked->envelopes : 0);
  counters_.dropped_peer_down.add(queued);
  peer.blocked.reset();
  peer.waiting = peer.wants_answer = peer.owes_answer = false;
  peer.watches.clear();
  peer.watchers.clear();
  peer.forgot_in = ++peer.session;
}

void RemoteLinks::list(const NodeId& id, Peer& peer) {
  if (peer.waiting || std::exchange(peer.listed, true)) return;
  ready_.push_back(id);
}

RemoteLinks::Peer* RemoteLinks::live_peer(const NodeId& id) {
  const auto found = peers_.find(id);
  return found != peers_.end() && found->second.live && !found->second.endpoint.empty() ? &found->second : nullptr;
}

Delivery RemoteLinks::send(const RemoteEnvelope& envelope, std::string_view encoded, std::int64_t now_ns) {
  const NodeId& id = envelope.to.node;
  Peer* const peer = live_peer(id);
  if (peer == nullptr) {
    if (envelope.kind == Kind::message) counters_.refused_no_route.add();
    return Delivery::no_route;
  }
  if (envelope.kind == Kind::watch && peer->watches.size() >= options_.watches_max) return Delivery::full;
  const bool about_watch = envelope.kind == Kind::watch || envelope.kind == Kind::terminated;
  const bool queued = about_watch ? push_watch(envelope, *peer, now_ns) : peer->queue.push(encoded);
  if (envelope.kind == Kind::unwatch) peer->watches.remove({envelope.from.path, envelope.to.path});
  list(id, *peer);
  return queued ? Delivery::accepted : without_room(envelope.kind, *peer);
}

bool RemoteLinks::push_watch(RemoteEnvelope envelope, Peer& peer, std::int64_t now_ns) {
  if (envelope.kind == Kind::watch) {
    if (peer.watches.empty()) peer.next_probe_ns = now_ns + options_.probe_every_ns;
    peer.next_retry_ns = now_ns + options_.watch_retry_ns;
    envelope.watch = next_watch_++;
    peer.watches.add({envelope.from.path, envelope.to.path}, envelope.watch);
  } else {
    const auto watcher = peer.watchers.find({envelope.to.path, envelope.from.path});
    // Taken back, or forgotten: then the new session says so.
    if (watcher == peer.watchers.end()) return true;
    envelope.watch = watcher->second;
    peer.watchers.erase(watcher);
  }
  return push_own(envelope.to.node, peer, envelope);
}

Delivery RemoteLinks::without_room(Kind kind, Peer& peer) {
  switch (kind) {
    case Kind::message:
      counters_.refused_full.add();
      return Delivery::full;
    case Kind::refused:
      counters_.dropped_refusal_full.add();
      return Delivery::full;
    case Kind::terminated:
      // It will watch again, and then be told.
      ++peer.session;
      break;
    case Kind::watch:        // is sent again
    case Kind::unwatch:      // what comes is not asked for and not heard
    case Kind::watch_known:  // will be asked again
      break;
  }
  return Delivery::accepted;
}

std::string RemoteLinks::seal(Peer& peer, FrameBuilder&& frame) {
  RemoteHeader header;
  header.wants_answer = std::exchange(peer.wants_answer, false);
  header.cluster = options_.cluster;
  header.source = options_.self;
  header.source_life = life_;
  header.destination_nonce = peer.life.nonce;
  header.sequence = ++peer.sent;
  header.session = peer.session;
  peer.owes_answer = false;
  return frame.seal(header);
}

std::optional<RemoteLinks::Outgoing> RemoteLinks::next() {
  while (!ready_.empty()) {
    const NodeId id = ready_.front();
    ready_.pop_front();
    const auto found = peers_.find(id);
    if (found == peers_.end()) continue;
    Peer& peer = found->second;
    peer.listed = false;
    if (!peer.live || peer.waiting || peer.endpoint.empty()) continue;
    std::optional<Outgoing> outgoing = std::exchange(peer.blocked, std::nullopt);
    if (!outgoing) {
      std::optional<FrameBuilder> frame = peer.queue.pop();
      if (!frame && !peer.wants_answer && !peer.owes_answer) continue;
      if (!frame) frame.emplace();
      const std::size_t envelopes = frame->envelopes();
      outgoing = Outgoing{id, peer.life, peer.endpoint, seal(peer, std::move(*frame)), envelopes};
    }
    outgoing->endpoint = peer.endpoint;
    if (!peer.queue.empty()) list(id, peer);
    return outgoing;
  }
  return std::nullopt;
}

void RemoteLinks::taken(const Outgoing& outgoing) {
  counters_.sent_frames.add();
  counters_.sent.add(outgoing.envelopes);
}

void RemoteLinks::not_taken(Outgoing&& outgoing) {
  const auto found = peers_.find(outgoing.to);
  if (found == peers_.end() || !found->second.live || found->second.life != outgoing.life) {
    counters_.dropped_peer_down.add(outgoing.envelopes);
    return;
  }
  blocked_.push_back(outgoing.to);
  found->second.waiting = true;
  found->second.blocked = std::move(outgoing);
}

void RemoteLinks::retry_blocked() {
  for (const NodeId& id : std::exchange(blocked_, {})) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) continue;
    found->second.waiting = false;
    list(id, found->second);
  }
}

bool RemoteLinks::admit(const RemoteHeader& header) {
  const auto refuse = [](Counter& counter) {
    counter.add();
    return false;
  };
  if (header.cluster != options_.cluster) return refuse(counters_.dropped_cluster);
  if (header.destination_nonce != life_.nonce) return refuse(counters_.dropped_other_life);
  const auto found = peers_.find(header.source);
  if (found == peers_.end() || !found->second.live || found->second.life != header.source_life)
    return refuse(counters_.dropped_unknown_life);
  if (header.sequence <= found->second.received) return refuse(counters_.dropped_out_of_order);
  return true;
}

void RemoteLinks::accept(const RemoteHeader& header, std::vector<RemoteEnvelope>& envelopes, std::int64_t now_ns) {
  const NodeId& id = header.source;
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  counters_.received_frames.add();
  const std::uint64_t missing = header.sequence - std::exchange(peer.received, header.sequence) - 1;
  counters_.gaps.add(missing);
  const std::uint32_t session_before = std::exchange(peer.their_session, header.session);
  const bool other_session = session_before != 0 && session_before != header.session;
  if (header.wants_answer) {
    peer.owes_answer = true;
    list(id, peer);
  }
  std::erase_if(envelopes, [&](const RemoteEnvelope& envelope) { return !take_in(header, peer, envelope); });
  // What is missing may have held the end of somebody watched here, or a watch of theirs.
  if (missing > 0) ++peer.session;
  if (missing > 0 || other_session) lost_something(id, peer, now_ns);
}

bool RemoteLinks::take_in(const RemoteHeader& header, Peer& peer, const RemoteEnvelope& envelope) {
  switch (envelope.kind) {
    case Kind::watch:
      return take_watch(header.source, peer, envelope);
    case Kind::unwatch:
      peer.watchers.erase({envelope.from.path, envelope.to.path});
      return true;
    case Kind::terminated:
      return peer.watches.ended({envelope.to.path, envelope.from.path}, envelope.watch);
    case Kind::watch_known:
      peer.watches.known({envelope.to.path, envelope.from.path}, envelope.watch, header.session);
      return false;
    case Kind::message:
    case Kind::refused:
      return true;
  }
  return true;
}

bool RemoteLinks::take_watch(const NodeId& id, Peer& peer, const RemoteEnvelope& watch) {
  const RemoteWatchTable::Key key{watch.from.path, watch.to.path};
  const bool was_known = watch.known_in >= peer.forgot_in;
  const auto found = peer.watchers.find(key);
  const bool have_it = found != peer.watchers.end() && found->second == watch.watch;
  // Without room an answer is left out; whoever needs it asks again.
  if (was_known && !have_it) {
    // It was told of, and that was lost. Whoever lives at the path now is another one.
    (void)push_own(id, peer, {Kind::terminated, watch.to, watch.from, {}, {}, watch.watch});
    return false;
  }
  if (found == peer.watchers.end() && peer.watchers.size() >= options_.watches_max) {
    counters_.dropped_watches_full.add();
    return false;
  }
  peer.watchers[key] = watch.watch;
  (void)push_own(id, peer, {Kind::watch_known, watch.to, watch.from, {}, {}, watch.watch});
  return !have_it;
}

bool RemoteLinks::push_own(const NodeId& id, Peer& peer, const RemoteEnvelope& envelope) {
  std::string encoded;
  write_envelope(encoded, envelope, options_.self, nullptr);
  list(id, peer);
  return peer.queue.push(encoded);
}

void RemoteLinks::lost_something(const NodeId& id, Peer& peer, std::int64_t now_ns) {
  peer.watches.all_unknown();
  peer.next_retry_ns = now_ns;
  resend_watches(id, peer, now_ns);
}

/// Only into an empty queue: on a link that does not move, watches must not pile up.
void RemoteLinks::resend_watches(const NodeId& id, Peer& peer, std::int64_t now_ns) {
  if (!peer.watches.any_unknown() || now_ns < peer.next_retry_ns || peer.blocked || !peer.queue.empty()) return;
  for (const auto& [key, watch] : peer.watches.watches()) {
    if (watch.known) continue;
    const RemoteEnvelope again{Kind::watch,   {options_.self, key.watcher}, {id, key.watched}, {}, {}, watch.number,
                               watch.known_in};
    if (!push_own(id, peer, again)) break;
  }
  peer.next_retry_ns = now_ns + options_.watch_retry_ns;
}

void RemoteLinks::tick(std::int64_t now_ns) {
  for (auto& [id, peer] : peers_) {
    if (!peer.live || peer.watches.empty()) continue;
    resend_watches(id, peer, now_ns);
    if (now_ns < peer.next_probe_ns) continue;
    peer.next_probe_ns = now_ns + options_.probe_every_ns;
    peer.wants_answer = true;
    list(id, peer);
  }
}

std::vector<RemoteLinks::PeerRow> RemoteLinks::rows() const {
  std::vector<PeerRow> rows;
  rows.reserve(peers_.size());
  for (const auto& [id, peer] : peers_) {
    const std::size_t blocked = peer.blocked ? peer.blocked->envelopes : 0;
    rows.push_back({id, peer.endpoint, peer.live, peer.queue.envelopes() + blocked, peer.queue.bytes(),
                    peer.watches.size(), peer.sent, peer.received});
  }
  return rows;
}

}  // namespace wattring::actor
