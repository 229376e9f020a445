// SPDX-License-Identifier: Apache-2.0
#include "node/http/json_body.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "node/gateway/json_scan.hpp"
#include "node/http/answers.hpp"

namespace wattring::http {
namespace {

using gateway::JsonScan;

Failure not_an_object(std::span<const std::string_view> accepted) {
  return invalid("the body is not a JSON object", "one object of texts with the members " + joined(accepted));
}

Failure unknown_member(std::string_view name, std::span<const std::string_view> accepted) {
  const auto meant = nearest(name, accepted);
  const std::string hint = meant ? "did you mean " + in_quotes(*meant) + "? " : "";
  return invalid("unknown member " + in_quotes(name), hint + "accepted: " + joined(accepted));
}

/// A text, or "" for null.
Result<std::string> text_of(std::string_view name, const JsonScan::Value& value) {
  if (value.type == JsonScan::Type::null) return std::string();
  if (value.type != JsonScan::Type::string)
    return invalid("member " + in_quotes(name) + " is no text", "write it in quotes: " + in_quotes(name) + ":\"...\"");
  if (value.text.size() > JsonBody::kTextBytesMax)
    return invalid("member " + in_quotes(name) + " is " + std::to_string(value.text.size()) + " bytes long",
                   "at most " + std::to_string(JsonBody::kTextBytesMax) + " bytes");
  if (!is_plain_text(value.text))
    return invalid("member " + in_quotes(name) + " has control characters or is no UTF-8", "plain text on one line");
  return std::string(value.text);
}

}  // namespace

Result<JsonBody> JsonBody::parse(std::string_view body, std::span<const std::string_view> accepted) {
  if (body.size() > kBytesMax)
    return invalid("the body is " + std::to_string(body.size()) + " bytes long",
                   "at most " + std::to_string(kBytesMax) + " bytes");
  JsonBody out;
  JsonScan json(body);
  std::string storage;
  json.skip_space();
  if (!json.take('{')) return not_an_object(accepted);
  json.skip_space();
  bool more = !json.take('}');
  while (more) {
    json.skip_space();
    std::string_view view;
    if (!json.take_string(view, storage)) return not_an_object(accepted);
    const std::string name(view);
    json.skip_space();
    if (!json.take(':')) return not_an_object(accepted);
    json.skip_space();
    JsonScan::Value value;
    if (!json.take_value(value, storage)) return not_an_object(accepted);
    if (std::find(accepted.begin(), accepted.end(), name) == accepted.end()) return unknown_member(name, accepted);
    auto text = text_of(name, value);
    if (!text) return Failure(text.error());
    if (!out.values_.emplace(name, std::move(*text)).second)
      return invalid("member " + in_quotes(name) + " is given twice", "give it once");
    json.skip_space();
    more = json.take(',');
    if (!more && !json.take('}')) return not_an_object(accepted);
  }
  json.skip_space();
  if (!json.at_end()) return invalid("something follows the JSON object", "one object, nothing after it");
  return out;
}

std::optional<std::string_view> JsonBody::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::string> JsonBody::require(std::string_view name, std::string_view why) const {
  if (const auto text = get(name)) return std::string(*text);
  return invalid("the member " + in_quotes(name) + " is missing", std::string(why));
}

}  // namespace wattring::http
