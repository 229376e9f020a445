// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "sharding/coverage.hpp"

namespace wattring::sharding {
namespace {

using Model = std::set<std::pair<WriterId, std::uint64_t>>;
using Spans = std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>;

WriterId writer(std::uint8_t number) {
  WriterId id;
  id.bytes[15] = number;
  return id;
}

/// A few writers, short runs that touch, overlap and leave gaps.
std::pair<Coverage, Model> made_of(const Spans& spans) {
  std::pair<Coverage, Model> both;
  for (const auto& [who, first, length] : spans) {
    const WriterId id = writer(who % 3);
    const std::uint64_t begin = 1 + first % 40;
    const std::uint64_t end = begin + length % 6;
    both.first.add(id, Sequence{begin}, Sequence{end});
    for (std::uint64_t at = begin; at <= end; ++at) both.second.emplace(id, at);
  }
  return both;
}

Model model_of(const Coverage& coverage) {
  Model model;
  for (const auto& [id, set] : coverage.writers())
    for (const auto& interval : set.intervals())
      for (std::uint64_t at = interval.first; at <= interval.last; ++at) model.emplace(id, at);
  return model;
}

RC_GTEST_PROP(Coverage, IsASetOfEntries, (const Spans& spans)) {
  const auto [coverage, model] = made_of(spans);
  RC_ASSERT(model_of(coverage) == model);
  RC_ASSERT(coverage.count() == model.size());
  RC_ASSERT(coverage.empty() == model.empty());
  for (std::uint64_t at = 1; at < 50; ++at)
    RC_ASSERT(coverage.contains(writer(1), Sequence{at}) == model.contains({writer(1), at}));
}

RC_GTEST_PROP(Coverage, JoinsTakesAwayAndSharesLikeSets, (const Spans& a_spans, const Spans& b_spans)) {
  const auto [a, a_model] = made_of(a_spans);
  const auto [b, b_model] = made_of(b_spans);
  Coverage joined = a;
  joined.join(b);
  Model joined_model = a_model;
  joined_model.insert(b_model.begin(), b_model.end());
  RC_ASSERT(model_of(joined) == joined_model);

  Model rest;
  Model both;
  for (const auto& entry : a_model) (b_model.contains(entry) ? both : rest).insert(entry);
  RC_ASSERT(model_of(a.minus(b)) == rest);
  RC_ASSERT(model_of(a.common(b)) == both);
  RC_ASSERT(a.covers(b) == std::includes(a_model.begin(), a_model.end(), b_model.begin(), b_model.end()));
  RC_ASSERT((a.hash() == b.hash()) == (a_model == b_model));
  RC_ASSERT((a == b) == (a_model == b_model));
}

RC_GTEST_PROP(Coverage, ItsFirstEntriesAreTheEarliest, (const Spans& spans, std::uint8_t entries)) {
  const auto [coverage, model] = made_of(spans);
  const Coverage some = coverage.first(entries);
  RC_ASSERT(some.count() == std::min<std::uint64_t>(entries, coverage.count()));
  RC_ASSERT(coverage.covers(some));
  for (const auto& [id, sequence] : model_of(coverage.minus(some)))
    for (const auto& [taken_id, taken] : model_of(some)) RC_ASSERT(taken_id != id || taken < sequence);
}

RC_GTEST_PROP(Coverage, ComesBackFromItsBytes, (const Spans& spans, std::uint16_t cut)) {
  const Coverage coverage = made_of(spans).first;
  const std::string bytes = coverage.encode();
  RC_ASSERT(Coverage::decode(bytes).value() == coverage);
  RC_ASSERT(!Coverage::decode(bytes.substr(0, cut % bytes.size())));
}

TEST(CoverageBytes, AWriterStandsInThemOnce) {
  Coverage coverage;
  coverage.add(writer(1), Sequence{1});
  const std::string one = coverage.encode();
  std::string twice = one + one.substr(2);
  twice[1] = 2;
  EXPECT_FALSE(Coverage::decode(twice));
}

}  // namespace
}  // namespace wattring::sharding
