// SPDX-License-Identifier: Apache-2.0
#include "cluster/catalog.hpp"

#include <gtest/gtest.h>

#include "cluster/codec.hpp"
#include "cluster/codec_size.hpp"

namespace wattring::cluster {
namespace {

Document version(std::uint64_t revision, std::string body = "x") {
  return {"rule", "a", 1000, revision, std::move(body)};
}

TEST(Catalog, HoldsADocumentOnce) {
  Catalog catalog;
  EXPECT_EQ(catalog.add(version(1)).value(), Catalog::Added::added);
  const std::uint64_t hash = catalog.hash();
  EXPECT_EQ(catalog.add(version(1)).value(), Catalog::Added::known);
  EXPECT_EQ(catalog.hash(), hash);
  EXPECT_EQ(catalog.documents().size(), 1U);
}

TEST(Catalog, TellsDocumentsApartThatDifferInOneField) {
  const Document base = version(1);
  std::vector<Document> others(5, base);
  others[0].kind = "profile";
  others[1].name = "b";
  others[2].effective_ms = -1000;
  others[3].revision = 2;
  others[4].body = "y";
  for (const Document& other : others) EXPECT_NE(document_hash(other), document_hash(base));
  // What one field loses the next does not gain.
  EXPECT_NE(document_hash({"ru", "lea", 0, 0, ""}), document_hash({"rule", "a", 0, 0, ""}));
}

TEST(Catalog, OrdersVersionsByEffectiveThenRevisionThenHash) {
  Catalog catalog;
  Document later = version(1);
  later.effective_ms = 2000;
  Document other = version(7, "z");
  other.name = "b";
  for (const Document& document : {later, version(2, "one"), other, version(1), version(2, "two")})
    ASSERT_TRUE(catalog.add(document));
  const auto versions = catalog.versions("rule", "a");
  ASSERT_EQ(versions.size(), 4U);
  EXPECT_EQ(*versions[0], version(1));
  EXPECT_LT(document_hash(*versions[1]), document_hash(*versions[2]));
  EXPECT_EQ(*versions[3], later);
  EXPECT_TRUE(catalog.versions("profile", "a").empty());
}

TEST(Catalog, RefusesWhatIsTooLargeOrHasNoKind) {
  Catalog catalog;
  EXPECT_TRUE(catalog.add(version(1, std::string(kDocumentBytesMax, 'x'))));
  for (const Document& bad : {version(1, std::string(kDocumentBytesMax + 1, 'x')), Document{"", "a", 0, 0, ""},
                              Document{std::string(kDocumentKindBytesMax + 1, 'k'), "a", 0, 0, ""},
                              Document{"rule", std::string(kDocumentNameBytesMax + 1, 'n'), 0, 0, ""}}) {
    EXPECT_EQ(catalog.add(bad).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(catalog.room_to_publish(bad).error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(catalog.documents().size(), 1U);
}

/// Documents of a publisher until its own limit.
void publish_all(Catalog& catalog, const std::string& who, std::size_t body_bytes) {
  for (std::uint64_t revision = 1;; ++revision) {
    Document document = version(revision, std::string(body_bytes, who.front()));
    document.name = who;
    if (!catalog.room_to_publish(document)) return;
    ASSERT_TRUE(catalog.add(document));
  }
}

void merge(Catalog& into, const Catalog& from) {
  for (const auto& [hash, document] : from.documents()) ASSERT_TRUE(into.add(document));
}

TEST(Catalog, OfTwoSidesThatBothFilledUpBecomesTheSame) {
  for (const std::size_t body_bytes : {std::size_t{0}, std::size_t{5000}, kDocumentBytesMax}) {
    Catalog left;
    Catalog right;
    publish_all(left, "left", body_bytes);
    publish_all(right, "right", body_bytes);
    EXPECT_LE(left.bytes(), kCatalogBytesMax);
    EXPECT_LE(left.documents().size(), kDocumentsMax);
    const Catalog before = left;
    merge(left, right);
    merge(right, before);
    EXPECT_EQ(left.hash(), right.hash());
    EXPECT_EQ(left.documents(), right.documents());
    EXPECT_EQ(left.room_to_publish(version(1)).error().code, ErrorCode::no_space);
  }
}

TEST(Catalog, TakesNoMoreThanTwiceWhatIsPublished) {
  Catalog catalog;
  for (const std::string who : {"a", "b", "c"})
    for (std::uint64_t revision = 1; revision < 20; ++revision)
      (void)catalog.add({"rule", who, 0, revision, std::string(kDocumentBytesMax, 'x')});
  EXPECT_LE(catalog.bytes(), kCatalogHeldBytesMax);
  const std::uint64_t hash = catalog.hash();
  EXPECT_EQ(catalog.add({"rule", "d", 0, 1, std::string(kDocumentBytesMax, 'x')}).error().code, ErrorCode::no_space);
  EXPECT_EQ(catalog.hash(), hash);
  EXPECT_TRUE(catalog.add({"rule", "d", 0, 1, "small"}));
}

TEST(Catalog, IsGivenOutInPagesThatFitAMessage) {
  Catalog catalog;
  for (const std::size_t body_bytes : {std::size_t{10}, std::size_t{3000}, kDocumentBytesMax})
    for (std::uint64_t revision = 1; revision <= 16; ++revision)
      ASSERT_TRUE(catalog.add(version(revision, std::string(body_bytes, 'x'))));
  Catalog receiver;
  for (int rounds = 0; receiver.hash() != catalog.hash(); ++rounds) {
    ASSERT_LT(rounds, 10);
    std::vector<std::uint64_t> lacking;
    for (const std::uint64_t hash : catalog.hashes())
      if (!receiver.documents().contains(hash)) lacking.push_back(hash);
    lacking.push_back(12345);  // of a document that nobody has
    const CatalogPage page{catalog.page_of(lacking), lacking};
    ASSERT_FALSE(page.documents.empty());
    ASSERT_LE(encoded_size(Message{{}, page}), kSyncPageBytesMax);
    for (const Document& document : page.documents) ASSERT_TRUE(receiver.add(document));
  }
}

TEST(Catalog, NamesAllItsDocumentsInOneMessage) {
  EXPECT_LE(encoded_size(Message{{}, CatalogDigest{std::vector<std::uint64_t>(kDocumentsHeldMax)}}), kGossipBytesMax);
}

}  // namespace
}  // namespace wattring::cluster
