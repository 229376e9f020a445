// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/gateway/line_protocol.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kNow = 1'764'547'200'000;

LineContext context() {
  LineContext result;
  result.now_ms = kNow;
  result.window = {0, kNow};
  result.overwrite_latest = false;
  return result;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '=' || c == ' ') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

struct Sent {
  std::string meter;
  Fact fact;
};
struct Form {
  Register reg;
  std::string_view name;
  int decimals;
};
constexpr std::array kForms{
    Form{obis(1, 0, 1, 8, 0), "import_wh", 0},     Form{obis(1, 0, 1, 8, 1), "import_t1_kwh", 3},
    Form{obis(1, 0, 1, 7, 0), "1-0:1.7.0", 0},     Form{obis(1, 0, 32, 7, 0), "voltage_l1_v", 1},
    Form{obis(1, 0, 31, 7, 0), "current_l1_a", 2}, Form{obis(0, 1, 24, 2, 1), "gas_m3", 3}};

std::string decimal(std::int64_t value, int decimals) {
  if (decimals == 0) return std::to_string(value) + "i";
  std::int64_t power = 1;
  for (int i = 0; i < decimals; ++i) power *= 10;
  return fmt::format("{}.{:0{}}", value / power, value % power, decimals);
}

rc::Gen<std::string> meter_ids() {
  return rc::gen::suchThat(
      rc::gen::resize(20, rc::gen::container<std::string>(rc::gen::elementOf(std::string("aZ09 ,=.-_\xC3\xA9\\")))),
      // A backslash before an end would be one with it: no such id can be written in line protocol.
      [](const std::string& id) {
        for (std::size_t i = 0; i < id.size(); ++i)
          if (id[i] == '\\' && (i + 1 == id.size() || id.find_first_of(",= \\", i + 1) == i + 1)) return false;
        return valid_meter_id(id);
      });
}

TEST(LineProtocolProperty, WhatIsEncodedIsDecoded) {
  EXPECT_TRUE(rc::check([] {
    std::vector<Sent> sent;
    std::string body;
    const int lines = *rc::gen::inRange(0, 20);
    for (int i = 0; i < lines; ++i) {
      const std::string meter = *meter_ids();
      Fact fact;
      fact.start_ms = fact.end_ms = *rc::gen::inRange<std::int64_t>(0, kNow);
      fact.revision = *rc::gen::arbitrary<std::uint64_t>();
      body += fmt::format("e,a=b,meter={},revision={} ", escape(meter), fact.revision);
      const int fields = *rc::gen::inRange(1, 5);
      for (int f = 0; f < fields; ++f) {
        const Form form = *rc::gen::elementOf(std::vector<Form>(kForms.begin(), kForms.end()));
        fact.reg = form.reg;
        fact.value = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
        body += fmt::format("{}{}={}", f == 0 ? "" : ",", form.name, decimal(fact.value, form.decimals));
        sent.push_back({meter, fact});
      }
      body += fmt::format(" {}000000{}", fact.start_ms, *rc::gen::element("\n", "\r\n", "\n\n# x\n"));
    }
    Batch batch;
    decode_lines(body, context(), batch);
    RC_ASSERT(batch.refusals.total() == 0U);
    RC_ASSERT(batch.facts().size() == sent.size());
    std::size_t at = 0;
    for (const Batch::MeterRun& run : batch.runs()) {
      for (std::uint32_t i = 0; i < run.fact_count; ++i, ++at) {
        RC_ASSERT(batch.id(run) == sent[at].meter);
        RC_ASSERT(batch.facts()[run.first_fact + i] == sent[at].fact);
      }
    }
  }));
}

TEST(LineProtocolProperty, EveryLineIsTakenWholeOrRefusedOnce) {
  EXPECT_TRUE(rc::check([] {
    const auto piece = rc::gen::element<std::string>(
        "e", ",", "meter=", "a", " ", "power_w=", "1", "i", "import_wh=", "-", ".5", "=", "\\", "\"", "#", "\r",
        "1764547200000000000", "x", "\xC3", "revision=7", "1-0:1.8.0=1", "e,meter=a power_w=1i", "e5");
    std::string body;
    std::size_t lines = 0;
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
      for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) body += part;
      body += '\n';
      ++lines;
    }
    Batch batch;
    decode_lines(body, context(), batch);
    RC_ASSERT(batch.refusals.total() <= lines);
    for (const Refusal& refusal : batch.refusals.listed()) RC_ASSERT(refusal.line >= 1 && refusal.line <= lines);
    for (const Batch::MeterRun& run : batch.runs()) {
      RC_ASSERT(valid_meter_id(batch.id(run)));
      RC_ASSERT(run.fact_count > 0U);
    }
    // The same without the final line end, and without the lines that were refused.
    Batch again;
    decode_lines(std::string_view(body).substr(0, body.empty() ? 0 : body.size() - 1), context(), again);
    RC_ASSERT(again.facts() == batch.facts());
    RC_ASSERT(again.refusals.total() == batch.refusals.total());
  }));
}

}  // namespace
}  // namespace wattring::gateway
