// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <map>

#include "node/ctl/conservation.hpp"
#include "node/ctl/import_split.hpp"
#include "node/ctl/json.hpp"

namespace wattring::ctl {
namespace {

/// Hands out a text in pieces of odd sizes.
ChunkReader::Source in_pieces(const std::string& text, std::size_t piece) {
  return [&text, piece, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t n = std::min({size, piece, text.size() - at});
    std::memcpy(buffer, text.data() + at, n);
    at += n;
    return n;
  };
}

TEST(ImportSplitProperty, ChunksOfLinesPutTogetherAreTheFile) {
  EXPECT_TRUE(rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n', '\r', ' ', '"'));
    const auto bytes = *rc::gen::inRange<std::size_t>(1, 40);
    const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
    ChunkReader reader(ImportFormat::line, bytes, in_pieces(text, piece));
    std::string together;
    std::uint64_t items = 0;
    while (true) {
      const auto chunk = reader.next();
      RC_ASSERT(chunk.has_value());
      if (!*chunk) break;
      RC_ASSERT((*chunk)->first_item == items + 1);
      RC_ASSERT((*chunk)->items() == 1 || (*chunk)->body.size() <= bytes);
      items += (*chunk)->items();
      together += (*chunk)->body;
    }
    RC_ASSERT(together == text);
    const auto lines = std::count(text.begin(), text.end(), '\n') + (!text.empty() && text.back() != '\n' ? 1 : 0);
    RC_ASSERT(items == static_cast<std::uint64_t>(lines));
  }));
}

TEST(ImportSplitProperty, ElementsOfChunksAreTheElementsOfTheArray) {
  EXPECT_TRUE(rc::check([] {
    const auto texts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::element('a', '"', '\\', '[', '}', ',')));
    Json array = Json::Array{};
    for (const std::string& text : texts) array.push(Json().set("k", Json().push(text).push(1)));
    const std::string file = *rc::gen::arbitrary<bool>() ? array.compact() : array.pretty();
    const auto bytes = *rc::gen::inRange<std::size_t>(1, 60);
    ChunkReader reader(ImportFormat::json_array, bytes, in_pieces(file, *rc::gen::inRange<std::size_t>(1, 20)));
    Json together = Json::Array{};
    while (true) {
      const auto chunk = reader.next();
      RC_ASSERT(chunk.has_value());
      if (!*chunk) break;
      const auto part = parse_json((*chunk)->body);
      RC_ASSERT(part.has_value());
      RC_ASSERT(part->items().size() == (*chunk)->items());
      RC_ASSERT((*chunk)->first_item == together.items().size() + 1);
      for (std::size_t i = 0; i < part->items().size(); ++i) {
        RC_ASSERT(parse_json((*chunk)->item(i))->compact() == part->items()[i].compact());
        together.push(part->items()[i]);
      }
    }
    RC_ASSERT(together.compact() == array.compact());
  }));
}

/// Uniform in [min, max) whatever the size of the case, so that there is always something to check.
std::int64_t pick(std::int64_t min, std::int64_t max) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(min, max));
}

struct Series {
  std::vector<Sample> samples;
  std::vector<Slot> slots;
};

/// Readings at random times up to an hour apart, and the quarter-hours between the first and the last, worked out by
/// walking second by second instead of by the formula under test.
Series random_series() {
  Series series;
  std::int64_t time_ms = pick(0, 900) * 1000;
  std::int64_t value = pick(0, 1'000'000);
  const std::int64_t n = pick(12, 40);
  for (std::int64_t i = 0; i < n; ++i) {
    series.samples.push_back({time_ms, value});
    time_ms += pick(600, 3600) * 1000;
    value += pick(0, 5000);
  }
  std::map<std::int64_t, std::int64_t> at_boundary;
  for (std::size_t i = 0; i + 1 < series.samples.size(); ++i) {
    const Sample& a = series.samples[i];
    const Sample& b = series.samples[i + 1];
    const std::int64_t seconds = (b.time_ms - a.time_ms) / 1000;
    for (std::int64_t s = 0; s <= seconds; ++s) {
      const std::int64_t now_ms = a.time_ms + s * 1000;
      if (now_ms % 900'000 == 0) at_boundary[now_ms] = a.value + (b.value - a.value) * s / seconds;
    }
  }
  for (auto at = at_boundary.begin(); at != at_boundary.end() && std::next(at) != at_boundary.end(); ++at) {
    series.slots.push_back({at->first, std::next(at)->first, std::next(at)->second - at->second, {}});
  }
  return series;
}

TEST(ConservationProperty, HoldsForEveryRisingRegister) {
  EXPECT_TRUE(rc::check([] {
    const Series series = random_series();
    const auto result = check_conservation(series.samples, series.slots);
    RC_ASSERT(result.differences.empty());
    RC_ASSERT(result.checked == series.slots.size());
  }));
}

TEST(ConservationProperty, FindsAnyChangeOfOneInterval) {
  EXPECT_TRUE(rc::check([] {
    Series series = random_series();
    RC_PRE(!series.slots.empty());
    Slot& wrong = series.slots[*rc::gen::inRange<std::size_t>(0, series.slots.size())];
    const auto change = *rc::gen::inRange<std::int64_t>(1, 100);
    wrong.value = *wrong.value + (*rc::gen::arbitrary<bool>() ? change : -change);
    RC_ASSERT(check_conservation(series.samples, series.slots).differences.size() == 1U);
  }));
}

}  // namespace
}  // namespace wattring::ctl
