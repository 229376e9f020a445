// SPDX-License-Identifier: Apache-2.0
#include "node/http/json_body.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "node/gateway/json_scan.hpp"
#include "node/gateway/utf8.hpp"

namespace wattring::http {
namespace {

using gateway::JsonScan;

Failure bad(std::string message, std::string hint) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 80)) + "\"";
}

std::string joined(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

Failure not_an_object(std::span<const std::string_view> accepted) {
  return bad("the body is not a JSON object", "one object of texts with the members " + joined(accepted));
}

Failure unknown_member(std::string_view name, std::span<const std::string_view> accepted) {
  const auto meant = nearest(name, accepted);
  const std::string hint = meant ? "did you mean " + quoted(*meant) + "? " : "";
  return bad("unknown member " + quoted(name), hint + "accepted: " + joined(accepted));
}

/// A text, or "" for null.
Result<std::string> text_of(std::string_view name, const JsonScan::Value& value) {
  if (value.type == JsonScan::Type::null) return std::string();
  if (value.type != JsonScan::Type::string)
    return bad("member " + quoted(name) + " is no text", "write it in quotes: " + quoted(name) + ":\"...\"");
  if (value.text.size() > JsonBody::kTextBytesMax)
    return bad("member " + quoted(name) + " is " + std::to_string(value.text.size()) + " bytes long",
               "at most " + std::to_string(JsonBody::kTextBytesMax) + " bytes");
  if (!is_plain_text(value.text))
    return bad("member " + quoted(name) + " has control characters or is no UTF-8", "plain text on one line");
  return std::string(value.text);
}

}  // namespace

bool is_plain_text(std::string_view text) {
  if (!gateway::valid_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    // U+0080 to U+009F are controls too.
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

Result<JsonBody> JsonBody::parse(std::string_view body, std::span<const std::string_view> accepted) {
  if (body.size() > kBytesMax)
    return bad("the body is " + std::to_string(body.size()) + " bytes long",
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
      return bad("member " + quoted(name) + " is given twice", "give it once");
    json.skip_space();
    more = json.take(',');
    if (!more && !json.take('}')) return not_an_object(accepted);
  }
  json.skip_space();
  if (!json.at_end()) return bad("something follows the JSON object", "one object, nothing after it");
  return out;
}

std::optional<std::string_view> JsonBody::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::string> JsonBody::require(std::string_view name, std::string_view why) const {
  if (const auto text = get(name)) return std::string(*text);
  return bad("the member " + quoted(name) + " is missing", std::string(why));
}

}  // namespace wattring::http
