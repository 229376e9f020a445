// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "node/alert/outbox.hpp"
#include "node/app/write_and_wait.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_writer.hpp"

namespace wattring::app {

/// The outbox in Table::outbox: pending rows under their sequence, dead letters under the sequence with the highest
/// bit. Any thread; writes wait for the disk.
class OutboxStore final : public alert::OutboxDoor {
 public:
  /// settled_below: rows from this sequence on are not shown yet (AlertHub).
  OutboxStore(const persistence::Journal& disk, persistence::JournalWriter& writer,
              std::function<std::uint64_t()> settled_below, std::function<std::vector<alert::Alert>()> open_alerts)
      : disk_(disk), writer_(writer), settled_below_(std::move(settled_below)), open_alerts_(std::move(open_alerts)) {}

  /// The sequence after the greatest one ever seen on this disk.
  [[nodiscard]] static Result<std::uint64_t> next_sequence(const persistence::ReadTransaction& disk);

  [[nodiscard]] Result<std::vector<alert::OutboxRow>> pending(std::uint64_t from, std::size_t limit) override;
  /// Which rows this node may tell, and who hears of those that were told, before they leave the outbox. Before anybody
  /// asks; without: all, nobody.
  using Ask = std::function<alert::MayTell(const alert::OutboxRow&)>;
  using Told = std::function<void(const std::vector<alert::Notification>&)>;
  void speak_by(Ask ask, Told told) {
    ask_ = std::move(ask);
    told_ = std::move(told);
  }

  [[nodiscard]] alert::MayTell may_tell(const alert::OutboxRow& row) override;
  [[nodiscard]] Result<void> delivered(const std::vector<std::uint64_t>& sequences) override;
  [[nodiscard]] Result<void> dead(const std::vector<std::uint64_t>& sequences) override;
  [[nodiscard]] std::vector<alert::Alert> open_alerts() override { return open_alerts_(); }

 private:
  [[nodiscard]] std::vector<alert::Notification> rows_of(const std::vector<std::uint64_t>& sequences);

  const persistence::Journal& disk_;
  persistence::JournalWriter& writer_;
  const std::function<std::uint64_t()> settled_below_;
  const std::function<std::vector<alert::Alert>()> open_alerts_;
  Ask ask_;
  Told told_;
  std::mutex mutex_;
  std::set<std::uint64_t> withdrawn_;  // guarded by mutex_; not told, though they are settled
};

}  // namespace wattring::app
