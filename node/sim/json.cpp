// SPDX-License-Identifier: Apache-2.0
#include "node/sim/json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

using Json = nlohmann::json;

// Every parser runs in here: the library throws on malformed text and on a field of another type.
template <class Parse>
auto guarded(std::string_view what, std::string_view body, Parse parse) -> Result<decltype(parse(Json()))> {
  try {
    const Json json = Json::parse(body);
    if (!json.is_object()) return fail(ErrorCode::corrupt, fmt::format("{} is no JSON object", what));
    return parse(json);
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("{} is not what the API promises: {}", what, error.what()));
  }
}

std::uint64_t number_or_zero(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? 0 : found->get<std::uint64_t>();
}

std::string text_or_empty(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? std::string() : found->get<std::string>();
}

std::optional<std::int64_t> optional_value(const Json& row) {
  const Json& value = row.at("value");
  if (value.is_null()) return std::nullopt;
  if (!value.is_number_integer()) throw Json::other_error::create(500, "value is no integer", &row);
  return value.get<std::int64_t>();
}

std::int64_t time_of(const Json& row, const char* key) {
  const Result<std::int64_t> time = parse_rfc3339(row.at(key).get_ref<const std::string&>());
  if (!time) throw Json::other_error::create(501, "not an RFC 3339 time", &row);
  return *time;
}

}  // namespace

Result<IngestAnswer> parse_ingest_answer(std::string_view body) {
  return guarded("the reply to readings", body, [](const Json& json) {
    IngestAnswer answer;
    answer.stored = json.at("stored").get<std::uint64_t>();
    answer.refused_total = number_or_zero(json, "refused_total");
    answer.unknown_total = number_or_zero(json, "unknown_total");
    const Json refused = json.value("refused", Json::array());
    for (const Json& row : refused)
      answer.refused.push_back({number_or_zero(row, "line"), text_or_empty(row, "reason")});
    answer.ack_class = text_or_empty(json, "class");
    answer.copies = json.value("copies", 0);
    answer.token = text_or_empty(json, "token");
    return answer;
  });
}

Result<NodeFacts> parse_status(std::string_view body) {
  return guarded("the status", body, [](const Json& json) {
    NodeFacts facts;
    facts.cluster = text_or_empty(json, "cluster");
    facts.version = text_or_empty(json, "version");
    if (const auto endpoints = json.find("endpoints"); endpoints != json.end()) {
      facts.ingest = text_or_empty(*endpoints, "ingest");
    }
    return facts;
  });
}

Result<ReadingsPage> parse_readings(std::string_view body) {
  return guarded("the answer with readings", body, [](const Json& json) {
    ReadingsPage page;
    page.answer.complete = json.at("complete").get<bool>();
    for (const Json& row : json.at("readings")) {
      page.answer.rows.push_back({time_of(row, "time"), optional_value(row)});
    }
    const Json& next = json.at("next");
    if (!next.is_null()) page.next = next.is_string() ? next.get<std::string>() : next.dump();
    return page;
  });
}

Result<Answer<StoredInterval>> parse_intervals(std::string_view body) {
  return guarded("the answer with intervals", body, [](const Json& json) {
    Answer<StoredInterval> answer;
    answer.complete = json.at("complete").get<bool>();
    for (const Json& row : json.at("intervals")) {
      answer.rows.push_back({time_of(row, "start"), time_of(row, "end"), optional_value(row)});
    }
    return answer;
  });
}

std::string error_text(int status, std::string_view body) {
  const auto text = guarded("the error", body, [](const Json& json) {
    const Json& error = json.at("error");
    const std::string hint = text_or_empty(error, "hint");
    return fmt::format("{}: {}{}", text_or_empty(error, "code"), text_or_empty(error, "message"),
                       hint.empty() ? "" : " (" + hint + ")");
  });
  if (text) return fmt::format("HTTP {}, {}", status, *text);
  return fmt::format("HTTP {}, {}", status, body.substr(0, 200));
}

}  // namespace wattring::sim
