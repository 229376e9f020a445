// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/http/shard_door.hpp"
#include "tests/node/fake_cluster.hpp"

namespace wattring::http {

/// A ring whose state the test writes; without orders: n1 alone, everything well.
class FakeShards final : public ShardDoor {
 public:
  explicit FakeShards(std::vector<std::string> names = {"n1"}, std::size_t shards = 8) {
    ShardBoard& board = board_;
    board.ring_version = names.size();
    board.ring_id = 0x00c0ffee;
    board.copies_wanted = 3;
    board.acks_wanted = 2;
    board.copies = static_cast<std::uint32_t>(std::min<std::size_t>(3, names.size()));
    board.acks = static_cast<std::uint32_t>(std::min<std::size_t>(2, names.size()));
    board.in_ring = true;
    for (const std::string& name : names) {
      RingSeat seat;
      seat.id = FakeCluster::id_of(name);
      seat.name = name;
      seat.self = name == names.front();
      seat.reachable = true;
      board.members.push_back(seat);
    }
    for (std::size_t s = 0; s < shards; ++s) {
      ShardRow row;
      for (std::uint32_t i = 0; i < board.copies; ++i)
        row.owners.push_back(static_cast<std::uint16_t>((s + i) % names.size()));
      row.home = row.owners.front();
      row.reachable = static_cast<std::uint16_t>(board.copies);
      row.ack = names.size() == 1 ? WriteClass::single : WriteClass::durable;
      row.role = ShardRole::owner;
      board.shards.push_back(row);
    }
    board.owned = shards;
    board.homes = shards / names.size();
  }
  std::uint16_t shard_of(std::string_view meter) override { return static_cast<std::uint16_t>(meter.size()); }
  std::shared_ptr<const ShardBoard> board() override { return std::make_shared<ShardBoard>(board_); }
  RingLook ring() override { return look; }
  std::vector<PromiseRow> promises() override { return rows; }
  Result<RingPlan> plan(const RingRequest& request) override {
    asked = request;
    if (error) return tl::unexpected(*error);
    return planned;
  }
  Result<RingOutcome> commit(const RingRequest& request, std::uint64_t made_from) override {
    committed_from = made_from;
    committed.push_back(request);
    return outcome;
  }
  Result<void> drain(bool on) override {
    draining = on;
    return {};
  }

  ShardBoard board_;
  RingLook look;
  std::vector<PromiseRow> rows;
  RingRequest asked;
  std::optional<Error> error;
  RingPlan planned;
  RingOutcome outcome = RingOutcome::decided;
  std::vector<RingRequest> committed;
  std::uint64_t committed_from = 0;
  bool draining = false;
};

}  // namespace wattring::http
