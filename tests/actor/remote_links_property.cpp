// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/actor/link_side.hpp"

/// Two nodes whose wire loses what it likes, and whose membership errs: whatever happened, once it ends no watch is
/// forgotten, and messages came at most once and in order.

namespace wattring::actor {
namespace {

using cluster::MemberState;
using Kind = RemoteEnvelope::Kind;

constexpr int kWatchers = 3;
constexpr int kWatched = 3;

/// Actors of `a` watch actors of `b`.
class World {
 public:
  World() {
    for (int i = 0; i < kWatched; ++i) begin(watched(i));
    see(a_, MemberState::alive);
    see(b_, MemberState::alive);
  }

  void step() {
    switch (*rc::gen::weightedElement<int>({{6, 0}, {3, 1}, {2, 2}, {2, 3}, {1, 4}, {1, 5}, {8, 6}, {4, 7}})) {
      case 0:
        return send_message();
      case 1:
        return watch(*rc::gen::inRange(0, kWatchers), *rc::gen::inRange(0, kWatched));
      case 2:
        return unwatch(*rc::gen::inRange(0, kWatchers), *rc::gen::inRange(0, kWatched));
      case 3:
        return end_or_begin(*rc::gen::inRange(0, kWatched));
      case 4:
        see(a_, MemberState::dead);
        open_.clear();
        return see(a_, MemberState::alive);
      case 5:
        see(b_, MemberState::dead);
        known_at_b_.clear();
        for (auto& [watch, life] : open_) life = 0;
        return see(b_, MemberState::alive);
      case 6:
        return move_frames(*rc::gen::inRange(0, 100) < 40);
      default:
        return advance(*rc::gen::inRange<std::int64_t>(1, 3 * kNsPerSecond));
    }
  }

  void settle() {
    for (int i = 0; i < 60; ++i) {
      move_frames(false);
      advance(kNsPerSecond);
    }
    move_frames(false);
  }

  void check() const {
    for (const auto& [watch, life] : open_) {
      RC_ASSERT(alive_.contains(watch.second));
      RC_ASSERT(known_at_b_.contains(watch));
      // Known to a since this life of the watched one, so nobody's end was passed over.
      RC_ASSERT(life == 0 || life == lives_.at(watch.second));
    }
    for (std::size_t i = 1; i < b_.counts().size(); ++i) RC_ASSERT(b_.counts()[i - 1] < b_.counts()[i]);
  }

 private:
  using Watch = std::pair<std::string, std::string>;
  static std::string watcher(int i) { return "/watcher" + std::to_string(i); }
  static std::string watched(int i) { return "/watched" + std::to_string(i); }
  static RemoteLinks::Options options() {
    RemoteLinks::Options options;
    options.queue = {.messages_max = 8, .bytes_max = 1'000, .frame_bytes = 150};
    return options;
  }

  void see(Side& side, MemberState state_of_other) {
    cluster::View view;
    const bool is_a = &side == &a_;
    view.members = {link_member(a_.self, {1, 11}, is_a ? MemberState::alive : state_of_other),
                    link_member(b_.self, {1, 22}, is_a ? state_of_other : MemberState::alive)};
    (void)side.links.set_view(view);
  }
  void send_message() { a_.send(Kind::message, "/x", b_.self, "/y", now_ns_, Count{++sent_}); }
  void watch(int from, int to) {
    if (!open_.try_emplace({watcher(from), watched(to)}, 0).second) return;
    if (a_.send(Kind::watch, watcher(from), b_.self, watched(to), now_ns_) != Delivery::accepted)
      open_.erase({watcher(from), watched(to)});
  }
  void unwatch(int from, int to) {
    if (open_.erase({watcher(from), watched(to)}) == 0) return;
    a_.send(Kind::unwatch, watcher(from), b_.self, watched(to), now_ns_);
  }
  void end_or_begin(int which) {
    const std::string whom = watched(which);
    if (alive_.erase(whom) == 0) return begin(whom);
    std::erase_if(known_at_b_, [&](const Watch& watch) {
      if (watch.second != whom) return false;
      b_.send(Kind::terminated, whom, a_.self, watch.first, now_ns_);
      return true;
    });
  }
  void begin(const std::string& whom) {
    alive_.insert(whom);
    ++lives_[whom];
  }
  void advance(std::int64_t ns) {
    now_ns_ += ns;
    a_.links.tick(now_ns_);
    b_.links.tick(now_ns_);
    if (a_.links.any_blocked()) a_.links.retry_blocked();
    if (b_.links.any_blocked()) b_.links.retry_blocked();
  }
  void move_frames(bool lossy) {
    for (bool moved = true; moved;) {
      moved = pass(a_, b_, lossy);
      moved = pass(b_, a_, lossy) || moved;
    }
  }
  bool pass(Side& from, Side& to, bool lossy) {
    auto outgoing = from.links.next();
    if (!outgoing) return false;
    const int fate = lossy ? *rc::gen::inRange(0, 3) : 0;
    if (fate == 1) {
      from.links.not_taken(std::move(*outgoing));
      return true;
    }
    from.links.taken(*outgoing);
    if (fate == 2) return true;
    const std::size_t had = to.received.size();
    const std::uint64_t taken = to.counters.received_frames.value();
    to.take(outgoing->frame, now_ns_);
    if (&to == &a_ && to.counters.received_frames.value() > taken) note_known(outgoing->frame);
    for (std::size_t i = had; i < to.received.size(); ++i) act(to, to.received[i]);
    return true;
  }
  /// From now on a watch of `a` is on the life of the watched one that `b` has it for.
  void note_known(const std::string& frame) {
    const auto envelopes = read_envelopes(frame, b_.self, a_.self, *a_.codecs).value();
    for (const RemoteEnvelope& envelope : envelopes) {
      const Watch watch{envelope.to.path, envelope.from.path};
      const auto open = open_.find(watch);
      if (envelope.kind == Kind::watch_known && open != open_.end() && known_at_b_.contains(watch))
        open->second = lives_.at(watch.second);
    }
  }
  /// What the Systems do.
  void act(Side& side, const RemoteEnvelope& envelope) {
    if (&side == &a_) {
      if (envelope.kind == Kind::terminated) open_.erase({envelope.to.path, envelope.from.path});
      return;
    }
    const Watch watch{envelope.from.path, envelope.to.path};
    if (envelope.kind == Kind::unwatch) known_at_b_.erase(watch);
    if (envelope.kind != Kind::watch) return;
    if (alive_.contains(watch.second)) {
      known_at_b_.insert(watch);
    } else {
      b_.send(Kind::terminated, watch.second, a_.self, watch.first, now_ns_);
    }
  }

  std::int64_t now_ns_ = 1;
  int sent_ = 0;
  Side a_{1, options()};
  Side b_{2, options()};
  std::set<std::string> alive_;  ///< at b
  std::map<std::string, int> lives_;
  std::map<Watch, int> open_;   ///< at a's System: not yet told of; the life it is known to be on
  std::set<Watch> known_at_b_;  ///< at b's System
};

RC_GTEST_PROP(RemoteLinksProperty, NoWatchIsForgottenAndMessagesComeAtMostOnceInOrder, ()) {
  World world;
  for (int left = *rc::gen::inRange(0, 120); left > 0; --left) world.step();
  world.settle();
  world.check();
}

}  // namespace
}  // namespace wattring::actor
