// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "persistence/journal.hpp"

namespace wattring::persistence {

/// A journal in memory with the contract of the real one, for tests and the simulator. Nothing survives it.
class MemoryJournal final : public Journal {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;
  /// Tables are shared with the snapshots that see them and copied before a change.
  using Image = std::array<std::shared_ptr<const Rows>, kTableCount>;

  /// capacity_bytes: keys and values beyond it are refused with no_space, as a full map is.
  explicit MemoryJournal(std::uint64_t capacity_bytes = std::uint64_t{1} << 40U);

  [[nodiscard]] CommitResult commit(std::span<const WriteOp> ops) override;
  [[nodiscard]] Result<std::unique_ptr<ReadTransaction>> read() const override;
  [[nodiscard]] Result<JournalUsage> usage() const override;

  /// The whole state, to be put back later: what a crash leaves.
  [[nodiscard]] Image image() const;
  void restore(const Image& image);

 private:
  const std::uint64_t capacity_bytes_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Image tables_;
  std::uint64_t used_bytes_ = 0;
};

}  // namespace wattring::persistence
