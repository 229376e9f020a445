// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

/// A journal record is a pack of entries of many shards and, when it came from peers, of several writers.
///
///   record    := payloads | directory | directory bytes u32 | version u8 (1) | checksum u64
///   payloads  := the entries' payloads, one after the other, in the directory's order, nothing between them
///   directory := run+ ;  run := writer 16 bytes | entry count varint (>= 1) | header+
///   header    := shard u16 | format u8 | sequence varint | length varint | payload checksum u64 | chain u64
///   payload checksum := XXH3-64 of the payload
///   checksum  := XXH3-64 of (directory, directory bytes, version), seeded with the LSN; 0 outside a journal
///   chain     := XXH3-64 of (previous chain u64, writer, shard u16, sequence u64, format u8, length u32, payload
///   checksum u64)
///
/// Every byte is covered once. The headers stand together at the end: moving a record to its LSN, or asking which
/// entries it holds, hashes a few percent of it; a payload is written once where it stays, and a flipped bit in it
/// costs that entry only.

namespace wattring::persistence {

inline constexpr std::uint8_t kRecordVersion = 1;
/// A record is refused above this; the largest batch a node takes is 8 MiB.
inline constexpr std::size_t kRecordBytesMax = 32U << 20U;

/// Entries of these formats say something to the node that wrote them alone: they are in no coverage and never travel.
inline constexpr std::uint8_t kLocalFormatsFrom = 240;
[[nodiscard]] constexpr bool is_local_format(std::uint8_t format) {
  return format >= kLocalFormatsFrom;
}

struct EntryView {
  ShardId shard;
  WriterId writer;
  Sequence sequence;
  std::uint8_t format = 0;
  std::uint64_t checksum = 0;  ///< of the payload
  std::uint64_t chain = 0;     ///< binds this entry to all before it in its stream (shard, writer)
  std::string_view payload;    ///< a view into the record
};

/// The chain of an entry from that of its predecessor in the stream; the first entry's predecessor has chain 0.
[[nodiscard]] std::uint64_t chain_of(std::uint64_t previous_chain, const EntryView& entry);

/// Builds one record after the other. One thread.
class RecordBuilder {
 public:
  explicit RecordBuilder(const WriterId& writer, std::size_t reserve_bytes = 0);

  /// The following begin_entry() calls are entries of this writer.
  void set_writer(const WriterId& writer) { writer_ = writer; }

  /// Append the payload, and nothing else, to the string returned; then end_entry().
  [[nodiscard]] std::string& begin_entry(ShardId shard, Sequence sequence, std::uint8_t format,
                                         std::uint64_t previous_chain);
  /// Returns the entry's chain: the previous chain of the stream's next entry.
  std::uint64_t end_entry();
  /// Instead of end_entry(): the entry does not come to be.
  void cancel_entry();

  /// A whole entry as another record had it: its own writer, its checksum and chain kept.
  void add(const EntryView& entry);

  [[nodiscard]] std::size_t entry_count() const { return entry_count_; }
  /// Size of the record if it were finished now.
  [[nodiscard]] std::size_t bytes() const;

  /// The record, sealed for LSN 0; needs at least one entry. The builder is then empty, with its writer and reserve.
  [[nodiscard]] std::string finish();

 private:
  void add_header(const EntryView& entry);
  void close_run();

  WriterId writer_;
  std::size_t reserve_bytes_;
  std::string record_;
  std::string directory_;
  std::string run_;  ///< headers of the run that is open
  WriterId run_writer_;
  std::size_t run_entries_ = 0;
  std::size_t entry_count_ = 0;
  bool in_entry_ = false;
  std::size_t entry_start_ = 0;
  EntryView entry_;
  std::uint64_t previous_chain_ = 0;
};

/// Moves a finished record to a place in the journal: only the directory is hashed again. invalid_argument when it is
/// too short or too long to be a record.
[[nodiscard]] Result<void> seal_record(std::string& record, Lsn lsn);

/// Reads a record that may be anything: a structure that does not hold is found by open().
class RecordReader {
 public:
  /// lsn: where the record was found; 0 for one that came over the wire. The record must outlive the reader.
  [[nodiscard]] static Result<RecordReader> open(std::string_view record, Lsn lsn = Lsn{0});
  /// Of a record that was built here, or that open() took before: nothing of it is verified again.
  [[nodiscard]] static RecordReader reopen(std::string_view record);

  enum class Step {
    entry,
    damaged,  ///< the header is right, the payload is not: `out.payload` is empty and the entry must not be used
    end
  };
  [[nodiscard]] Step next(EntryView& out);
  /// As next(), but does not look at the payload, so never `damaged`.
  [[nodiscard]] Step next_header(EntryView& out);

  [[nodiscard]] std::size_t entry_count() const { return entry_count_; }  ///< after open()

 private:
  RecordReader(std::string_view payloads, std::string_view directory) : payloads_(payloads), directory_(directory) {}

  std::string_view payloads_;   ///< those not yet visited
  std::string_view directory_;  ///< likewise
  WriterId writer_;
  std::uint64_t run_left_ = 0;
  std::size_t entry_count_ = 0;
};

}  // namespace wattring::persistence
