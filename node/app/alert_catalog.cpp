// SPDX-License-Identifier: Apache-2.0
#include "node/app/alert_catalog.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "persistence/format.hpp"

namespace wattring::app {
namespace {

using alert::Profile;
using alert::Rule;
using alert::Silence;
using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;

constexpr std::string_view kRules = "rule/";
constexpr std::string_view kProfiles = "profile/";
constexpr std::string_view kSilences = "silence/";
constexpr std::uint8_t kSilenceVersion = 1;

OwnedOp put(std::string key, std::string_view payload) {
  const std::uint64_t position = persistence::position_of(key);
  return {WriteOp::Kind::put, Table::catalog, std::move(key), persistence::seal_value(payload, position)};
}

std::string version_key(std::string_view prefix, std::string_view name, std::int64_t effective_ms,
                        std::uint32_t revision) {
  std::string key(prefix);
  key += name;
  key += '/';
  ByteWriter out(key);
  out.u64_be(static_cast<std::uint64_t>(effective_ms) ^ (std::uint64_t{1} << 63U));
  out.u32_be(revision);
  return key;
}

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

/// The revision stands in the key, not in the document.
std::uint32_t revision_in(std::string_view key) {
  ByteReader in(key.substr(key.size() - std::min<std::size_t>(key.size(), sizeof(std::uint32_t))));
  return in.u32_be();
}

bool take_row(std::string_view key, std::string_view payload, Catalog& catalog) {
  if (key.starts_with(kSilences)) {
    Silence silence;
    silence.id = key.substr(kSilences.size());
    if (!decode_silence(payload, silence)) return false;
    catalog.silences.push_back(std::move(silence));
    return true;
  }
  // Every document says when it is effective, so that no clock is asked.
  alert::ParsedDocuments parsed = alert::parse_documents(payload, 0);
  if (!parsed.errors.empty() || parsed.documents.rules.size() + parsed.documents.profiles.size() != 1) return false;
  for (Rule& rule : parsed.documents.rules) {
    rule.revision = revision_in(key);
    catalog.rules.push_back(std::move(rule));
  }
  for (Profile& profile : parsed.documents.profiles) {
    profile.revision = revision_in(key);
    catalog.profiles.push_back(std::move(profile));
  }
  return true;
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
  return wanted == known;
}

/// The version that counts at that time; null when none does.
template <class T>
const T* in_force(const std::vector<T>& versions, const std::string& name, std::int64_t at_ms) {
  const auto rank = [](const T& version) { return std::pair(version.effective_ms, version.revision); };
  const T* found = nullptr;
  for (const T& version : versions)
    if (version.name == name && version.effective_ms <= at_ms && (found == nullptr || rank(version) > rank(*found)))
      found = &version;
  return found;
}

template <class T>
void add(std::vector<T>& versions, T wanted, std::string_view prefix, CatalogChange& change) {
  const T* counts = in_force(versions, wanted.name, wanted.effective_ms);
  if (counts != nullptr && says_the_same(wanted, *counts)) {
    change.unchanged.push_back(wanted.name);
    return;
  }
  const T* known = newest(versions, wanted.name);
  wanted.revision = known == nullptr ? 1 : known->revision + 1;
  change.created.push_back(wanted.name);
  change.operations.push_back(
      put(version_key(prefix, wanted.name, wanted.effective_ms, wanted.revision), to_toml(wanted)));
  versions.push_back(std::move(wanted));
}

}  // namespace

Result<Catalog> load_catalog(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
  Catalog catalog;
  auto scanned =
      disk.scan(Table::catalog, std::string_view("\0", 1), [&](std::string_view key, std::string_view value) {
        const auto payload = persistence::open_value(value, persistence::position_of(key));
        if (!payload || !take_row(key, *payload, catalog))
          damaged.push_back("catalog row " + std::string(key.substr(0, 60)));
        return true;
      });
  if (!scanned) return Failure(scanned.error());
  return catalog;
}

CatalogChange add_versions(Catalog& catalog, const alert::Documents& wanted) {
  CatalogChange change;
  for (const Rule& rule : wanted.rules) add(catalog.rules, rule, kRules, change);
  for (const Profile& profile : wanted.profiles) add(catalog.profiles, profile, kProfiles, change);
  return change;
}

OwnedOp put_silence(const Silence& silence) {
  return put(std::string(kSilences) + silence.id, encode_silence(silence));
}

OwnedOp erase_silence(std::string_view id) {
  return {WriteOp::Kind::erase, Table::catalog, std::string(kSilences) + std::string(id), {}};
}

}  // namespace wattring::app
