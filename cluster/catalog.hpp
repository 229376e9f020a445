// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wattring::cluster {

inline constexpr std::size_t kDocumentBytesMax = 64U << 10U;
/// Up to here documents are published. What a node holds may be twice that: the rest is for what others published
/// before both sides heard of each other, so that two sides of a partition always come to hold the same set.
inline constexpr std::size_t kCatalogBytesMax = 1U << 20U;
inline constexpr std::size_t kDocumentsMax = 3584;
inline constexpr std::size_t kCatalogHeldBytesMax = 2 * kCatalogBytesMax;
inline constexpr std::size_t kDocumentsHeldMax = 2 * kDocumentsMax;  ///< their hashes fit into one message
/// A page of documents that a sender cuts; one document more than it is a page too.
inline constexpr std::size_t kCatalogPageBytesMax = 256U << 10U;
inline constexpr std::size_t kDocumentKindBytesMax = 32;
inline constexpr std::size_t kDocumentNameBytesMax = 128;

/// One version of a small cluster-wide document (a rule, a profile, a mapping): immutable, in force from
/// `effective_ms` on.
struct Document {
  std::string kind;               ///< 1..32 bytes: "rule"
  std::string name;               ///< 0..128 bytes
  std::int64_t effective_ms = 0;  ///< wall clock, UTC
  std::uint64_t revision = 0;     ///< among equal effective times the higher one counts, then the greater hash
  std::string body;
  friend bool operator==(const Document&, const Document&) = default;
};

/// Names a version by content.
[[nodiscard]] std::uint64_t document_hash(const Document& document);
/// What it counts for in the limits: its texts and 64 bytes.
[[nodiscard]] std::size_t document_bytes(const Document& document);

/// The documents of a cluster: a grow-only set, so that nodes agree by exchanging what the other lacks; per (kind,
/// name) ordered by (effective, revision, hash). Pure; the owner persists what add() accepted.
class Catalog {
 public:
  enum class Added : std::uint8_t { added, known };
  /// Too large documents are invalid_argument, a full catalog is no_space; both change nothing.
  [[nodiscard]] Result<Added> add(Document document);
  /// For who publishes, before add(): no_space when only the reserve for others' documents is left.
  [[nodiscard]] Result<void> room_to_publish(const Document& document) const;

  [[nodiscard]] std::uint64_t hash() const { return hash_; }  ///< of the set; equal sets have equal hashes
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::map<std::uint64_t, Document>& documents() const { return documents_; }
  /// Versions of one document, in order.
  [[nodiscard]] std::vector<const Document*> versions(std::string_view kind, std::string_view name) const;
  /// Of the named ones those that are here, as many as one page takes; the others when asked again.
  [[nodiscard]] std::vector<Document> page_of(std::span<const std::uint64_t> wanted) const;
  [[nodiscard]] std::vector<std::uint64_t> hashes() const;

 private:
  std::map<std::uint64_t, Document> documents_;  ///< by document_hash
  std::size_t bytes_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace wattring::cluster
