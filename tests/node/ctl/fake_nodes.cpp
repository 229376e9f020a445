// SPDX-License-Identifier: Apache-2.0
#include "tests/node/ctl/fake_nodes.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "node/ctl/schema.hpp"

namespace wattring::ctl {
namespace {

void add_shape(const Json& value, const std::string& path, std::set<std::string>& lines) {
  if (value.is_object()) {
    if (value.members().empty()) lines.insert(path + " object");
    for (const auto& [name, member] : value.members())
      add_shape(member, path.empty() ? name : path + "." + name, lines);
  } else if (value.is_array()) {
    if (value.items().empty()) lines.insert(path + " array");
    for (const Json& item : value.items()) add_shape(item, path + "[]", lines);
  } else {
    const char* kind = value.is_null() ? "null" : value.is_bool() ? "boolean" : value.is_number() ? "number" : "string";
    lines.insert(path + " " + kind);
  }
}

bool is_of_kind(const Json& value, const std::string& kind) {
  return kind == "null"      ? value.is_null()
         : kind == "boolean" ? value.is_bool()
         : kind == "number"  ? value.is_number()
         : kind == "string"  ? value.is_string()
         : kind == "array"   ? value.is_array()
                             : kind == "object" && value.is_object();
}

bool has_kind(const Json& schema, const Json& value) {
  if (schema["type"].is_null()) return true;
  if (schema["type"].is_string()) return is_of_kind(value, schema["type"].string());
  return std::ranges::any_of(schema["type"].items(),
                             [&](const Json& kind) { return is_of_kind(value, kind.string()); });
}

const Json* member_of(const Json& object, std::string_view name) {
  for (const auto& [key, value] : object.members())
    if (key == name) return &value;
  return nullptr;
}

void hold_against_schema(const Json& document) {
  const std::string& name = document["schema"].string();
  for (const SchemaText& text : schema_texts()) {
    if (text.schema != name) continue;
    const std::string errors = schema_errors(json_schema(text), document);
    EXPECT_EQ(errors, "") << document.pretty();
    return;
  }
}

}  // namespace

std::string schema_errors(const Json& schema, const Json& document, const std::string& path) {
  if (!has_kind(schema, document)) return path + " is no " + schema["type"].compact() + "\n";
  std::string errors;
  if (schema.has("const") && schema["const"].compact() != document.compact()) errors += path + " has another value\n";
  for (const Json& name : schema["required"].items())
    if (member_of(document, name.string()) == nullptr) errors += path + "." + name.string() + " is missing\n";
  for (const auto& [name, member] : document.members()) {
    const Json* known = member_of(schema["properties"], name);
    if (known == nullptr) known = member_of(schema, "additionalProperties");
    errors += known == nullptr ? path + "." + name + " is not in the schema\n"
                               : schema_errors(*known, member, path + "." + name);
  }
  for (const Json& item : document.items()) errors += schema_errors(schema["items"], item, path + "[]");
  return errors;
}

void FakeNodes::answer(const std::string& what, int status, std::string body,
                       std::optional<std::int64_t> retry_after_s) {
  prepared_[what].emplace_back(ApiResponse{status, std::move(body), retry_after_s});
}

void FakeNodes::silence(const std::string& what, std::string reason, ErrorCode code) {
  prepared_[what].emplace_back(fail(code, std::move(reason)));
}

Result<ApiResponse> FakeNodes::send(const std::string& address, const ApiRequest& request) {
  seen.push_back({address, request});
  for (const std::string& what :
       {address + " " + request.target, request.method + " " + request.target, request.target}) {
    const auto found = prepared_.find(what);
    if (found == prepared_.end()) continue;
    auto response = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    if (response && answered_us != 0) {
      response->answered_us = answered_us;
      response->asked_us = answered_us - 4000;
    }
    return response;
  }
  return fail(ErrorCode::io, "nothing prepared for " + request.target);
}

std::vector<Result<void>> FakeNodes::knock_each(std::span<const std::string> addresses, std::int64_t) {
  std::vector<Result<void>> outcomes;
  for (const std::string& address : addresses)
    outcomes.push_back(std::ranges::find(closed, address) == closed.end()
                           ? Result<void>{}
                           : Result<void>(fail(ErrorCode::io, "connection refused")));
  return outcomes;
}

Ran Ctl::run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in(typed);
  const auto sleep = [this, &out](std::int64_t ms) {
    clock.now_ms += ms;
    if (sleeps_until_stop >= 0 && --sleeps_until_stop < 0) out.setstate(std::ios::badbit);
  };
  const Context context{nodes, clock, out,           err, environment, out_is_terminal, false, "Europe/Brussels",
                        sleep, &in,   in_is_terminal};
  Ran ran;
  ran.code = run_command_line(arguments, context);
  out.clear();
  ran.out = out.str();
  ran.err = err.str();
  const auto document = parse_json(ran.out);
  if (document && std::ranges::find(arguments, "json") != arguments.end()) hold_against_schema(*document);
  return ran;
}

::testing::AssertionResult matches_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(WATTRING_GOLDEN_DIR) + "/" + name;
  if (std::getenv("WATTRING_REWRITE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return ::testing::AssertionSuccess();
  }
  std::ifstream file(path, std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file && expected == text) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << path << (file ? " holds\n" : " is not there\n") << expected
                                       << "but the program wrote\n"
                                       << text << "If that is right: WATTRING_REWRITE_GOLDEN=1, and look at the diff.";
}

std::string shape_of(const std::string& json_text) {
  const auto parsed = parse_json(json_text);
  if (!parsed) return "not JSON: " + json_text;
  std::set<std::string> lines;
  add_shape(*parsed, "", lines);
  std::string out = "schema = " + (*parsed)["schema"].string() + "\n";
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace wattring::ctl
