// SPDX-License-Identifier: Apache-2.0
#include "node/app/document_rows.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "persistence/format.hpp"

namespace wattring::app {
namespace {

using persistence::Table;

constexpr std::string_view kRows = "document/";
constexpr std::uint8_t kRowVersion = 1;

std::optional<cluster::Document> decode(std::string_view payload) {
  ByteReader in(payload);
  if (in.u8() != kRowVersion) return std::nullopt;
  cluster::Document document;
  document.kind = in.sized_bytes();
  document.name = in.sized_bytes();
  document.effective_ms = in.zigzag();
  document.revision = in.varint();
  document.body = in.sized_bytes();
  if (!in.at_end()) return std::nullopt;
  return document;
}

/// A row of the first release.
std::optional<cluster::Document> decode_first(std::string_view kind, std::string_view key, std::string_view payload) {
  constexpr std::size_t kVersionBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);
  key.remove_prefix(kind.size() + 1);
  if (key.size() < kVersionBytes + 2) return std::nullopt;
  ByteReader version(key.substr(key.size() - kVersionBytes));
  cluster::Document document{std::string(kind), std::string(key.substr(0, key.size() - kVersionBytes - 1)), 0, 0,
                             std::string(payload)};
  document.effective_ms = static_cast<std::int64_t>(version.u64_be() ^ (std::uint64_t{1} << 63U));
  document.revision = version.u32_be();
  return document;
}

/// Nothing when the row is not a document at all; false when it is one that does not verify.
std::optional<bool> take_row(std::string_view key, std::string_view value, cluster::Catalog& documents) {
  const auto begins_with = [&](std::string_view kind) {
    return key.size() > kind.size() && key.starts_with(kind) && key[kind.size()] == '/';
  };
  const bool rule = begins_with(kRuleDocument);
  if (!key.starts_with(kRows) && !rule && !begins_with(kProfileDocument)) return std::nullopt;
  const auto payload = persistence::open_value(value, persistence::position_of(key));
  if (!payload) return false;
  auto document =
      key.starts_with(kRows) ? decode(*payload) : decode_first(rule ? kRuleDocument : kProfileDocument, key, *payload);
  return document && documents.add(std::move(*document)).has_value();
}

}  // namespace

persistence::OwnedOp put_document(const cluster::Document& document) {
  std::string key(kRows);
  ByteWriter(key).u64_be(cluster::document_hash(document));
  std::string payload;
  ByteWriter out(payload);
  out.u8(kRowVersion);
  out.sized_bytes(document.kind);
  out.sized_bytes(document.name);
  out.zigzag(document.effective_ms);
  out.varint(document.revision);
  out.sized_bytes(document.body);
  const std::uint64_t position = persistence::position_of(key);
  return {persistence::WriteOp::Kind::put, Table::catalog, std::move(key), persistence::seal_value(payload, position)};
}

Result<cluster::Catalog> load_documents(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
  cluster::Catalog documents;
  auto scanned =
      disk.scan(Table::catalog, std::string_view("\0", 1), [&](std::string_view key, std::string_view value) {
        if (!take_row(key, value, documents).value_or(true))
          damaged.push_back("catalog row " + std::string(key.substr(0, 60)));
        return true;
      });
  if (!scanned) return Failure(scanned.error());
  return documents;
}

}  // namespace wattring::app
