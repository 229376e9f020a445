// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "node/gateway/json_readings.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kNow = 1'764'547'200'000;

JsonContext context() {
  JsonContext result;
  result.window = {0, kNow};
  return result;
}

struct Sent {
  std::string meter;
  Fact fact;
};
struct Form {
  Register reg;
  std::string_view name;
  std::string_view unit;
  std::int64_t scale;
  int decimals;
};
constexpr std::array kForms{
    Form{obis(1, 0, 1, 8, 0), "1-0:1.8.0", "", 1, 0},        Form{obis(1, 0, 1, 8, 0), "1-0:1.8.0", "kWh", 1000, 3},
    Form{obis(1, 0, 1, 8, 1), "import_t1_kwh", "", 1000, 3}, Form{obis(1, 0, 32, 7, 0), "voltage_l1_v", "V", 10, 1},
    Form{obis(1, 0, 31, 7, 0), "current_l1_a", "", 100, 2},  Form{obis(6, 0, 1, 0, 0), "heat_gj", "", 1000, 3}};

/// Every second character in the long form.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (bool plain = true; !text.empty(); plain = !plain) {
    const std::size_t size = utf8_sequence(text);
    const char c = text[0];
    if (size == 1 && (!plain || c == '"' || c == '\\')) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

std::string encode(const Sent& sent, const Form& form, bool as_string) {
  std::string value = std::to_string(sent.fact.value / form.scale);
  if (form.decimals > 0) value += fmt::format(".{:0{}}", sent.fact.value % form.scale, form.decimals);
  if (as_string) value = "\"" + value + "\"";
  const std::string time =
      as_string ? "\"" + format_rfc3339(sent.fact.start_ms) + "\"" : std::to_string(sent.fact.start_ms);
  std::string object =
      fmt::format(R"({{"value":{}, "meter" :{},"time":{},"quality":"{}","revision":{},"register":"{}")", value,
                  quote(sent.meter), time, to_string(sent.fact.quality), sent.fact.revision, form.name);
  if (!form.unit.empty()) object += fmt::format(R"(,"unit":"{}")", form.unit);
  return object + "}";
}

TEST(JsonProperty, WhatIsEncodedIsDecoded) {
  EXPECT_TRUE(rc::check([] {
    const bool lines = *rc::gen::arbitrary<bool>();
    std::vector<Sent> sent;
    std::string body = lines ? "" : "[";
    for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
      const Form form = *rc::gen::elementOf(std::vector<Form>(kForms.begin(), kForms.end()));
      Sent one;
      one.meter = *rc::gen::suchThat(
          rc::gen::resize(12,
                          rc::gen::container<std::string>(rc::gen::elementOf(std::string("aZ0 \"\\/{}[],:\xC3\xA9")))),
          [](const std::string& id) { return valid_meter_id(id); });
      one.fact.reg = form.reg;
      one.fact.start_ms = one.fact.end_ms = *rc::gen::inRange<std::int64_t>(0, kNow);
      one.fact.value = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
      one.fact.quality = *rc::gen::element(Quality::estimated, Quality::actual, Quality::edited);
      one.fact.revision = *rc::gen::arbitrary<std::uint64_t>();
      if (!lines && !sent.empty()) body += " ,\n";
      body += encode(one, form, *rc::gen::arbitrary<bool>()) + (lines ? "\n" : "");
      sent.push_back(one);
    }
    Batch batch;
    decode_json(lines ? body : body + "]", context(), batch);
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

TEST(JsonProperty, AnyBytesAreReadOrRefusedWithoutHarm) {
  EXPECT_TRUE(rc::check([] {
    const auto piece = rc::gen::element<std::string>(
        "[", "]", "{", "}", ",", ":", "\"", "\\", "\n", " ", "\"meter\":\"a\"", "\"register\":\"power_w\"",
        "\"time\":1764547200000", "\"value\":1", "\"value\":", "1", "-", "\"\\u12", "\xC3", "null", "tru",
        R"({"meter":"a","register":"power_w","time":1764547200000,"value":1})");
    std::string body;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) body += part;
    Batch batch;
    decode_json(body, context(), batch);
    for (const Batch::MeterRun& run : batch.runs()) RC_ASSERT(valid_meter_id(batch.id(run)));
    for (const Refusal& refusal : batch.refusals.listed()) {
      RC_ASSERT(refusal.line >= 1U);
      RC_ASSERT(valid_utf8(refusal.got));
    }
  }));
}

}  // namespace
}  // namespace wattring::gateway
