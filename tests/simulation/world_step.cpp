// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <type_traits>

#include "cluster/codec.hpp"
#include "tests/simulation/world.hpp"

/// One input or tick of one node, and what comes of it.

namespace wattring::simulation {

using cluster::Swim;

void World::step(Node node, const std::function<void(Swim&, std::int64_t)>& action) {
  NodeState& state = nodes_[node];
  effects_.clear();
  action(*state.swim, state.clock.local(now_ns()));
  learn_truth(node);
  // Nothing of this calls back: the network only schedules.
  for (cluster::Effect& effect : effects_) carry_out(node, effect);
  for (Observer* observer : observers_) observer->after_step(*this, node);
  if (state.stopped || state.left) {
    trace_.add(now_ns(), node, "exit");
    end_process(node);
    return;
  }
  schedule_tick(node);
}

void World::learn_truth(Node node) {
  const NodeState& state = nodes_[node];
  const cluster::Record& self = state.swim->self();
  std::vector<LifeTruth>& lives = truth_[state.id];
  for (LifeTruth& life : lives) {
    if (life.node != node || life.life != self.life) continue;
    life.incarnation = std::max(life.incarnation, self.incarnation);
    return;
  }
  // It was told of a former life with a higher epoch and took one above that.
  lives.push_back({self.life, node, self.incarnation, false});
}

void World::carry_out(Node node, cluster::Effect& effect) {
  NodeState& state = nodes_[node];
  std::visit(
      [&](auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, cluster::effect::Send>) {
          send(node, what);
        } else if constexpr (std::is_same_v<What, cluster::effect::CheckConnect>) {
          network_.check_connect(state.port, what.endpoint);
        } else if constexpr (std::is_same_v<What, cluster::effect::KeepEpoch>) {
          state.disk.epoch = std::max(state.disk.epoch, what.epoch);
        } else if constexpr (std::is_same_v<What, cluster::effect::CatalogGrew>) {
          for (cluster::Document& document : what.documents) (void)state.disk.catalog.add(std::move(document));
        } else if constexpr (std::is_same_v<What, cluster::effect::Stop>) {
          trace_.note(now_ns(), node, what.text);
          truth_of(node).left = true;
          state.stopped = std::move(what);
        } else if constexpr (std::is_same_v<What, cluster::effect::LeaveDone>) {
          state.left = true;
        } else if constexpr (std::is_same_v<What, cluster::MemberEvent>) {
          trace_.add(now_ns(), node, cluster::to_string(what.kind),
                     what.record ? cluster::fingerprint(*what.record) : 0);
          if (trace_.writes() && what.record) trace_.note(now_ns(), node, what.record->name + " " + what.detail);
          for (Observer* observer : observers_) observer->on_member_event(*this, node, what);
        }
      },
      effect);
}

void World::send(Node node, cluster::effect::Send& send) {
  NodeState& state = nodes_[node];
  if (state.held) {
    state.outbox.push_back(std::move(send));
    return;
  }
  if (filter_ && !filter_(node, send.to, send.message)) return;
  ++state.messages;
  if (!options_.codec && !count_bytes_) {
    network_.send(state.port, send.to, std::move(send.message));
    return;
  }
  std::string bytes = cluster::encode(send.message);
  state.bytes += bytes.size();
  if (options_.codec)
    network_.send(state.port, send.to, std::move(bytes));
  else
    network_.send(state.port, send.to, std::move(send.message));
}

void World::receive(Port port, Arrival arrival) {
  const Node node = by_port_[port];
  if (nodes_[node].port == port) hand_in(node, arrival);
}

void World::hand_in(Node node, Arrival& arrival) {
  if (auto* message = std::get_if<Arrived>(&arrival)) return hand_in_message(node, *message);
  if (const auto* link = std::get_if<cluster::input::LinkChanged>(&arrival)) {
    trace_.add(now_ns(), node, link->change == cluster::LinkChange::up ? "link_up" : "link_down",
               network_.place(link->endpoint));
    step(node, [&](Swim& swim, std::int64_t now) { swim.handle_link(now, link->endpoint, link->change, effects_); });
    return;
  }
  const auto& checked = std::get<cluster::input::ConnectChecked>(arrival);
  trace_.add(now_ns(), node, "connect", network_.place(checked.endpoint), static_cast<std::uint64_t>(checked.outcome));
  step(node,
       [&](Swim& swim, std::int64_t now) { swim.handle_connect(now, checked.endpoint, checked.outcome, effects_); });
}

void World::hand_in_message(Node node, Arrived& arrived) {
  if (const auto* bytes = std::get_if<std::string>(&arrived.payload)) {
    cluster::DecodeOptions how;
    how.apply_in_part = options_.settings.mutant == cluster::Mutant::apply_in_part;
    auto decoded = cluster::decode(*bytes, how);
    if (!decoded) {
      ++decode_failures_;
      trace_.note(now_ns(), node, decoded.error().error().text());
      return;
    }
    arrived.payload = std::move(*decoded);
  }
  const auto& message = std::get<cluster::Message>(arrived.payload);
  trace_.add(now_ns(), node, cluster::kind_name(message.body), message.header.source_nonce, message.header.view_hash);
  step(node, [&](Swim& swim, std::int64_t now) { swim.handle(now, arrived.from, message, effects_); });
}

void World::schedule_tick(Node node) {
  NodeState& state = nodes_[node];
  if (state.process != Process::running) return;
  const std::int64_t due = std::max(now_ns(), state.clock.world(state.swim->next_deadline_ns()));
  if (state.tick_ns >= 0 && state.tick_ns <= due) return;
  state.tick_ns = due;
  scheduler_.at(due, *this, kTickCode, node, ++state.tick_number);
}

void World::tick(Node node, std::uint64_t number) {
  NodeState& state = nodes_[node];
  if (state.process != Process::running || number != state.tick_number) return;
  state.tick_ns = -1;
  const std::int64_t now = state.clock.local(now_ns());
  if (state.swim->next_deadline_ns() > now) return schedule_tick(node);
  trace_.add(now_ns(), node, "tick");
  step(node, [&](Swim& swim, std::int64_t at) { swim.tick(at, effects_); });
}

}  // namespace wattring::simulation
