// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "cluster/catalog.hpp"
#include "tests/cluster/any_message.hpp"

namespace wattring::cluster {
namespace {

std::vector<Document> any_documents(Prng& prng) {
  std::vector<Document> documents;
  for (std::uint64_t left = prng.below(20); left > 0; --left) {
    documents.push_back(any_document(prng));
    // Close relatives: they differ in one thing only.
    Document relative = documents.back();
    ++relative.revision;
    if (prng.chance(0.5)) documents.push_back(std::move(relative));
  }
  return documents;
}

void shuffle(std::vector<Document>& documents, Prng& prng) {
  for (std::size_t i = documents.size(); i > 1; --i) std::swap(documents[i - 1], documents[prng.below(i)]);
}

Catalog catalog_of(const std::vector<Document>& documents) {
  Catalog catalog;
  for (const Document& document : documents) RC_ASSERT(catalog.add(document).has_value());
  return catalog;
}

TEST(CatalogProperty, AnyOrderAndAnyRepeatsGiveTheSame) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    std::vector<Document> documents = any_documents(prng);
    const Catalog first = catalog_of(documents);
    const std::size_t once = documents.size();
    for (std::size_t i = 0; i < once; ++i)
      if (prng.chance(0.3)) documents.push_back(documents[i]);
    shuffle(documents, prng);
    const Catalog second = catalog_of(documents);
    RC_ASSERT(first.hash() == second.hash());
    RC_ASSERT(first.bytes() == second.bytes());
    RC_ASSERT(first.documents() == second.documents());
    for (const Document& document : documents) {
      const auto versions = second.versions(document.kind, document.name);
      RC_ASSERT(std::ranges::is_sorted(versions, [](const Document* a, const Document* b) {
        return std::tuple(a->effective_ms, a->revision, document_hash(*a)) <
               std::tuple(b->effective_ms, b->revision, document_hash(*b));
      }));
    }
  }));
}

TEST(CatalogProperty, DifferentSetsHaveDifferentHashes) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    std::vector<Document> documents = any_documents(prng);
    const Catalog all = catalog_of(documents);
    if (documents.empty()) return;
    const Document left_out = documents[prng.below(documents.size())];
    std::erase(documents, left_out);
    RC_ASSERT(catalog_of(documents).hash() != all.hash());
  }));
}

/// One side hears what the other holds and it does not, page by page.
void hear(Catalog& mine, const Catalog& theirs) {
  std::vector<std::uint64_t> lacking;
  for (const std::uint64_t hash : theirs.hashes())
    if (!mine.documents().contains(hash)) lacking.push_back(hash);
  for (Document& document : theirs.page_of(lacking)) RC_ASSERT(mine.add(std::move(document)).has_value());
}

TEST(CatalogProperty, NodesThatHearOfEachOtherInAnyOrderAgree) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    std::vector<Catalog> nodes(2 + prng.below(4));
    for (Catalog& node : nodes) node = catalog_of(any_documents(prng));
    for (int step = 0; step < 40; ++step) hear(nodes[prng.below(nodes.size())], nodes[prng.below(nodes.size())]);
    // What is left to hear, in a ring, twice around.
    for (std::size_t i = 0; i < 2 * nodes.size(); ++i) hear(nodes[(i + 1) % nodes.size()], nodes[i % nodes.size()]);
    for (const Catalog& node : nodes) {
      RC_ASSERT(node.hash() == nodes.front().hash());
      RC_ASSERT(node.documents() == nodes.front().documents());
    }
  }));
}

}  // namespace
}  // namespace wattring::cluster
