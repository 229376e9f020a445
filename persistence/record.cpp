// SPDX-License-Identifier: Apache-2.0
#include "persistence/record.hpp"

#include <cstring>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/hash.hpp"

namespace wattring::persistence {
namespace {

constexpr std::size_t kTrailerBytes = 4 + 1 + 8;  // directory bytes, version, checksum
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kWriterBytes = 16;
constexpr std::size_t kCountBytesMax = 5;  // of a run, as a varint

std::string_view view(const WriterId& writer) {
  return {reinterpret_cast<const char*>(writer.bytes.data()), writer.bytes.size()};
}

// A header or link that is put together on the stack: one append instead of one a field.
template <std::size_t N>
class Fixed {
 public:
  template <class T>
  void add(T v) {
    for (std::size_t i = 0; i < sizeof(T); ++i) end_[i] = static_cast<char>(v >> (8 * (sizeof(T) - 1 - i)));
    end_ += sizeof(T);
  }
  void add_varint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7U) *end_++ = static_cast<char>(v | 0x80);
    *end_++ = static_cast<char>(v);
  }
  void add(const WriterId& writer) {
    std::memcpy(end_, writer.bytes.data(), writer.bytes.size());
    end_ += writer.bytes.size();
  }
  [[nodiscard]] std::string_view view() const { return {bytes_, static_cast<std::size_t>(end_ - bytes_)}; }

 private:
  char bytes_[N];
  char* end_ = bytes_;
};

/// Of at least 8 bytes. In one load: headers are read several times on the way of each batch.
std::uint64_t load_u64(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return __builtin_bswap64(value);
}
std::uint32_t load_u32(std::string_view bytes) {
  return ByteReader(bytes).u32_be();
}

// The bytes that the record's own checksum covers, when the trailer's length can be true.
Result<std::string_view> covered_part(std::string_view record) {
  if (record.size() < kTrailerBytes || record.size() > kRecordBytesMax)
    return fail(ErrorCode::corrupt, "a journal record cannot have " + std::to_string(record.size()) + " bytes");
  const std::uint32_t directory_bytes = load_u32(record.substr(record.size() - kTrailerBytes, 4));
  if (directory_bytes > record.size() - kTrailerBytes)
    return fail(ErrorCode::corrupt, "a journal record of " + std::to_string(record.size()) +
                                        " bytes claims a directory of " + std::to_string(directory_bytes));
  const std::size_t start = record.size() - kTrailerBytes - directory_bytes;
  return record.substr(start, directory_bytes + kTrailerBytes - kChecksumBytes);
}

struct Header {
  ShardId shard;
  std::uint8_t format = 0;
  std::uint64_t sequence = 0;
  std::uint64_t length = 0;
  std::uint64_t checksum = 0;
  std::uint64_t chain = 0;
};

Header read_header(ByteReader& in) {
  Header out;
  out.shard = ShardId{in.u16_be()};
  out.format = in.u8();
  out.sequence = in.varint();
  out.length = in.varint();
  const std::string_view hashes = in.bytes(2 * kChecksumBytes);
  if (hashes.empty()) return out;  // it is cut off, and `in` says so
  out.checksum = load_u64(hashes);
  out.chain = load_u64(hashes.substr(kChecksumBytes));
  return out;
}

// Walks the directory once, so that the reader can trust it. Returns the number of entries.
Result<std::size_t> check_directory(std::string_view directory, std::size_t payload_bytes) {
  ByteReader in(directory);
  std::size_t entries = 0;
  std::uint64_t left = payload_bytes;
  bool sound = !directory.empty();
  while (sound && !in.at_end()) {
    in.bytes(kWriterBytes);
    const std::uint64_t count = in.varint();
    sound = in.ok() && count > 0;
    for (std::uint64_t i = 0; sound && i < count; ++i, ++entries) {
      const Header header = read_header(in);
      sound = in.ok() && header.sequence > 0 && header.length <= left;
      if (sound) left -= header.length;
    }
  }
  if (!sound || left != 0)
    return fail(ErrorCode::corrupt, "the directory of a journal record does not fit its " +
                                        std::to_string(payload_bytes) + " bytes of payloads");
  return entries;
}

}  // namespace

std::uint64_t chain_of(std::uint64_t previous_chain, const EntryView& entry) {
  Fixed<64> link;
  link.add(previous_chain);
  link.add(entry.writer);
  link.add(entry.shard.value);
  link.add(entry.sequence.value);
  link.add(entry.format);
  link.add(static_cast<std::uint32_t>(entry.payload.size()));
  link.add(entry.checksum);
  return hash64(link.view());
}

RecordBuilder::RecordBuilder(const WriterId& writer, std::size_t reserve_bytes)
    : writer_(writer), reserve_bytes_(reserve_bytes) {
  record_.reserve(reserve_bytes_);
}

std::string& RecordBuilder::begin_entry(ShardId shard, Sequence sequence, std::uint8_t format,
                                        std::uint64_t previous_chain) {
  WATTRING_CHECK(!in_entry_ && sequence.value > 0);
  in_entry_ = true;
  entry_start_ = record_.size();
  entry_ = EntryView{shard, writer_, sequence, format, 0, 0, {}};
  previous_chain_ = previous_chain;
  return record_;
}

