// SPDX-License-Identifier: Apache-2.0
#include "node/http/rule_api.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "node/alert/payload.hpp"
#include "node/http/answers.hpp"
#include "node/http/json_body.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 1> kRulesParams{"name"};
constexpr std::array<std::string_view, 3> kTestParams{"meter", "from", "to"};
constexpr std::size_t kErrorsListed = 100;
constexpr std::size_t kAlertsListed = 1'000;  ///< of one trial
constexpr std::size_t kPatternBytesMax = 64;

void write_optional(JsonWriter& json, std::string_view name, std::optional<std::int64_t> value) {
  json.key(name);
  if (value) {
    json.integer(*value);
  } else {
    json.null();
  }
}

void write_version(JsonWriter& json, const RuleVersion& version) {
  const alert::Rule& rule = version.rule;
  json.begin_object().field("name", rule.name).field("kind", alert::to_string(rule.kind));
  json.field("severity", alert::to_string(rule.severity)).field("does", alert::describe(rule));
  write_names(json, "match", rule.match);
  write_names(json, "exclude", rule.exclude);
  json.field("profile", rule.profile).field("summary", rule.summary);
  json.field("effective", format_rfc3339(rule.effective_ms)).key("revision").integer(rule.revision);
  json.key("current").boolean(version.current).key("disabled").boolean(rule.disabled);
  json.key("notify").boolean(rule.notify).key("meters").count(version.meters).key("firing").count(version.firing);
  json.field("toml", version.toml).end_object();
}

void write_profile(JsonWriter& json, const alert::Profile& profile) {
  json.begin_object().field("name", profile.name);
  write_names(json, "match", profile.match);
  write_optional(json, "connection_limit_w", profile.connection_limit_w);
  write_optional(json, "nominal_period_ms", profile.nominal_period_ms);
  write_names(json, "roster", profile.roster);
  json.field("effective", format_rfc3339(profile.effective_ms)).key("revision").integer(profile.revision);
  json.field("toml", alert::to_toml(profile)).end_object();
}

Response no_such_rule(std::string_view name, const std::vector<RuleVersion>& rules,
                      const std::vector<alert::Profile>& profiles) {
  std::vector<std::string_view> names;
  names.reserve(rules.size() + profiles.size());
  for (const RuleVersion& version : rules) names.push_back(version.rule.name);
  for (const alert::Profile& profile : profiles) names.push_back(profile.name);
  const auto meant = nearest(name, names);
  return error_response(404,
                        {"NOT_FOUND", "no rule or profile \"" + std::string(name.substr(0, 80)) + "\"",
                         meant ? "did you mean \"" + std::string(*meant) + "\"?" : "GET /api/v1/rules lists them all"});
}

std::string place_of(const alert::DocumentError& error) {
  return std::to_string(error.line) + ":" + std::to_string(error.column);
}

Response errors_response(const std::vector<alert::DocumentError>& errors) {
  const std::size_t n = errors.size();
  Response response;
  response.status = 400;
  JsonWriter json(response.body);
  json.begin_object().object("error").field("code", "BAD_RULES");
  json.field("message", std::to_string(n) + (n == 1 ? " error" : " errors") + " in the document, the first at " +
                            place_of(errors.front()) + ": " + errors.front().message);
  json.field("hint", "nothing was applied; mend them and send the whole document again").array("errors");
  for (std::size_t i = 0; i < std::min(n, kErrorsListed); ++i) {
    json.begin_object().key("line").integer(errors[i].line).key("column").integer(errors[i].column);
    json.field("message", errors[i].message).end_object();
  }
  json.end_array().end_object().end_object();
  response.body.push_back('\n');
  return response;
}

