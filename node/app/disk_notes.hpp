// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "persistence/journal_writer.hpp"

namespace wattring::app {

/// Small durable rows, gathered over a turn into one slice. They get to the disk in the order in which they came: one
/// slice is on its way at a time, and what the disk refuses goes again with what came after it. Of a row that came
/// several times meanwhile only the last is written. One thread.
class DiskNotes {
 public:
  using Done = std::function<void()>;  ///< on the writer's thread, when it is on the disk; in the order of add()
  /// landed: on the writer's thread; flush() is due.
  DiskNotes(persistence::JournalWriter& writer, std::function<void()> landed)
      : writer_(writer), landed_(std::move(landed)) {}

  void add(persistence::OwnedOp op);
  void add(persistence::OwnedOp op, Done done);
  /// Hands over what was gathered, unless something is on its way or was refused a moment ago.
  void flush(std::int64_t now_ns);
  /// When flush() is due although nothing lands.
  [[nodiscard]] std::int64_t next_deadline() const;

 private:
  enum class State { flying, committed, refused };
  struct Notes {
    std::map<std::pair<persistence::Table, std::string>, persistence::OwnedOp> rows;
    std::vector<Done> done;
  };
  struct Flight {
    Notes notes;
    std::atomic<State> state{State::flying};
  };
  void take_back();

  persistence::JournalWriter& writer_;
  const std::function<void()> landed_;
  Notes notes_;
  std::shared_ptr<Flight> flight_;
  std::int64_t again_ns_ = 0;
};

}  // namespace wattring::app
