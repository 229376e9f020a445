// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "node/alert/rule_document.hpp"

/// Whatever is accepted must survive being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wattring::alert;
  const std::string_view toml(reinterpret_cast<const char*>(data), size);
  const ParsedDocuments parsed = parse_documents(toml, 1'767'225'600'000);
  for (const DocumentError& error : parsed.errors) WATTRING_CHECK(error.line > 0 && !error.message.empty());
  for (const Rule& rule : parsed.documents.rules) {
    WATTRING_CHECK(!describe(rule).empty());
    const ParsedDocuments again = parse_documents(to_toml(rule), 0);
    WATTRING_CHECK(again.errors.empty() && again.documents.rules.size() == 1);
    WATTRING_CHECK(again.documents.rules.front() == rule);
  }
  for (const Profile& profile : parsed.documents.profiles) {
    const ParsedDocuments again = parse_documents(to_toml(profile), 0);
    WATTRING_CHECK(again.errors.empty() && again.documents.profiles.size() == 1);
    WATTRING_CHECK(again.documents.profiles.front() == profile);
  }
  return 0;
}
