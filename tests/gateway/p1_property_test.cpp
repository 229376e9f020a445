// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "node/gateway/p1_framer.hpp"
#include "tests/gateway/p1_support.hpp"

namespace wattring::gateway {
namespace {

std::string sample() {
  return with_checksum({"1-3:0.2.8(50)", "0-0:1.0.0(240712120000S)", "0-0:96.1.1(4530303434)",
                        "1-0:1.8.1(003432.827*kWh)", "1-0:1.7.0(00.378*kW)", "0-1:96.1.0(4730303339)",
                        "0-1:24.2.1(240712115500S)(00246.138*m3)", "0-0:96.13.0()"});
}

std::vector<P1Piece> cut(const std::vector<std::string>& parts) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  for (const std::string& part : parts) framer.feed(part, pieces);
  framer.finish(pieces);
  return pieces;
}

bool same(const std::vector<P1Piece>& a, const std::vector<P1Piece>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const P1Piece& x, const P1Piece& y) {
    return x.number == y.number && x.fault == y.fault && x.bytes == y.bytes;
  });
}

TEST(P1Property, HoweverAStreamIsSplitTheTelegramsAreTheSame) {
  EXPECT_TRUE(rc::check([] {
    const auto alphabet = rc::gen::elementOf(std::string("/!\r\n01aF()x.:-*"));
    std::string stream = *rc::gen::container<std::string>(alphabet);
    stream += sample() + *rc::gen::container<std::string>(alphabet) + sample();
    const auto cuts = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 90));
    std::vector<std::string> parts;
    std::string_view rest = stream;
    for (const std::size_t size : cuts) {
      parts.emplace_back(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    parts.emplace_back(rest);
    RC_ASSERT(same(cut(parts), cut({stream})));
  }));
}

TEST(P1Property, EveryByteIsInATelegramOrCounted) {
  EXPECT_TRUE(rc::check([] {
    const auto stream = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("/!\n1aF()x")));
    P1Framer framer;
    std::vector<P1Piece> pieces;
    framer.feed(stream, pieces);
    framer.finish(pieces);
    std::size_t whole = 0;
    for (const P1Piece& piece : pieces) whole += piece.fault ? 0 : piece.bytes.size();
    const auto line_ends = static_cast<std::size_t>(std::count(stream.begin(), stream.end(), '\n'));
    const std::size_t accounted = whole + framer.counters().dropped_bytes;
    RC_ASSERT(accounted <= stream.size());
    RC_ASSERT(accounted + line_ends >= stream.size());
  }));
}

TEST(P1Property, NoSingleChangedByteChangesAReading) {
  const std::string original = sample();
  Batch truth;
  decode_telegrams(original, p1_context("M"), truth);
  ASSERT_EQ(truth.facts().size(), 4U);
  for (std::size_t at = 0; at < original.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = original;
      changed[at] = static_cast<char>(value);
      Batch batch;
      decode_telegrams(changed, p1_context("M"), batch);
      if (!batch.facts().empty()) {
        ASSERT_EQ(batch.facts(), truth.facts()) << at << " " << value;
      }
    }
  }
}

TEST(P1Property, AnyDamageIsReadOrRefusedWithoutHarm) {
  EXPECT_TRUE(rc::check([] {
    std::string stream = sample().erase(sample().find('!') + 1) + "\r\n";  // no checksum to hide behind
    stream.erase(stream.find("1-3:0.2.8"), 15);
    stream.erase(stream.find("0-0:1.0.0"), 26);
    for (int i = *rc::gen::inRange(0, 8); i > 0; --i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, stream.size());
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          stream[at] = static_cast<char>(*rc::gen::inRange(0, 256));
          break;
        case 1:
          stream.erase(at, *rc::gen::inRange<std::size_t>(1, 20));
          break;
        default:
          stream.insert(at, stream.substr(*rc::gen::inRange<std::size_t>(0, stream.size()), 40));
          break;
      }
      if (stream.empty()) stream = "/";
    }
    Batch batch;
    const TelegramStats stats = decode_telegrams(stream, p1_context(), batch);
    RC_ASSERT(stats.readings == batch.facts().size());
    RC_ASSERT(stats.telegrams + stats.refused >= 1U);
    for (const Batch::MeterRun& run : batch.runs()) RC_ASSERT(valid_meter_id(batch.id(run)));
  }));
}

}  // namespace
}  // namespace wattring::gateway
