// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "node/http/exchange.hpp"
#include "node/http/interval_text.hpp"
#include "node/http/json_body.hpp"
#include "node/http/params.hpp"
#include "node/http/router.hpp"
#include "node/http/slices.hpp"

namespace wattring::http {
namespace {

std::string written(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// Code points in UTF-8, as text that must survive unchanged.
std::string utf8_of(const std::vector<unsigned>& code_points) {
  std::string out;
  for (unsigned code : code_points) {
    code %= 0x110000;
    if (code >= 0xd800 && code <= 0xdfff) code = 0x20ac;
    if (code < 0x80) {
      out.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      out.push_back(static_cast<char>(0xc0 | (code >> 6U)));
      out.push_back(static_cast<char>(0x80 | (code & 0x3fU)));
    } else if (code < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | (code >> 12U)));
      out.push_back(static_cast<char>(0x80 | ((code >> 6U) & 0x3fU)));
      out.push_back(static_cast<char>(0x80 | (code & 0x3fU)));
    } else {
      out.push_back(static_cast<char>(0xf0 | (code >> 18U)));
      out.push_back(static_cast<char>(0x80 | ((code >> 12U) & 0x3fU)));
      out.push_back(static_cast<char>(0x80 | ((code >> 6U) & 0x3fU)));
      out.push_back(static_cast<char>(0x80 | (code & 0x3fU)));
    }
  }
  return out;
}

TEST(JsonWriterProperty, ArbitraryBytesGiveJsonThatParses) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const auto parsed = nlohmann::json::parse(written(bytes), nullptr, false);
    RC_ASSERT(parsed.is_string());
  }));
}

TEST(JsonWriterProperty, WellFormedTextReadsBackUnchanged) {
  EXPECT_TRUE(rc::check([](const std::vector<unsigned>& code_points) {
    const std::string text = utf8_of(code_points);
    RC_ASSERT(nlohmann::json::parse(written(text)).get<std::string>() == text);
  }));
}

TEST(JsonWriterProperty, NumbersReadBackUnchanged) {
  EXPECT_TRUE(rc::check([](std::int64_t integer, std::uint64_t count, double number, const std::string& key) {
    std::string out;
    JsonWriter json(out);
    json.begin_array()
        .integer(integer)
        .count(count)
        .number(number)
        .begin_object()
        .key(key)
        .null()
        .end_object()
        .end_array();
    const auto parsed = nlohmann::json::parse(out);
    RC_ASSERT(parsed[0].get<std::int64_t>() == integer);
    RC_ASSERT(parsed[1].get<std::uint64_t>() == count);
    RC_ASSERT(parsed[2].get<double>() == number);
    RC_ASSERT(parsed[3].size() == 1U);
  }));
}

TEST(PercentDecodingProperty, UndoesTheEncodingOfAnyBytes) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    std::string encoded;
    for (const char c : bytes) {
      static constexpr char kHex[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
    RC_ASSERT(percent_decode(encoded, true) == bytes);
    const auto segments = split_path("/meters/" + encoded);
    RC_ASSERT(segments.has_value());
    RC_ASSERT((bytes.empty() ? segments->size() == 1U : segments->back() == bytes));
  }));
}

TEST(RouterProperty, AnyPathGetsARouteOrARefusalThatParses) {
  EXPECT_TRUE(rc::check([](const std::string& method, const std::string& path) {
    const Match match = find_route(method, "/" + path);
    if (match.route != Match::kNone) return;
    RC_ASSERT(match.refusal.status >= 400);
    RC_ASSERT(nlohmann::json::parse(match.refusal.body, nullptr, false)["error"]["code"].is_string());
  }));
}

TEST(ParamsProperty, AnyQueryIsParsedOrRefused) {
  EXPECT_TRUE(rc::check([](const std::string& query) {
    static constexpr std::string_view kNames[] = {"from", "to", "limit"};
    const auto params = Params::parse(query, kNames);
    if (!params) RC_ASSERT(params.error().code == ErrorCode::invalid_argument);
  }));
}

TEST(JsonBodyProperty, AnyBodyIsParsedOrRefused) {
  EXPECT_TRUE(rc::check([](const std::string& bytes, bool framed) {
    static constexpr std::string_view kNames[] = {"user", "note"};
    const auto body = JsonBody::parse(framed ? "{\"user\":" + bytes + "}" : bytes, kNames);
    if (!body) RC_ASSERT(body.error().code == ErrorCode::invalid_argument);
  }));
}

TEST(JsonBodyProperty, PlainTextComesThroughUnchanged) {
  EXPECT_TRUE(rc::check([](const std::vector<unsigned>& code_points) {
    static constexpr std::string_view kNames[] = {"note"};
    const std::string text = utf8_of(code_points);
    const auto body = JsonBody::parse("{\"note\":" + written(text) + "}", kNames);
    RC_ASSERT(body.has_value() == is_plain_text(text));
    if (body) RC_ASSERT(body->get("note").value_or("") == text);
  }));
}

TEST(SlicesProperty, SlicesOfLinesAddUpToTheBodyAndBeginAtLineStarts) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& lines, std::uint8_t slice) {
    std::string body;
    for (const std::string& line : lines) body += line + "\n";
    std::string_view rest = body;
    std::string joined;
    while (!rest.empty()) {
      const std::string_view part = take_lines(rest, slice);
      RC_ASSERT(!part.empty());
      RC_ASSERT(part.back() == '\n');
      joined += part;
    }
    RC_ASSERT(joined == body);
  }));
}

TEST(CsvProperty, AFieldReadsBackUnchanged) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const std::string field = csv_field(text);
    std::string back;
    if (!field.empty() && field.front() == '"') {
      for (std::size_t i = 1; i + 1 < field.size(); ++i) {
        if (field[i] == '"') {
          RC_ASSERT(field[i + 1] == '"');
          ++i;
        }
        back.push_back(field[i]);
      }
    } else {
      RC_ASSERT(field.find_first_of(",\"\r\n") == std::string::npos);
      back = field;
    }
    RC_ASSERT(back == text);
  }));
}

}  // namespace
}  // namespace wattring::http
