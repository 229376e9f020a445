// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "persistence/journal_writer.hpp"

namespace wattring::app {

/// Slices of one piece of work on their way to the disk: in order, each after the one before is committed, and none
/// after one that was refused. So nothing gets there without what it rests on: a mark without its chunks, an erased
/// chunk without the one that replaces it. One thread.
class SliceChain {
 public:
  /// wake: any thread; move_on() has something to do.
  SliceChain(persistence::JournalWriter& writer, std::function<void()> wake)
      : writer_(&writer), wake_(std::move(wake)) {}

  /// Waits while too much waits: the disk sets the pace. An error: the piece of work is refused. An empty slice is
  /// none.
  Result<void> add(std::vector<persistence::OwnedOp>&& slice);
  /// What is not on its way yet goes nowhere.
  void refuse();
  /// Hands over the next slice when it is its turn.
  void move_on();

  [[nodiscard]] bool is_flying() const { return *state_ == State::flying; }
  /// Nothing waits and nothing is on its way.
  [[nodiscard]] bool is_over() const { return !is_flying() && waiting_.empty(); }
  /// Not everything is on the disk, nor will be. Once is_over().
  [[nodiscard]] bool is_refused() const { return refused_ || *state_ == State::refused; }

 private:
  enum class State { landed, flying, refused };

  persistence::JournalWriter* writer_;
  std::function<void()> wake_;
  std::shared_ptr<std::atomic<State>> state_ = std::make_shared<std::atomic<State>>(State::landed);
  std::deque<std::vector<persistence::OwnedOp>> waiting_;
  bool refused_ = false;
};

}  // namespace wattring::app
