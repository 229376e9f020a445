// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/sim/reading.hpp"

/// The ledger: every reading that was sent and what became of it, to be held against what the cluster has.
///
/// File = "WRLEDGR1", then records. Record = kind (1 byte), payload size (u32, big endian), low half of XXH3-64 of kind
/// and payload (u32), payload. Numbers in payloads are LEB128 varints, signed ones zigzag, texts sized.
///
///   1 header   created_ms, seed, meters, step_ms, prefix, cluster, format of sending, options as text
///   2 register OBIS code packed; the n-th such record defines register n (from 0)
///   3 meter    index, id; only when ids are not made of prefix and index
///   4 batch    id, sent_ms, count, readings. Written, by write(2), before the batch is sent.
///   5 outcome  id, replied_ms (0: never), attempts, flags (1: some attempt got no reply), stored, refused, unknown,
///              count of listed refusals, each: first reading, readings, reason as text
///   6 end      clean end; absent when the simulator was killed
///
/// Reading = tag, then what the tag says. Tag bits 0-3: register, 15 = varint follows; bits 4-5: meter is 0 the same as
/// before, 1 the next one, 2 before + zigzag; bit 6: time is before + zigzag, else the same; then the value as zigzag.
/// "Before" is the preceding reading of the batch; meter 0 and time 0 for the first.
///
/// A batch without an outcome is unknown. A torn last record was never sent and is left out.

namespace wattring::sim {

struct LedgerHeader {
  std::int64_t created_ms = 0;
  std::uint64_t seed = 0;
  std::uint32_t meters = 0;   ///< meters 0..meters-1 are named by prefix and index; 0: all by meter records
  std::int64_t every_ms = 0;  ///< event-time spacing; 0 = not known (a replay)
  std::string prefix;
  std::string cluster;
  std::string sent_as;
  std::string options;
};

struct RefusedRange {
  std::uint32_t first = 0;  ///< index in the batch
  std::uint32_t count = 0;
  std::string reason;  ///< as in the API
};

struct BatchOutcome {
  std::uint64_t id = 0;
  std::int64_t replied_ms = 0;  ///< wall clock; 0 = no reply
  std::uint32_t attempts = 0;
  bool had_unknown = false;  ///< some attempt got no reply, or said "unknown": it may have stored anything of it
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;
  std::vector<RefusedRange> listed;
};

/// Any thread. The file is written as it goes; memory is one batch.
class LedgerWriter {
 public:
  /// Replaces an older ledger; refuses to replace any other file.
  [[nodiscard]] static Result<std::unique_ptr<LedgerWriter>> create(const std::string& path, const LedgerHeader& header,
                                                                    std::span<const Register> registers);
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  [[nodiscard]] Result<void> define_register(Register reg);
  [[nodiscard]] Result<void> define_meter(std::uint32_t index, std::string_view id);
  /// On return the kernel has it: a killed simulator has sent nothing that its ledger lacks.
  [[nodiscard]] Result<void> sent(std::uint64_t batch_id, std::int64_t sent_ms, std::span<const Reading> readings);
  [[nodiscard]] Result<void> outcome(const BatchOutcome& outcome);
  [[nodiscard]] Result<void> end();

 private:
  LedgerWriter(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Result<void> append(std::uint8_t kind, std::string_view payload);
  int fd_;
  std::string path_;
  std::mutex mutex_;
};

/// What a scan hands over; unset functions skip their records.
struct LedgerVisitor {
  std::function<void(const LedgerHeader&)> header;
  std::function<void(Register)> reg;
  std::function<void(std::uint32_t index, std::string_view id)> meter;
  std::function<void(std::uint64_t id, std::int64_t sent_ms, std::span<const Reading>)> batch;
  std::function<void(const BatchOutcome&)> outcome;
};
enum class LedgerEnding { clean, without_end_mark, torn };
/// One pass through the file. A torn tail is an ending; damage in the middle is an error (corrupt).
[[nodiscard]] Result<LedgerEnding> scan_ledger(const std::string& path, const LedgerVisitor& visitor);

}  // namespace wattring::sim
