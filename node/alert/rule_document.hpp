// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/alert/rule.hpp"

/// Rule documents: TOML as people write it <-> values. The reference of the format: docs/metering/rules.md. Pure.

namespace wattring::alert {

inline constexpr std::size_t kDocumentBytesMax = 256U << 10U;

struct Documents {
  std::vector<Rule> rules;
  std::vector<Profile> profiles;
};
struct DocumentError {
  std::uint32_t line = 0;  ///< from 1
  std::uint32_t column = 0;
  std::string message;  ///< what is wrong and what would be right
};
struct ParsedDocuments {
  Documents documents;
  std::vector<DocumentError> errors;  ///< every error; with any, nothing may be applied
};
/// [[rule]] and [[profile]] tables; bytes from outside. now_ms: what `effective` is when it is not given. Revisions are
/// not part of a document: they stay 1.
[[nodiscard]] ParsedDocuments parse_documents(std::string_view toml, std::int64_t now_ms);

/// As TOML again: what parse_documents() reads back to an equal value.
[[nodiscard]] std::string to_toml(const Rule& rule);
[[nodiscard]] std::string to_toml(const Profile& profile);
/// One line for `rules list`: "above 9200 W for 60s, clears at 8740 W".
[[nodiscard]] std::string describe(const Rule& rule);

}  // namespace wattring::alert
