// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cluster/codec.hpp"
#include "cluster/membership_memory.hpp"
#include "cluster/transport.hpp"
#include "tests/cluster/sample_members.hpp"

namespace wattring::cluster::test {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return 1'800'000'000'000 + now_ns / 1'000'000; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ns; }
  std::int64_t now_ns = 1'000'000'000;
};

/// What was done to the doors, in order: "send ping", "epoch 7", "check 10.0.0.2:7411".
using Deeds = std::vector<std::string>;

/// Waiting is what makes the clock go on. What arrives is handed over in the portions in which it was queued.
class ScriptedTransport final : public Transport {
 public:
  ScriptedTransport(ManualClock& clock, Deeds& deeds) : clock_(clock), deeds_(deeds) {}

  SendOutcome send(const Route& to, std::string_view frame) override {
    const auto message = decode(frame);
    deeds_.push_back("send " + (message ? std::string(kind_name(message->body)) : "garbage"));
    if (message) sent.emplace_back(to, *message);
    return SendOutcome::sent;
  }
  void check_connect(const std::string& endpoint) override { deeds_.push_back("check " + endpoint); }
  void receive(std::int64_t wait_ns, std::vector<Input>& inputs) override {
    waits_ns.push_back(wait_ns);
    if (arriving.empty()) {
      clock_.now_ns += wait_ns;
      return;
    }
    inputs = std::move(arriving.front());
    arriving.pop_front();
  }
  [[nodiscard]] std::string endpoint() const override { return "10.0.0.1:7411"; }

  std::deque<std::vector<Input>> arriving;
  std::vector<std::pair<Route, Message>> sent;
  std::vector<std::int64_t> waits_ns;

 private:
  ManualClock& clock_;
  Deeds& deeds_;
};

class ScriptedStore final : public MembershipStore {
 public:
  explicit ScriptedStore(Deeds& deeds) : deeds_(deeds) {}
  Result<void> keep_epoch(std::uint64_t epoch) override {
    deeds_.push_back("epoch " + std::to_string(epoch));
    return {};
  }
  Result<void> keep_peers(const std::vector<std::string>& /*peers*/) override { return {}; }

 private:
  Deeds& deeds_;
};

inline ClusterObject plant() {
  ClusterObject object;
  object.id = ClusterId{{7}};
  object.name = "plant";
  object.shard_count = 64;
  return object;
}

/// A message as the member with that record sends it, on the connection of its number.
inline Input from(const Record& record, Body body, std::uint64_t destination_nonce = 0) {
  Message message;
  message.header.cluster = cluster_hash(plant().id, plant().name);
  message.header.source = record.id;
  message.header.source_nonce = record.life.nonce;
  message.header.destination_nonce = destination_nonce;
  message.body = std::move(body);
  return input::Received{Route::back(record.id.bytes[0]), encode(message)};
}

}  // namespace wattring::cluster::test
