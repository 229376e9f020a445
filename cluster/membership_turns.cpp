// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_turns.hpp"

#include <algorithm>
#include <utility>

#include "cluster/codec.hpp"
#include "cluster/event_text.hpp"

namespace wattring::cluster {
namespace {

/// The transport gives a bounded number of inputs at a time; an endless flood must not keep the clock from ticking.
constexpr int kReceivesMax = 64;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

MembershipTurns::MembershipTurns(Doors doors, Swim& swim, MembershipListener listener)
    : doors_(doors),
      swim_(swim),
      listener_(std::move(listener)),
      now_ns_(doors.clock.monotonic_ns()),
      view_due_ns_(now_ns_),
      peers_due_ns_(now_ns_ + kPeersSoonNs) {}

void MembershipTurns::start(std::vector<std::string> seeds) {
  command([&](Swim& swim, std::int64_t now_ns, Effects& out) { swim.start(now_ns, std::move(seeds), out); });
}

void MembershipTurns::command(const std::function<void(Swim&, std::int64_t, Effects&)>& command) {
  if (stopped_) return;
  now_ns_ = std::max(now_ns_, doors_.clock.monotonic_ns());
  command(swim_, now_ns_, effects_);
  carry_out();
  show_view();
}

void MembershipTurns::turn() {
  const std::int64_t wait = wait_ns();
  const std::int64_t due_ns = now_ns_ + wait;
  take_inputs(wait);
  const std::int64_t late_ns = now_ns_ - due_ns;
  doors_.counters.late(std::max<std::int64_t>(late_ns, 0));
  if (late_ns > kLateNs) take_inputs(kSettleNs);
  if (!stopped_ && now_ns_ >= swim_.next_deadline_ns()) {
    swim_.tick(now_ns_, effects_);
    carry_out();
  }
  show_view();
  keep_peers();
  doors_.counters.show(swim_.stats(), swim_.load(), guard_);
}

std::int64_t MembershipTurns::wait_ns() const {
  const std::int64_t now_ns = std::max(now_ns_, doors_.clock.monotonic_ns());
  std::int64_t due_ns = swim_.next_deadline_ns();
  if (swim_.view_version() != shown_version_) due_ns = std::min(due_ns, view_due_ns_);
  if (stopped_) due_ns = now_ns + kWaitMaxNs;
  return std::clamp<std::int64_t>(due_ns - now_ns, 0, kWaitMaxNs);
}

void MembershipTurns::take_inputs(std::int64_t wait_ns) {
  for (int i = 0; i < kReceivesMax; ++i) {
    inputs_.clear();
    doors_.transport.receive(wait_ns, inputs_);
    now_ns_ = std::max(now_ns_, doors_.clock.monotonic_ns());
    if (inputs_.empty()) return;
    for (const Input& input : inputs_) hand_in(input);
    carry_out();
    wait_ns = 0;
  }
}

void MembershipTurns::hand_in(const Input& input) {
  if (stopped_) return;
  std::visit(Overloaded{[&](const input::Received& received) { receive(received); },
                        [&](const input::LinkChanged& link) {
                          swim_.handle_link(now_ns_, link.endpoint, link.change, effects_);
                        },
                        [&](const input::ConnectChecked& checked) {
                          swim_.handle_connect(now_ns_, checked.endpoint, checked.outcome, effects_);
                        }},
             input);
}

void MembershipTurns::receive(const input::Received& received) {
  if (!guard_.admits(received.from, now_ns_)) return;
  const auto message = decode(received.bytes);
  if (message) {
    doors_.counters.received(message->body, received.bytes.size());
    swim_.handle(now_ns_, received.from, *message, effects_);
    return;
  }
  const DecodeFailure& failure = message.error();
  doors_.counters.refused(failure.kind);
  if (failure.kind == DecodeError::version) {
    doors_.log.warn("other_protocol_version", failure.error().text());
  } else if (failure.blames_sender() && guard_.offence(received.from, now_ns_)) {
    doors_.log.warn("membership_peer_banned", "too many malformed messages on one connection, the last: " +
                                                  failure.error().text() + "; it is not heard for a minute");
  }
}

void MembershipTurns::carry_out() {
  // What an effect's carrying out brings about in Swim comes with a later turn: nothing is appended meanwhile.
  for (Effect& effect : effects_) {
    if (stopped_) break;
    carry_out(effect);
  }
  effects_.clear();
}

void MembershipTurns::carry_out(Effect& effect) {
  std::visit(Overloaded{[&](effect::Send& one) { send(one); },
                        [&](effect::CheckConnect& one) { doors_.transport.check_connect(one.endpoint); },
                        [&](effect::KeepEpoch& one) {
                          if (const auto kept = doors_.store.keep_epoch(one.epoch); !kept)
                            doors_.log.error("membership_not_kept", kept.error().text());
                        },
                        [&](effect::CatalogGrew& one) {
                          if (listener_.on_catalog) listener_.on_catalog(std::move(one.documents));
                        },
                        [&](effect::MetadataChanged&) {},  // the view shows it
                        [&](effect::Stop& one) { stop(one); },
                        [&](effect::LeaveDone&) {
                          if (listener_.on_left) listener_.on_left();
                        },
                        [&](MemberEvent& one) { show_event(one); }},
             effect);
}

void MembershipTurns::send(const effect::Send& send) {
  const std::string frame = encode(send.message);
  doors_.counters.sent(send.message.body, frame.size(), doors_.transport.send(send.to, frame));
}

void MembershipTurns::stop(const effect::Stop& stop) {
  stopped_ = true;
  if (listener_.on_stop) listener_.on_stop(stop.reason, stop.text);
}

void MembershipTurns::show_event(const MemberEvent& event) {
  const auto name_of = [&](const NodeId& id) {
    const RecordPtr record = swim_.record_of(id);
    return record ? record->name : std::string{};
  };
  doors_.log.write(event_level(event.kind), event_id(event.kind), event_text(event, name_of));
  if (listener_.on_event) listener_.on_event(event);
}

void MembershipTurns::show_view() {
  if (swim_.view_version() == shown_version_ || now_ns_ < view_due_ns_) return;
  const auto view = swim_.view(now_ns_);
  shown_version_ = view->version;
  view_due_ns_ = now_ns_ + kViewEveryNs;
  if (listener_.on_view) listener_.on_view(view);
}

void MembershipTurns::keep_peers() {
  if (stopped_ || now_ns_ < peers_due_ns_) return;
  std::vector<std::string> peers = swim_.peer_cache();
  if (!peers.empty()) peers_gap_ns_ = std::min(2 * peers_gap_ns_, kPeersEveryNs);
  peers_due_ns_ = now_ns_ + peers_gap_ns_;
  // Alone is no reason to forget where the others were.
  if (peers.empty()) return;
  std::vector<std::string> sorted = peers;
  std::ranges::sort(sorted);
  if (sorted == kept_peers_) return;
  kept_peers_ = std::move(sorted);
  if (listener_.on_peers) listener_.on_peers(std::move(peers));
}

}  // namespace wattring::cluster
