// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "node/gateway/batch.hpp"
#include "node/gateway/ingest_door.hpp"

/// The frames of the native ingest protocol, byte by byte in docs/protocols/ingest.md: a three-byte header (magic,
/// version, type) and one MessagePack array. Pure functions; any thread. Decoders take bytes from outside: they answer
/// `corrupt` for what is malformed (`newer_format` for another version) and never allocate what a length claims.

namespace wattring::gateway::native {

inline constexpr std::uint8_t kMagic = 0x57;  ///< 'W'
inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 3;
inline constexpr std::size_t kRegistersMax = 1024;  ///< entries in a batch's register table
inline constexpr std::size_t kNameBytesMax = 64;    ///< names of clients and nodes, register names
inline constexpr std::size_t kErrorTextBytesMax = 512;
inline constexpr std::size_t kTokenBytesMax = 256;
/// Control frames are small; only BATCH may be as large as the node allows.
inline constexpr std::size_t kControlBytesMax = 64U << 10U;

enum class FrameType : std::uint8_t {
  hello = 1,    ///< client -> node, first
  welcome = 2,  ///< node -> client, answers hello
  batch = 3,    ///< client -> node, spends one credit
  reply = 4,    ///< node -> client, answers batch, returns the credit
  busy = 5,     ///< node -> client, answers batch: nothing was taken; returns the credit
  error = 6,    ///< node -> client, a frame that could not be understood or is not allowed
  ping = 7,     ///< either way
  pong = 8      ///< answers ping with its number
};
[[nodiscard]] std::string_view to_string(FrameType type);

struct Hello {
  std::string client;  ///< free name, for logs
  std::uint32_t newest_version = kVersion;
};
struct Welcome {
  std::uint32_t version = kVersion;
  std::string node;
  std::uint32_t credit = 0;  ///< batches in flight
  std::uint64_t batch_bytes_max = 0;
  std::uint64_t readings_max = 0;
  AcceptWindow window;
};
struct Reply {
  std::uint64_t batch_id = 0;
  IngestReply reply;  ///< turned_away set when the frame was BUSY
};
enum class ErrorKind : std::uint8_t {
  malformed = 1,            ///< not a frame of this protocol
  version = 2,              ///< a version this node does not speak
  no_hello = 3,             ///< anything before HELLO: the node does not know this connection
  too_many_connections = 4  ///< try another node or later
};
[[nodiscard]] std::string_view to_string(ErrorKind kind);
struct ErrorFrame {
  ErrorKind kind = ErrorKind::malformed;
  std::string text;
};

/// Looks at the header only.
[[nodiscard]] Result<FrameType> frame_type(std::string_view frame);

[[nodiscard]] std::string encode(const Hello& hello);
[[nodiscard]] std::string encode(const Welcome& welcome);
[[nodiscard]] std::string encode(const Reply& reply);  ///< BUSY when turned_away is set, else REPLY
[[nodiscard]] std::string encode(const ErrorFrame& error);
[[nodiscard]] std::string encode_ping(FrameType ping_or_pong, std::uint64_t number);

[[nodiscard]] Result<Hello> decode_hello(std::string_view frame);
[[nodiscard]] Result<Welcome> decode_welcome(std::string_view frame);
[[nodiscard]] Result<Reply> decode_reply(std::string_view frame);  ///< REPLY or BUSY
[[nodiscard]] Result<ErrorFrame> decode_error(std::string_view frame);
[[nodiscard]] Result<std::uint64_t> decode_ping(std::string_view frame);  ///< PING or PONG

/// Writes a BATCH frame into `out`, whose capacity is used again. invalid_argument when the batch has more than
/// kRegistersMax registers, kBatchReadingsMax readings or kBatchBytesMax bytes; `out` is then empty.
[[nodiscard]] Result<void> encode_batch(std::uint64_t batch_id, const Batch& batch, std::string& out);

/// The id of a BATCH frame, also of one whose rest is damaged.
[[nodiscard]] Result<std::uint64_t> peek_batch_id(std::string_view frame);

/// Decodes a BATCH frame into `out`, which must be empty. Readings that are no facts become refusals (line = position
/// of the reading in the frame, from 1). When the frame as a whole is malformed or too large, `out` ends up without
/// facts and with one refusal of line 0, BAD_FRAME or TOO_LARGE.
void decode_batch(std::string_view frame, const AcceptWindow& window, Batch& out);

}  // namespace wattring::gateway::native