std::uint64_t RecordBuilder::end_entry() {
  WATTRING_CHECK(in_entry_ && record_.size() >= entry_start_);
  in_entry_ = false;
  entry_.payload = std::string_view(record_).substr(entry_start_);
  entry_.checksum = hash64(entry_.payload);
  entry_.chain = chain_of(previous_chain_, entry_);
  add_header(entry_);
  return entry_.chain;
}

void RecordBuilder::cancel_entry() {
  WATTRING_CHECK(in_entry_);
  in_entry_ = false;
  record_.resize(entry_start_);
}

void RecordBuilder::add(const EntryView& entry) {
  WATTRING_CHECK(!in_entry_);
  record_.append(entry.payload);
  add_header(entry);
}

void RecordBuilder::add_header(const EntryView& entry) {
  if (run_entries_ > 0 && run_writer_ != entry.writer) close_run();
  run_writer_ = entry.writer;
  Fixed<48> header;
  header.add(entry.shard.value);
  header.add(entry.format);
  header.add_varint(entry.sequence.value);
  header.add_varint(entry.payload.size());
  header.add(entry.checksum);
  header.add(entry.chain);
  run_.append(header.view());
  ++run_entries_;
  ++entry_count_;
}

void RecordBuilder::close_run() {
  ByteWriter out(directory_);
  out.bytes(view(run_writer_));
  out.varint(run_entries_);
  out.bytes(run_);
  run_.clear();
  run_entries_ = 0;
}

std::size_t RecordBuilder::bytes() const {
  const std::size_t open_run = run_entries_ == 0 ? 0 : kWriterBytes + kCountBytesMax + run_.size();
  return record_.size() + directory_.size() + open_run + kTrailerBytes;
}

std::string RecordBuilder::finish() {
  WATTRING_CHECK(!in_entry_ && entry_count_ > 0);
  close_run();
  record_.append(directory_);
  ByteWriter out(record_);
  out.u32_be(static_cast<std::uint32_t>(directory_.size()));
  out.u8(kRecordVersion);
  const std::size_t covered = directory_.size() + kTrailerBytes - kChecksumBytes;
  out.u64_be(hash64(std::string_view(record_).substr(record_.size() - covered)));
  std::string finished;
  finished.reserve(reserve_bytes_);
  std::swap(finished, record_);
  directory_.clear();
  entry_count_ = 0;
  return finished;
}

Result<void> seal_record(std::string& record, Lsn lsn) {
  const auto covered = covered_part(record);
  if (!covered) return fail(ErrorCode::invalid_argument, covered.error().message);
  Fixed<kChecksumBytes> checksum;
  checksum.add(hash64(*covered, lsn.value));
  record.replace(record.size() - kChecksumBytes, kChecksumBytes, checksum.view());
  return {};
}

Result<RecordReader> RecordReader::open(std::string_view record, Lsn lsn) {
  const auto covered = covered_part(record);
  if (!covered) return tl::unexpected(covered.error());
  if (load_u64(record.substr(record.size() - kChecksumBytes)) != hash64(*covered, lsn.value))
    return fail(ErrorCode::corrupt, "the checksum of a journal record of " + std::to_string(record.size()) +
                                        " bytes does not hold at LSN " + std::to_string(lsn.value));
  const auto version = static_cast<std::uint8_t>(covered->back());
  if (version != kRecordVersion)
    return fail(ErrorCode::newer_format,
                "a journal record has version " + std::to_string(version) + ", this release knows " +
                    std::to_string(kRecordVersion),
                "run the release that wrote it, or a newer one");
  RecordReader reader = reopen(record);
  const auto entries = check_directory(reader.directory_, reader.payloads_.size());
  if (!entries) return tl::unexpected(entries.error());
  reader.entry_count_ = *entries;
  return reader;
}

RecordReader RecordReader::reopen(std::string_view record) {
  const auto covered = covered_part(record);
  WATTRING_CHECK(covered);
  const std::string_view directory = covered->substr(0, covered->size() - (kTrailerBytes - kChecksumBytes));
  return {record.substr(0, record.size() - directory.size() - kTrailerBytes), directory};
}

RecordReader::Step RecordReader::next_header(EntryView& out) {
  if (directory_.empty()) return Step::end;
  ByteReader in(directory_);
  if (run_left_ == 0) {
    const std::string_view writer = in.bytes(kWriterBytes);
    std::memcpy(writer_.bytes.data(), writer.data(), kWriterBytes);
    run_left_ = in.varint();
  }
  const Header header = read_header(in);
  --run_left_;
  directory_ = in.rest();
  const auto length = static_cast<std::size_t>(header.length);
  out = EntryView{header.shard,    writer_,      Sequence{header.sequence},  header.format,
                  header.checksum, header.chain, payloads_.substr(0, length)};
  payloads_.remove_prefix(length);
  return Step::entry;
}

RecordReader::Step RecordReader::next(EntryView& out) {
  const Step step = next_header(out);
  if (step != Step::entry || hash64(out.payload) == out.checksum) return step;
  out.payload = {};
  return Step::damaged;
}

}  // namespace wattring::persistence
