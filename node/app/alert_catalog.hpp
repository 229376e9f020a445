// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/alert/policy.hpp"
#include "node/alert/rule_document.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"

/// Rules, profiles and silences in Table::catalog. Rules and profiles are kept as the documents that people wrote, one
/// row a version, and never changed.
///
///   "rule/" name "/" effective u64 (biased), revision u32      -> TOML
///   "profile/" name "/" effective u64 (biased), revision u32   -> TOML
///   "silence/" id                                              -> version u8, texts rule, meter, by, why, zigzag from,
///   until

namespace wattring::app {

struct Catalog {
  std::vector<alert::Rule> rules;
  std::vector<alert::Profile> profiles;
  std::vector<alert::Silence> silences;
};
/// A row that does not verify is left out and told in `damaged`.
[[nodiscard]] Result<Catalog> load_catalog(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged);

/// A document that says something else than the version in force at its effective time becomes the next revision.
struct CatalogChange {
  std::vector<std::string> created;
  std::vector<std::string> unchanged;
  std::vector<persistence::OwnedOp> operations;
};
/// Adds them to the catalog too.
[[nodiscard]] CatalogChange add_versions(Catalog& catalog, const alert::Documents& wanted);

[[nodiscard]] persistence::OwnedOp put_silence(const alert::Silence& silence);
[[nodiscard]] persistence::OwnedOp erase_silence(std::string_view id);

}  // namespace wattring::app
