// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/catalog.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"

/// The cluster's documents in Table::catalog, one row a document, never changed:
///
///   "document/" hash u64   -> version u8, texts kind, name, zigzag effective, varint revision, text body
///
/// The first release kept rules and profiles under "rule/" or "profile/", name, "/", effective u64 (biased), revision
/// u32 -> body. Such rows are read as the documents that they are.

namespace wattring::app {

inline constexpr std::string_view kRuleDocument = "rule";
inline constexpr std::string_view kProfileDocument = "profile";

[[nodiscard]] persistence::OwnedOp put_document(const cluster::Document& document);
/// A row that does not verify, or whose document no catalog takes, is left out and told in `damaged`.
[[nodiscard]] Result<cluster::Catalog> load_documents(const persistence::ReadTransaction& disk,
                                                      std::vector<std::string>& damaged);

}  // namespace wattring::app
