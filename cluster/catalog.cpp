// SPDX-License-Identifier: Apache-2.0
#include "cluster/catalog.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace wattring::cluster {

std::uint64_t document_hash(const Document& document) {
  std::string bytes;
  ByteWriter out(bytes);
  out.sized_bytes(document.kind);
  out.sized_bytes(document.name);
  out.u64_be(static_cast<std::uint64_t>(document.effective_ms));
  out.u64_be(document.revision);
  out.sized_bytes(document.body);
  return hash64(bytes);
}

std::size_t document_bytes(const Document& document) {
  constexpr std::size_t kOverhead = 64;  // an empty document is not free
  return document.kind.size() + document.name.size() + document.body.size() + kOverhead;
}

namespace {

Result<void> fits(const Document& document) {
  if (document.body.size() > kDocumentBytesMax)
    return fail(ErrorCode::invalid_argument,
                "document \"" + document.name.substr(0, kDocumentNameBytesMax) + "\" has " +
                    std::to_string(document.body.size()) + " bytes, more than " + std::to_string(kDocumentBytesMax),
                "split it");
  if (document.kind.empty() || document.kind.size() > kDocumentKindBytesMax ||
      document.name.size() > kDocumentNameBytesMax)
    return fail(ErrorCode::invalid_argument, "a document whose kind or name is not of a usable length",
                "1 to 32 bytes of kind, at most 128 of name");
  return {};
}

}  // namespace

Result<Catalog::Added> Catalog::add(Document document) {
  if (auto fitting = fits(document); !fitting) return Failure(fitting.error());
  const std::uint64_t hash = document_hash(document);
  if (documents_.contains(hash)) return Added::known;
  const std::size_t bytes = document_bytes(document);
  if (bytes_ + bytes > kCatalogHeldBytesMax || documents_.size() == kDocumentsHeldMax)
    return fail(ErrorCode::no_space, "the cluster's catalog holds " + std::to_string(documents_.size()) +
                                         " documents of " + std::to_string(bytes_) + " bytes and takes no more");
  bytes_ += bytes;
  hash_ ^= hash;
  documents_.emplace(hash, std::move(document));
  return Added::added;
}

Result<void> Catalog::room_to_publish(const Document& document) const {
  if (auto fitting = fits(document); !fitting) return fitting;
  if (bytes_ + document_bytes(document) <= kCatalogBytesMax && documents_.size() < kDocumentsMax) return {};
  return fail(ErrorCode::no_space,
              "the cluster's catalog is full: " + std::to_string(documents_.size()) + " of " +
                  std::to_string(kDocumentsMax) + " versions of rules and profiles, " + std::to_string(bytes_) +
                  " of " + std::to_string(kCatalogBytesMax) + " bytes",
              "versions are kept for ever; change rules less often than a program would");
}

std::vector<Document> Catalog::page_of(std::span<const std::uint64_t> wanted) const {
  std::vector<Document> page;
  std::size_t bytes = 0;
  for (const std::uint64_t hash : wanted) {
    const auto found = documents_.find(hash);
    if (found == documents_.end()) continue;
    bytes += document_bytes(found->second);
    if (!page.empty() && bytes > kCatalogPageBytesMax) break;
    page.push_back(found->second);
  }
  return page;
}

std::vector<std::uint64_t> Catalog::hashes() const {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(documents_.size());
  for (const auto& [hash, document] : documents_) hashes.push_back(hash);
  return hashes;
}

std::vector<const Document*> Catalog::versions(std::string_view kind, std::string_view name) const {
  std::vector<const Document*> found;
  for (const auto& [hash, document] : documents_)
    if (document.kind == kind && document.name == name) found.push_back(&document);
  // The map is ordered by hash, so that a stable sort by the rest gives (effective, revision, hash).
  std::ranges::stable_sort(found, [](const Document* a, const Document* b) {
    return std::pair(a->effective_ms, a->revision) < std::pair(b->effective_ms, b->revision);
  });
  return found;
}

}  // namespace wattring::cluster
