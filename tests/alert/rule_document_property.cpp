// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "node/alert/rule_document.hpp"
#include "tests/alert/generated_rules.hpp"

namespace wattring::alert {
namespace {

TEST(RuleDocumentProperty, ARuleThatIsWrittenReadsBackEqual) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    for (int i = 0; i < 20; ++i) {
      const Rule rule = test::any_rule(prng);
      const std::string toml = to_toml(rule);
      const ParsedDocuments parsed = parse_documents(toml, 0);
      if (!parsed.errors.empty()) RC_FAIL(parsed.errors.front().message + "\n" + toml);
      RC_ASSERT(parsed.documents.rules.size() == 1U);
      if (parsed.documents.rules.front() != rule) RC_FAIL(toml + to_toml(parsed.documents.rules.front()));
    }
  }));
}

TEST(RuleDocumentProperty, AProfileThatIsWrittenReadsBackEqual) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const Profile profile = test::any_profile(prng);
    const ParsedDocuments parsed = parse_documents(to_toml(profile), 0);
    if (!parsed.errors.empty()) RC_FAIL(parsed.errors.front().message + "\n" + to_toml(profile));
    RC_ASSERT(parsed.documents.profiles.size() == 1U);
    RC_ASSERT(parsed.documents.profiles.front() == profile);
  }));
}

TEST(RuleDocumentProperty, CutAndGarbledDocumentsAreReadWithoutHarm) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    std::string toml = to_toml(test::any_rule(prng)) + to_toml(test::any_profile(prng));
    toml.resize(prng.below(toml.size() + 1));
    for (std::uint64_t i = prng.below(4); i > 0 && !toml.empty(); --i)
      toml[prng.below(toml.size())] = static_cast<char>(prng.below(256));
    const ParsedDocuments parsed = parse_documents(toml, 0);
    for (const Rule& rule : parsed.documents.rules)
      RC_ASSERT(parse_documents(to_toml(rule), 0).documents.rules.front() == rule);
  }));
}

}  // namespace
}  // namespace wattring::alert
