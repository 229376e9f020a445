// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/catalog.hpp"
#include "node/alert/policy.hpp"
#include "node/alert/rule_document.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"

/// Rules, profiles and silences of a node. A version of a rule or profile is a document of the cluster
/// (document_rows.hpp): kind "rule" or "profile", its name, and as body the TOML that people wrote. Silences are the
/// node's own:
///
///   "silence/" id   -> version u8, texts rule, meter, by, why, zigzag from, until

namespace wattring::app {

struct Catalog {
  std::vector<alert::Rule> rules;
  std::vector<alert::Profile> profiles;
  std::vector<alert::Silence> silences;
};
/// A row that does not verify is left out and told in `damaged`.
[[nodiscard]] Result<std::vector<alert::Silence>> load_silences(const persistence::ReadTransaction& disk,
                                                                std::vector<std::string>& damaged);

/// Adds the version that a document holds; documents of other kinds change nothing. An error: it is not understood
/// here, by its text or its release, and does not count.
[[nodiscard]] Result<void> take_document(const cluster::Document& document, Catalog& catalog);

/// A rule or profile that says something else than the version in force at its effective time becomes the next
/// revision.
struct CatalogChange {
  std::vector<std::string> created;
  std::vector<std::string> unchanged;
  std::vector<cluster::Document> documents;
};
/// Adds them to the catalog too.
[[nodiscard]] CatalogChange add_versions(Catalog& catalog, const alert::Documents& wanted);

[[nodiscard]] persistence::OwnedOp put_silence(const alert::Silence& silence);
[[nodiscard]] persistence::OwnedOp erase_silence(std::string_view id);

}  // namespace wattring::app
