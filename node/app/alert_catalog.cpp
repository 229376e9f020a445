// SPDX-License-Identifier: Apache-2.0
#include "node/app/alert_catalog.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "base/bytes.hpp"
#include "node/app/document_rows.hpp"
#include "persistence/format.hpp"

namespace wattring::app {
namespace {

using alert::Profile;
using alert::Rule;
using alert::Silence;
using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::string_view kSilences = "silence/";
constexpr std::uint8_t kSilenceVersion = 1;

std::string encode_silence(const Silence& silence) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kSilenceVersion);
  for (const std::string* text : {&silence.rule, &silence.meter, &silence.by, &silence.why}) out.sized_bytes(*text);
  out.zigzag(silence.from_ms);
  out.zigzag(silence.until_ms);
  return bytes;
}

bool decode_silence(std::string_view bytes, Silence& silence) {
  ByteReader in(bytes);
  if (in.u8() != kSilenceVersion) return false;
  for (std::string* text : {&silence.rule, &silence.meter, &silence.by, &silence.why}) *text = in.sized_bytes();
  silence.from_ms = in.zigzag();
  silence.until_ms = in.zigzag();
  return in.at_end();
}

/// The version that the body is; nothing when it is not exactly one.
template <class T>
std::optional<T> only_version(const cluster::Document& document, std::vector<T> alert::Documents::*list,
                              std::string& why) {
  // Every document says when it is effective, so that no clock is asked.
  alert::ParsedDocuments parsed = alert::parse_documents(document.body, document.effective_ms);
  std::vector<T>& versions = parsed.documents.*list;
  if (!parsed.errors.empty()) {
    why = parsed.errors.front().message;
  } else if (versions.size() != 1 || parsed.documents.rules.size() + parsed.documents.profiles.size() != 1 ||
             versions.front().name != document.name || versions.front().effective_ms != document.effective_ms ||
             document.revision > std::numeric_limits<std::uint32_t>::max()) {
    why = "it holds something else than the one version that it is named after";
  } else {
    versions.front().revision = static_cast<std::uint32_t>(document.revision);
    versions.front().document = cluster::document_hash(document);
    return std::move(versions.front());
  }
  return std::nullopt;
}

template <class T>
Result<void> take(const cluster::Document& document, std::vector<T> alert::Documents::*list, std::vector<T>& versions) {
  std::string why;
  std::optional<T> version = only_version(document, list, why);
  if (!version)
    return fail(ErrorCode::invalid_argument,
                "the cluster's " + document.kind + " \"" + document.name + "\" is not understood here: " + why,
                "run the same release on every node");
  versions.push_back(std::move(*version));
  return {};
}

template <class T>
const T* newest(const std::vector<T>& versions, const std::string& name) {
  const T* found = nullptr;
  for (const T& version : versions)
    if (version.name == name && (found == nullptr || version.revision > found->revision)) found = &version;
  return found;
}

/// Whether they differ in anything but the version.
template <class T>
bool says_the_same(T wanted, const T& known) {
  wanted.revision = known.revision;
  wanted.effective_ms = known.effective_ms;
  wanted.document = known.document;
  return wanted == known;
}

/// The version that counts at that time; null when none does.
template <class T>
const T* in_force(const std::vector<T>& versions, const std::string& name, std::int64_t at_ms) {
  const auto rank = [](const T& version) {
    return std::tuple(version.effective_ms, version.revision, version.document);
  };
  const T* found = nullptr;
  for (const T& version : versions)
    if (version.name == name && version.effective_ms <= at_ms && (found == nullptr || rank(version) > rank(*found)))
      found = &version;
  return found;
}

template <class T>
void add(std::vector<T>& versions, T wanted, std::string_view kind, CatalogChange& change) {
  const T* counts = in_force(versions, wanted.name, wanted.effective_ms);
  if (counts != nullptr && says_the_same(wanted, *counts)) {
    change.unchanged.push_back(wanted.name);
    return;
  }
  const T* known = newest(versions, wanted.name);
  wanted.revision = known == nullptr ? 1 : known->revision + 1;
  change.created.push_back(wanted.name);
  change.documents.push_back({std::string(kind), wanted.name, wanted.effective_ms, wanted.revision, to_toml(wanted)});
  wanted.document = cluster::document_hash(change.documents.back());
  versions.push_back(std::move(wanted));
}

}  // namespace

Result<std::vector<Silence>> load_silences(const persistence::ReadTransaction& disk,
                                           std::vector<std::string>& damaged) {
  std::vector<Silence> silences;
  auto scanned = disk.scan(Table::catalog, kSilences, [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(kSilences)) return false;
    const auto payload = persistence::open_value(value, persistence::position_of(key));
    Silence silence;
    silence.id = key.substr(kSilences.size());
    if (payload && decode_silence(*payload, silence)) {
      silences.push_back(std::move(silence));
    } else {
      damaged.push_back("catalog row " + std::string(key.substr(0, 60)));
    }
    return true;
  });
  if (!scanned) return Failure(scanned.error());
  return silences;
}

Result<void> take_document(const cluster::Document& document, Catalog& catalog) {
  if (document.kind == kRuleDocument) return take(document, &alert::Documents::rules, catalog.rules);
  if (document.kind == kProfileDocument) return take(document, &alert::Documents::profiles, catalog.profiles);
  return {};
}

CatalogChange add_versions(Catalog& catalog, const alert::Documents& wanted) {
  CatalogChange change;
  for (const Rule& rule : wanted.rules) add(catalog.rules, rule, kRuleDocument, change);
  for (const Profile& profile : wanted.profiles) add(catalog.profiles, profile, kProfileDocument, change);
  return change;
}

OwnedOp put_silence(const Silence& silence) {
  std::string key = std::string(kSilences) + silence.id;
  const std::uint64_t position = persistence::position_of(key);
  return {WriteOp::Kind::put, Table::catalog, std::move(key),
          persistence::seal_value(encode_silence(silence), position)};
}

OwnedOp erase_silence(std::string_view id) {
  return {WriteOp::Kind::erase, Table::catalog, std::string(kSilences) + std::string(id), {}};
}

}  // namespace wattring::app
