// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::gateway {

/// What an acknowledgement hands its client so that a read can wait for what was written: the writer, and the sequences
/// that the batch got. As text it has at most 256 bytes. A batch of more shards than fit names none of them: a read
/// with its token is right when it is complete (`durable`), or when every node that may stand in has been asked.
struct WriteToken {
  struct Entry {
    ShardId shard;
    Sequence sequence;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  WriterId writer;
  bool durable = false;
  bool all = false;            ///< more shards than fit; `entries` is empty
  std::vector<Entry> entries;  ///< ascending; a shard has several when batches were merged
  friend bool operator==(const WriteToken&, const WriteToken&) = default;
};

[[nodiscard]] std::string encode(const WriteToken& token);
/// invalid_argument: nothing this program gave out.
[[nodiscard]] Result<WriteToken> parse_write_token(std::string_view text);
/// One token for two batches of one request; either may be empty.
[[nodiscard]] std::string merge_write_tokens(std::string_view one, std::string_view other);

}  // namespace wattring::gateway
