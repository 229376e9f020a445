// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_quarantine.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <thread>

#include "persistence/format.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kAgainNs = 1'000'000'000;

Failure stopping() {
  return fail(ErrorCode::busy, "the node is stopping", "ask again when it is back");
}

}  // namespace

void ShardQuarantine::add(std::size_t slot, Lsn lsn, std::uint32_t run, std::string_view meter,
                          std::string_view failure, std::span<const Fact> facts) {
  meter::ShardFold& fold = *shards_.folds[slot];
  std::vector<Fact> left;
  if (const std::int64_t from_ms = fold.limits().erased_before(meter); from_ms != meter::ShardLimits::kNever) {
    std::ranges::copy_if(facts, std::back_inserter(left), [&](const Fact& fact) { return fact.start_ms >= from_ms; });
    facts = left;
    if (facts.empty()) return;
  }
  shared_.count.quarantined.add(facts.size());
  shared_.log->error("meter_quarantined", "meter \"" + std::string(meter) + "\", record " + std::to_string(lsn.value) +
                                              ": " + std::string(failure));
  for (std::uint32_t part = 0; !facts.empty() && part < meter::kQuarantineParts; ++part) {
    const auto some = facts.first(std::min(facts.size(), meter::kQuarantineFactsMax));
    facts = facts.subspan(some.size());
    meter::QuarantineNote note;
    note.key = {fold.shard(), lsn, run * meter::kQuarantineParts + part};
    note.meter = meter;
    note.failure = failure;
    note.since_ms = shared_.clock.wall_ms();
    const std::string row = meter::encode_quarantine_row(note, some);
    std::string key = persistence::quarantine_key(note.key);
    std::string value = persistence::seal_value(row, persistence::position_of(key));
    const persistence::QuarantineKey parsed = note.key;
    fold.note_quarantined(std::move(note));
    write(slot, parsed,
          {persistence::WriteOp::Kind::put, persistence::Table::quarantine, std::move(key), std::move(value)}, {});
  }
}

bool ShardQuarantine::holds(std::size_t slot, Lsn lsn, std::uint32_t run) const {
  const meter::ShardFold& fold = *shards_.folds[slot];
  return fold.find_quarantined({fold.shard(), lsn, run * meter::kQuarantineParts}) != nullptr;
}

void ShardQuarantine::erase_when_sealed(std::size_t slot, const persistence::QuarantineKey& key, Done done) {
  erasures_.push_back({slot, key, std::move(done)});
  next_request_ns_ = 0;
}

bool ShardQuarantine::is_settled(std::size_t slot) const {
  return std::none_of(writes_.begin(), writes_.end(),
                      [&](const Write& write) { return write.slot == slot && !write.done; });
}

Lsn ShardQuarantine::first_unsettled() const {
  Lsn first{std::numeric_limits<std::uint64_t>::max()};
  for (const Write& write : writes_)
    if (!write.done) first = std::min(first, write.key.lsn);
  return first;
}

void ShardQuarantine::write(std::size_t slot, const persistence::QuarantineKey& key, persistence::OwnedOp op,
                            Done done) {
  writes_.push_back(
      {slot, key, std::move(op), std::make_shared<std::atomic<State>>(State::waiting), 0, std::move(done)});
  send(writes_.back());
}

void ShardQuarantine::send(Write& write) {
  *write.state = State::waiting;
  const auto answered = [state = write.state, wake = wake_](const persistence::CommitResult& result) {
    *state = result.status == persistence::CommitStatus::committed ? State::done : State::refused;
    wake();
  };
  if (!shared_.writer.write({write.op}, answered)) *write.state = State::refused;
}

void ShardQuarantine::step() {
  if (!erasures_.empty()) erase_sealed();
  if (writes_.empty()) return;
  const std::int64_t now_ns = shared_.clock.monotonic_ns();
  std::vector<Write> left;
  for (Write& write : std::exchange(writes_, {})) {
    const State state = *write.state;
    if (state == State::done) {
      finish_write(write);
      continue;
    }
    if (state == State::refused && write.again_ns == 0) write.again_ns = now_ns + kAgainNs;
    if (state == State::refused && now_ns >= write.again_ns) {
      write.again_ns = 0;
      send(write);
    }
    left.push_back(std::move(write));
  }
  writes_.insert(writes_.end(), std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
}

void ShardQuarantine::finish_write(Write& write) {
  if (!write.done) return;
  shards_.folds[write.slot]->forget_quarantined(write.key);
  write.done({});
}

void ShardQuarantine::erase_sealed() {
  const std::int64_t now_ns = shared_.clock.monotonic_ns();
  for (Erasure& erasure : std::exchange(erasures_, {})) {
    if (shards_.folds[erasure.slot]->first_unsealed() <= erasure.key.lsn || !is_settled(erasure.slot)) {
      erasures_.push_back(std::move(erasure));
      continue;
    }
    write(erasure.slot, erasure.key,
          {persistence::WriteOp::Kind::erase,
           persistence::Table::quarantine,
           persistence::quarantine_key(erasure.key),
           {}},
          std::move(erasure.done));
  }
  if (erasures_.empty() || now_ns < next_request_ns_) return;
  next_request_ns_ = now_ns + kAgainNs;
  request_seal_();
}

void ShardQuarantine::finish() {
  const auto waits = [](const Write& write) { return *write.state == State::waiting; };
  while (std::any_of(writes_.begin(), writes_.end(), waits) && !shared_.writer.failed())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (Write& write : writes_)
    if (write.done) write.done(*write.state == State::done ? Result<void>() : stopping());
  std::erase_if(writes_, [](const Write& write) { return write.done || *write.state == State::done; });
  for (Erasure& erasure : erasures_) erasure.done(stopping());
  erasures_.clear();
}

}  // namespace wattring::app
