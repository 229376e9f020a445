// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "node/backup/shard_file.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/keys.hpp"
#include "tests/meter/facts.hpp"

namespace wattring::backup {

/// A part with a day of readings of that many meters, and a row of a kind that nobody knows when asked for.
inline std::string sample_part(int meters, std::int64_t value, bool with_unknown = false) {
  meter::TransferPartWriter part;
  for (int i = 0; i < meters; ++i) {
    persistence::SeriesChunk chunk;
    chunk.winners = {test::reading(test::kDay0, value), test::reading(test::kDay0 + 1000, value + i)};
    const std::string key = persistence::series_key(
        {ShardId{0}, static_cast<std::int32_t>(day_of(test::kDay0)), "EM-" + std::to_string(i), test::kImport, 0});
    part.add({persistence::Table::series, std::string_view(key).substr(2), persistence::encode_chunk(chunk)});
  }
  if (with_unknown) part.add({static_cast<persistence::Table>(200), "key", "something new"});
  return part.finish();
}

struct Sample {
  ShardHead head{{1, 2, 3}, ShardId{12}, 64};
  std::vector<std::string> parts{sample_part(3, 1000), sample_part(2, 2000)};
  ShardEnd end;

  std::string file() {
    ShardFileWriter writer(head);
    std::string bytes = writer.begin();
    end = {true, 1'700'000'000'000, {}, {}};
    for (const std::string& part : parts) {
      bytes += writer.part(part);
      end.tally += read_part(part).value();
      end.claim.digest = meter::transfer_digest(end.claim.digest, part);
      ++end.claim.parts;
    }
    return bytes + writer.end(end);
  }
};

/// Everything that a reader gives of these bytes, or the first error.
struct ReadFile {
  ShardHead head;
  std::vector<std::string> parts;
  ShardEnd end;
};
inline Result<ReadFile> read_all(std::string_view bytes) {
  ShardFileReader reader([rest = bytes](char* into, std::size_t size) mutable {
    const std::size_t n = std::min(size, rest.size());
    std::memcpy(into, rest.data(), n);
    rest.remove_prefix(n);
    return n;
  });
  ReadFile read;
  const auto head = reader.head();
  if (!head) return Failure(head.error());
  read.head = *head;
  for (;;) {
    auto part = reader.part();
    if (!part) return Failure(part.error());
    if (!*part) break;
    read.parts.push_back(std::move(**part));
  }
  read.end = reader.end();
  return read;
}

}  // namespace wattring::backup
