// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "node/sim/ledger.hpp"
#include "node/sim/ledger_format.hpp"

namespace wattring::sim {
namespace {

Failure os_failure(const std::string& what, const std::string& path) {
  const std::string why = std::error_code(errno, std::generic_category()).message();
  return fail(errno == ENOSPC ? ErrorCode::no_space : ErrorCode::io, what + " ledger " + path + ": " + why);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool may_replace(int fd) {
  char start[8];
  const ssize_t n = ::pread(fd, start, sizeof start, 0);
  return n == 0 || (n == 8 && std::string_view(start, 8) == kLedgerMagic);
}

void put_reading(ByteWriter& to, const Reading& reading, const Reading& before) {
  const bool long_reg = reading.reg >= kTagLongRegister;
  unsigned tag = long_reg ? kTagLongRegister : reading.reg;
  if (reading.meter == before.meter + 1) {
    tag |= kTagMeterNext;
  } else if (reading.meter != before.meter) {
    tag |= kTagMeterFar;
  }
  if (reading.time_ms != before.time_ms) tag |= kTagTime;
  to.u8(static_cast<std::uint8_t>(tag));
  if (long_reg) to.varint(reading.reg);
  if ((tag & kTagMeterFar) != 0) to.zigzag(std::int64_t{reading.meter} - std::int64_t{before.meter});
  // Wraps like the reader's sum does.
  if ((tag & kTagTime) != 0)
    to.zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(reading.time_ms) -
                                        static_cast<std::uint64_t>(before.time_ms)));
  to.zigzag(reading.value);
}

}  // namespace

Result<std::unique_ptr<LedgerWriter>> LedgerWriter::create(const std::string& path, const LedgerHeader& header,
                                                           std::span<const Register> registers) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return os_failure("cannot open", path);
  std::unique_ptr<LedgerWriter> writer(new LedgerWriter(fd, path));
  if (!may_replace(fd)) {
    return fail(ErrorCode::already_exists, path + " exists and is not a ledger", "name another file with --ledger");
  }
  if (::ftruncate(fd, 0) != 0 || !write_all(fd, kLedgerMagic)) return os_failure("cannot write", path);
  std::string payload;
  ByteWriter to(payload);
  to.zigzag(header.created_ms);
  to.varint(header.seed);
  to.varint(header.meters);
  to.zigzag(header.every_ms);
  for (const std::string* text : {&header.prefix, &header.cluster, &header.sent_as, &header.options}) {
    to.sized_bytes(*text);
  }
  if (auto ok = writer->append(kRecordHeader, payload); !ok) return Failure(ok.error());
  for (const Register reg : registers) {
    if (auto ok = writer->define_register(reg); !ok) return Failure(ok.error());
  }
  return writer;
}

LedgerWriter::~LedgerWriter() {
  ::close(fd_);
}

Result<void> LedgerWriter::append(std::uint8_t kind, std::string_view payload) {
  std::string record;
  record.reserve(payload.size() + kRecordPrefixBytes);
  ByteWriter to(record);
  to.u8(kind);
  to.u32_be(static_cast<std::uint32_t>(payload.size()));
  to.u32_be(static_cast<std::uint32_t>(hash64(payload, kind)));
  to.bytes(payload);
  const std::lock_guard lock(mutex_);
  if (!write_all(fd_, record)) return os_failure("cannot write", path_);
  return {};
}

Result<void> LedgerWriter::define_register(Register reg) {
  std::string payload;
  ByteWriter(payload).varint(reg.packed);
  return append(kRecordRegister, payload);
}

Result<void> LedgerWriter::define_meter(std::uint32_t index, std::string_view id) {
  std::string payload;
  ByteWriter to(payload);
  to.varint(index);
  to.sized_bytes(id);
  return append(kRecordMeter, payload);
}

Result<void> LedgerWriter::sent(std::uint64_t batch_id, std::int64_t sent_ms, std::span<const Reading> readings) {
  std::string payload;
  payload.reserve(readings.size() * 8 + 64);
  ByteWriter to(payload);
  to.varint(batch_id);
  to.zigzag(sent_ms);
  to.varint(readings.size());
  Reading before;
  for (const Reading& reading : readings) {
    put_reading(to, reading, before);
    before = reading;
  }
  return append(kRecordBatch, payload);
}

Result<void> LedgerWriter::outcome(const BatchOutcome& outcome) {
  std::string payload;
  ByteWriter to(payload);
  to.varint(outcome.id);
  to.zigzag(outcome.replied_ms);
  to.varint(outcome.attempts);
  to.u8(outcome.had_unknown ? 1 : 0);
  to.varint(outcome.stored);
  to.varint(outcome.refused);
  to.varint(outcome.unknown);
  to.varint(outcome.listed.size());
  for (const RefusedRange& range : outcome.listed) {
    to.varint(range.first);
    to.varint(range.count);
    to.sized_bytes(range.reason);
  }
  return append(kRecordOutcome, payload);
}

Result<void> LedgerWriter::end() {
  return append(kRecordEnd, {});
}

}  // namespace wattring::sim
