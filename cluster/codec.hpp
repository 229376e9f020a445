// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/message.hpp"

/// Messages as bytes: a header of fixed layout and a MessagePack map (docs/protocols/membership.md). Pure; any thread.
/// Bytes from outside are wholly decoded or refused, and never decide how much memory is taken: at most about 24 bytes
/// for each byte that arrived.

namespace wattring::cluster {

inline constexpr std::size_t kHeaderBytes = 54;
/// What a receiver takes in one message; senders cut at kPiggybackRecordsMax and kPageRecordsMax.
inline constexpr std::size_t kNewsAcceptedMax = 400;

/// A message within the limits of message.hpp, record.hpp and catalog.hpp; nobody would accept another one.
[[nodiscard]] std::string encode(const Message& message);

enum class DecodeError : std::uint8_t {
  truncated,     ///< ends within the header
  not_ours,      ///< another protocol
  version,       ///< another major version; the header is known
  unknown_kind,  ///< a kind that this release does not know
  too_large,     ///< the frame is over the limit of its kind
  malformed,     ///< not the MessagePack that belongs there, or a length beyond the frame
  missing,       ///< a field that must be there is not
  limit,         ///< a text, list or number is out of its range
  endpoint,      ///< not a numeric address
  trailing       ///< bytes after the end
};
inline constexpr std::size_t kDecodeErrors = 10;
[[nodiscard]] std::string_view to_string(DecodeError error);  ///< "malformed", for counters

struct DecodeFailure {
  DecodeError kind = DecodeError::malformed;
  std::optional<Header> header;  ///< when it could be read: whom to answer
  std::size_t offset = 0;        ///< in the frame
  std::string field;             ///< "members[3].record.name"; empty in the header
  std::string why;

  /// False for what a newer release may rightly say: another version, a kind that came later.
  [[nodiscard]] bool blames_sender() const;
  [[nodiscard]] Error error() const;
};

template <class T>
using Decoded = tl::expected<T, DecodeFailure>;

struct DecodeOptions {
  /// Mutant::apply_in_part; without WATTRING_MUTANTS it does nothing.
  bool apply_in_part = false;
};

/// Of another major version: DecodeError::version with the header. Another cluster's message is no error here.
[[nodiscard]] Decoded<Message> decode(std::string_view frame, const DecodeOptions& options = {});
/// The header alone, of any major version.
[[nodiscard]] Decoded<Header> peek_header(std::string_view frame);

/// The limit for frames of the kind that this one claims to be; for refusing it before it is kept anywhere.
[[nodiscard]] std::size_t frame_bytes_max(std::string_view frame);

}  // namespace wattring::cluster
