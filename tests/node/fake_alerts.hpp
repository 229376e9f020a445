// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/http/alert_door.hpp"

namespace wattring::http {

/// Answers as it is told and keeps what it was asked, one line a call.
class FakeAlerts final : public AlertDoor {
 public:
  Result<AlertList> alerts(const AlertQuery& query) override {
    asked.emplace_back("alerts");
    alert_query = query;
    return answer(list);
  }
  Result<alert::Alert> acknowledge(std::string_view id, std::string_view user, std::string_view note) override {
    note_call("acknowledge", {id, user, note});
    return answer(alert);
  }
  Result<std::vector<alert::Silence>> silences() override {
    asked.emplace_back("silences");
    return answer(silence_list);
  }
  Result<alert::Silence> silence(alert::Silence wanted) override {
    asked.emplace_back("silence");
    silence_wanted = wanted;
    wanted.id = "00c0ffee";
    return answer(wanted);
  }
  Result<void> unsilence(std::string_view id) override { return done("unsilence", id); }
  Result<std::vector<RuleVersion>> rules() override {
    asked.emplace_back("rules");
    return answer(rule_list);
  }
  Result<std::vector<alert::Profile>> profiles() override { return answer(profile_list); }
  Result<Applied> apply(const alert::Documents& given) override {
    asked.emplace_back("apply");
    documents = given;
    return answer(applied);
  }
  Result<RuleTrial> try_rule(const alert::Rule& rule, std::string_view meter, std::int64_t from_ms,
                             std::int64_t to_ms) override {
    note_call("try_rule", {rule.name, meter, std::to_string(from_ms), std::to_string(to_ms)});
    tried.push_back(rule);
    RuleTrial out = trial;
    out.rule = rule.name;
    return answer(out);
  }
  Result<std::vector<ActorRow>> actors(std::string_view path, std::size_t depth) override {
    note_call("actors", {path, std::to_string(depth)});
    return answer(actor_rows);
  }
  Result<void> resume_actor(std::string_view path) override { return done("resume", path); }
  Result<std::vector<QuarantineRow>> quarantine() override {
    asked.emplace_back("quarantine");
    return answer(quarantine_rows);
  }
  Result<void> release(std::string_view id) override { return done("release", id); }
  Result<void> drop(std::string_view id) override { return done("drop", id); }
  Result<void> announce(std::string_view meter) override { return done("announce", meter); }

  std::vector<std::string> asked;  ///< "acknowledge 5f2a kim seen"
  std::optional<Error> error;      ///< the answer to everything
  AlertQuery alert_query;
  AlertList list;
  alert::Alert alert;
  std::vector<alert::Silence> silence_list;
  alert::Silence silence_wanted;
  std::vector<RuleVersion> rule_list;
  std::vector<alert::Profile> profile_list;
  alert::Documents documents;
  Applied applied;
  RuleTrial trial;
  std::vector<alert::Rule> tried;
  std::vector<ActorRow> actor_rows;
  std::vector<QuarantineRow> quarantine_rows;

 private:
  template <class T>
  Result<T> answer(const T& value) const {
    if (error) return Failure(*error);
    return value;
  }
  Result<void> done(std::string_view what, std::string_view argument) {
    note_call(what, {argument});
    if (error) return Failure(*error);
    return {};
  }
  void note_call(std::string_view what, std::initializer_list<std::string_view> arguments) {
    std::string line(what);
    for (const std::string_view argument : arguments) line += " " + std::string(argument);
    asked.push_back(std::move(line));
  }
};

}  // namespace wattring::http
