// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "node/sim/ledger.hpp"
#include "node/sim/ledger_format.hpp"

namespace wattring::sim {
namespace {

// A batch has at most 100,000 readings of at most 32 bytes; anything longer is damage, not data.
constexpr std::size_t kPayloadBytesMax = 16U << 20U;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::uint32_t narrow32(std::uint64_t v, bool& ok) {
  ok = ok && v <= std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(v);
}

bool read_header(ByteReader& from, const LedgerVisitor& visitor) {
  LedgerHeader header;
  bool ok = true;
  header.created_ms = from.zigzag();
  header.seed = from.varint();
  header.meters = narrow32(from.varint(), ok);
  header.every_ms = from.zigzag();
  for (std::string* text : {&header.prefix, &header.cluster, &header.sent_as, &header.options}) {
    *text = std::string(from.sized_bytes());
  }
  if (!ok || !from.at_end()) return false;
  if (visitor.header) visitor.header(header);
  return true;
}

// Wraps instead of overflowing: a ledger is bytes from outside too.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

bool read_reading(ByteReader& from, const Reading& before, Reading& reading) {
  const unsigned tag = from.u8();
  const std::uint64_t reg = (tag & kTagLongRegister) == kTagLongRegister ? from.varint() : tag & kTagLongRegister;
  std::int64_t meter = before.meter;
  if ((tag & kTagMeterNext) != 0) ++meter;
  if ((tag & kTagMeterFar) != 0) meter = plus(meter, from.zigzag());
  reading.time_ms = (tag & kTagTime) != 0 ? plus(before.time_ms, from.zigzag()) : before.time_ms;
  reading.value = from.zigzag();
  if (reg > std::numeric_limits<std::uint16_t>::max() || meter < 0 ||
      meter > std::numeric_limits<std::uint32_t>::max()) {
    return false;
  }
  reading.reg = static_cast<std::uint16_t>(reg);
  reading.meter = static_cast<std::uint32_t>(meter);
  return from.ok();
}

bool read_batch(ByteReader& from, const LedgerVisitor& visitor, std::vector<Reading>& readings) {
  if (!visitor.batch) return true;
  const std::uint64_t id = from.varint();
  const std::int64_t sent_ms = from.zigzag();
  const std::uint64_t count = from.varint();
  if (count > from.remaining()) return false;
  readings.resize(static_cast<std::size_t>(count));
  Reading before;
  for (Reading& reading : readings) {
    if (!read_reading(from, before, reading)) return false;
    before = reading;
  }
  if (!from.at_end()) return false;
  visitor.batch(id, sent_ms, readings);
  return true;
}

bool read_outcome(ByteReader& from, const LedgerVisitor& visitor) {
  BatchOutcome outcome;
  bool ok = true;
  outcome.id = from.varint();
  outcome.replied_ms = from.zigzag();
  outcome.attempts = narrow32(from.varint(), ok);
  outcome.had_unknown = from.u8() != 0;
  outcome.stored = from.varint();
  outcome.refused = from.varint();
  outcome.unknown = from.varint();
  const std::uint64_t listed = from.varint();
  if (listed > from.remaining()) return false;
  for (std::uint64_t i = 0; i < listed; ++i) {
    RefusedRange range;
    range.first = narrow32(from.varint(), ok);
    range.count = narrow32(from.varint(), ok);
    range.reason = std::string(from.sized_bytes());
    outcome.listed.push_back(std::move(range));
  }
  if (!ok || !from.at_end()) return false;
  if (visitor.outcome) visitor.outcome(outcome);
  return true;
}

bool read_definition(std::uint8_t kind, ByteReader& from, const LedgerVisitor& visitor) {
  bool ok = true;
  if (kind == kRecordRegister) {
    const Register reg{from.varint()};
    if (from.at_end() && visitor.reg) visitor.reg(reg);
  } else {
    const std::uint32_t index = narrow32(from.varint(), ok);
    const std::string_view id = from.sized_bytes();
    if (ok && from.at_end() && visitor.meter) visitor.meter(index, id);
  }
  return ok && from.at_end();
}

bool read_record(std::uint8_t kind, std::string_view payload, const LedgerVisitor& visitor,
                 std::vector<Reading>& readings) {
  ByteReader from(payload);
  switch (kind) {
    case kRecordHeader:
      return read_header(from, visitor);
    case kRecordRegister:
    case kRecordMeter:
      return read_definition(kind, from, visitor);
    case kRecordBatch:
      return read_batch(from, visitor, readings);
    case kRecordOutcome:
      return read_outcome(from, visitor);
    case kRecordEnd:
      return payload.empty();
    default:
      return false;
  }
}

bool at_end_of_file(std::FILE* file) {
  return std::fgetc(file) == EOF;
}

}  // namespace

Result<LedgerEnding> scan_ledger(const std::string& path, const LedgerVisitor& visitor) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) return fail(ErrorCode::io, "cannot read ledger " + path, "is that the path the run printed?");
  char prefix[kRecordPrefixBytes];
  if (std::fread(prefix, 1, kLedgerMagic.size(), file.get()) != kLedgerMagic.size() ||
      std::string_view(prefix, kLedgerMagic.size()) != kLedgerMagic) {
    return fail(ErrorCode::corrupt, path + " is not a ledger of wattringsim");
  }
  std::string payload;
  std::vector<Reading> readings;
  std::uint64_t at = kLedgerMagic.size();
  const auto damaged = [&] {
    return fail(ErrorCode::corrupt, "ledger " + path + " is damaged at byte " + std::to_string(at),
                "nothing can be said about the readings that follow");
  };
  bool ended = false;
  while (true) {
    const std::size_t got = std::fread(prefix, 1, sizeof prefix, file.get());
    if (got == 0) return ended ? LedgerEnding::clean : LedgerEnding::without_end_mark;
    if (got < sizeof prefix) return LedgerEnding::torn;
    ByteReader head(std::string_view(prefix, sizeof prefix));
    const std::uint8_t kind = head.u8();
    const std::uint32_t size = head.u32_be();
    const std::uint32_t checksum = head.u32_be();
    if (ended || size > kPayloadBytesMax) return damaged();
    payload.resize(size);
    if (std::fread(payload.data(), 1, size, file.get()) != size) return LedgerEnding::torn;
    if (static_cast<std::uint32_t>(hash64(payload, kind)) != checksum) {
      if (at_end_of_file(file.get())) return LedgerEnding::torn;
      return damaged();
    }
    if (!read_record(kind, payload, visitor, readings)) return damaged();
    ended = kind == kRecordEnd;
    at += sizeof prefix + size;
  }
}

}  // namespace wattring::sim
