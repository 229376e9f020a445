// SPDX-License-Identifier: Apache-2.0
#include "tests/node/ctl/fake_nodes.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

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

}  // namespace

void FakeNodes::answer(const std::string& what, int status, std::string body,
                       std::optional<std::int64_t> retry_after_s) {
  prepared_[what].emplace_back(ApiResponse{status, std::move(body), retry_after_s});
}

void FakeNodes::silence(const std::string& what, std::string reason) {
  prepared_[what].emplace_back(fail(ErrorCode::io, std::move(reason)));
}

Result<ApiResponse> FakeNodes::send(const std::string& address, const ApiRequest& request) {
  seen.push_back({address, request});
  for (const std::string& what :
       {address + " " + request.target, request.method + " " + request.target, request.target}) {
    const auto found = prepared_.find(what);
    if (found == prepared_.end()) continue;
    auto response = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    return response;
  }
  return fail(ErrorCode::io, "nothing prepared for " + request.target);
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