/// The documents of a body, or the response that refuses it.
tl::expected<alert::Documents, Response> read_documents(const Request& request, std::int64_t effective_ms) {
  if (request.body.size() > alert::kDocumentBytesMax)
    return tl::unexpected(
        error_response(413, {"TOO_LARGE", "the document is " + std::to_string(request.body.size()) + " bytes long",
                             "at most " + std::to_string(alert::kDocumentBytesMax) + " bytes; apply it in parts"}));
  alert::ParsedDocuments parsed = alert::parse_documents(request.body, effective_ms);
  if (!parsed.errors.empty()) return tl::unexpected(errors_response(parsed.errors));
  return std::move(parsed.documents);
}

void write_trial(JsonWriter& json, const RuleTrial& trial) {
  json.begin_object().field("rule", trial.rule).key("meters").count(trial.meters);
  json.key("complete").boolean(trial.complete).key("total").count(trial.alerts.size());
  json.array("alerts");
  for (std::size_t i = 0; i < std::min(trial.alerts.size(), kAlertsListed); ++i)
    alert::write_alert(json, trial.alerts[i]);
  json.end_array().end_object();
}

}  // namespace

Response RuleApi::rules(const Request& request) const {
  const auto params = Params::parse(request.query, kRulesParams);
  if (!params) return respond_to(params.error());
  const auto rules = door_.rules();
  if (!rules) return respond_to(rules.error());
  const auto profiles = door_.profiles();
  if (!profiles) return respond_to(profiles.error());
  const auto name = params->get("name");
  const auto wanted = [&](const std::string& one) { return !name || one == *name; };
  Response response;
  std::size_t shown = 0;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.rules/1").field("at", format_rfc3339(clock_.wall_ms()));
  json.array("rules");
  for (const RuleVersion& version : *rules) {
    if (!wanted(version.rule.name)) continue;
    write_version(json, version);
    ++shown;
  }
  json.end_array().array("profiles");
  for (const alert::Profile& profile : *profiles) {
    if (!wanted(profile.name)) continue;
    write_profile(json, profile);
    ++shown;
  }
  json.end_array().end_object();
  response.body.push_back('\n');
  if (name && shown == 0) return no_such_rule(*name, *rules, *profiles);
  return response;
}

Response RuleApi::apply(const Request& request) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  const auto documents = read_documents(request, clock_.wall_ms());
  if (!documents) return documents.error();
  if (documents->rules.empty() && documents->profiles.empty())
    return bad_request("the document has neither a [[rule]] nor a [[profile]]", "see docs/metering/rules.md");
  const auto applied = door_.apply(*documents);
  if (!applied) return respond_to(applied.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.rules-apply/1");
  write_names(json, "created", applied->created);
  write_names(json, "unchanged", applied->unchanged);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

Response RuleApi::test(const Request& request) const {
  const auto params = Params::parse(request.query, kTestParams);
  if (!params) return respond_to(params.error());
  const auto meter = params->get("meter");
  if (!meter) return bad_request("the query parameter \"meter\" is missing", "an id or a pattern, for example EM-*");
  if (meter->size() > kPatternBytesMax || !is_plain_text(*meter))
    return bad_request("meter is no pattern", "1 to 64 bytes of UTF-8 without control characters");
  const auto range = read_range(*params, clock_.wall_ms(), kTrialDaysMax * kMsPerDay);
  if (!range) return respond_to(range.error());
  auto documents = read_documents(request, range->from_ms);
  if (!documents) return documents.error();
  if (documents->rules.empty() || documents->rules.size() > kTrialRulesMax)
    return bad_request("the document has " + std::to_string(documents->rules.size()) + " rules to test",
                       "from 1 to " + std::to_string(kTrialRulesMax) + " [[rule]] tables");
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.rules-test/1").field("meter", *meter);
  json.field("from", format_rfc3339(range->from_ms)).field("to", format_rfc3339(range->to_ms)).array("trials");
  for (alert::Rule& rule : documents->rules) {
    rule.effective_ms = range->from_ms;
    const auto trial = door_.try_rule(rule, *meter, range->from_ms, range->to_ms);
    if (!trial) return respond_to(trial.error());
    write_trial(json, *trial);
  }
  json.end_array().end_object();
  response.body.push_back('\n');
  return response;
}

}  // namespace wattring::http
