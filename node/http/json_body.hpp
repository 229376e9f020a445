// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wattring::http {

/// The body of a request that changes something: one flat JSON object of texts, {"user":"kim","note":"seen"}. Strict,
/// because a misspelt member that is ignored does another thing. Every error is invalid_argument and says what was got
/// and what is accepted.
class JsonBody {
 public:
  static constexpr std::size_t kBytesMax = 16U << 10U;
  static constexpr std::size_t kTextBytesMax = 1024;  ///< of one member

  /// Refuses what is no JSON object, members that are not accepted or come twice, values that are no text, control
  /// characters and broken UTF-8.
  [[nodiscard]] static Result<JsonBody> parse(std::string_view body, std::span<const std::string_view> accepted);

  /// Nothing when absent. Null and an empty text count as absent.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// The same, but absent is an error: `why` says what the member is for.
  [[nodiscard]] Result<std::string> require(std::string_view name, std::string_view why) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace wattring::http
