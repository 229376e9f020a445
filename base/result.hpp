// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

/// Expected failures are values: Result<T> holds a T or an Error that names what failed, where, why and what to do.

namespace wattring {

/// Stable, small: callers branch on the code, people read the message.
enum class ErrorCode {
  invalid_argument,  ///< the caller's input; nothing was changed, do not retry unchanged
  not_found,
  already_exists,
  wrong_identity,   ///< a data directory that belongs to another node or cluster
  newer_format,     ///< written by a newer release; this one must not touch it
  corrupt,          ///< a checksum or a structure did not hold
  busy,             ///< full for now; retry later
  no_space,         ///< the disk or its reserve is reached; retry when there is room
  io,               ///< the operating system refused; state is unchanged
  unknown_outcome,  ///< it may or may not have happened; only a restart can tell
};

struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string message;  ///< what, where and why
  std::string hint;     ///< what to do about it; may be empty

  /// One line for people: message, then the hint.
  [[nodiscard]] std::string text() const { return hint.empty() ? message : message + " (" + hint + ")"; }
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Failure = tl::unexpected<Error>;

[[nodiscard]] inline Failure fail(ErrorCode code, std::string message, std::string hint = {}) {
  return Failure(Error{code, std::move(message), std::move(hint)});
}

}  // namespace wattring
