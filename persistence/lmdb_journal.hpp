// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "persistence/journal.hpp"

/// The journal on LMDB: one environment, one named database per Table, every commit synced. Records of Table::journal
/// are kept in pieces of two pages (docs/decisions/0003-journal-record-shape.md).

namespace wattring::persistence {

#ifdef __SANITIZE_THREAD__
inline constexpr std::uint64_t kMapBytesDefault = std::uint64_t{1}
                                                  << 30U;  // it has no room for a tebibyte of addresses
#else
inline constexpr std::uint64_t kMapBytesDefault = std::uint64_t{1} << 40U;
#endif

class LmdbJournal final : public Journal {
 public:
  struct Options {
    std::uint64_t map_bytes = kMapBytesDefault;  ///< the most the file may grow to; address space only
    bool read_only = false;                      ///< commit() refuses
    bool create = true;                          ///< make a new file when there is none, unless read_only
    unsigned max_readers = 510;                  ///< snapshots open at the same time
  };

  /// `directory` must exist. The caller makes sure that no other process and no other LmdbJournal has it open
  /// (DataDirectory's lock). not_found: no file there and none is to be made; corrupt: not a journal.
  [[nodiscard]] static Result<std::unique_ptr<LmdbJournal>> open(const std::filesystem::path& directory,
                                                                 const Options& options);
  ~LmdbJournal() override;

  /// An error of LMDB's commit itself is `unknown`; every later commit is then refused as unknown until reopened.
  [[nodiscard]] CommitResult commit(std::span<const WriteOp> ops) override;
  [[nodiscard]] Result<std::unique_ptr<ReadTransaction>> read() const override;
  [[nodiscard]] Result<JournalUsage> usage() const override;

  /// Takes blocks behind the file's last page, so that commits go on for a while when others have filled the volume:
  /// LMDB's commit has no clean way to fail. Cheap when they are there. Any one thread.
  [[nodiscard]] Result<void> hold_ahead(std::uint64_t bytes);

  /// Writes a copy without free pages to a new file, synced. The file must not exist.
  [[nodiscard]] Result<void> copy_compact(const std::filesystem::path& file) const;

 private:
  struct State;
  explicit LmdbJournal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wattring::persistence
