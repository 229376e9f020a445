// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "node/sim/chaos_plan.hpp"

namespace wattring::sim {
namespace {

struct PlanError {
  unsigned line;
  std::string what;
};

/// A table whose keys are all known; the first that is wrong is told.
class Fields {
 public:
  using Take = std::function<bool(const toml::node&)>;
  explicit Fields(std::optional<PlanError>& error) : error_(error) {}

  Fields& field(std::string_view name, std::string_view must_be, Take take) {
    known_.emplace(name, Known{std::move(take), std::string(must_be)});
    return *this;
  }
  Fields& text(std::string_view name, std::string& into) {
    return field(name, "text", [&into](const toml::node& node) {
      if (const auto value = node.value_exact<std::string>()) into = *value;
      return node.is_string();
    });
  }
  Fields& duration(std::string_view name, std::int64_t& into_ms) {
    return field(name, "a time with its unit, such as \"5s\"", [&into_ms](const toml::node& node) {
      const auto value = node.value_exact<std::string>();
      const Result<std::int64_t> parsed =
          value ? parse_duration_ms(*value) : fail(ErrorCode::invalid_argument, "no text");
      if (parsed) into_ms = *parsed;
      return parsed.has_value();
    });
  }
  template <class T>
  Fields& number(std::string_view name, T& into) {
    return field(name, "a number from 0 to 1000000000", [&into](const toml::node& node) {
      const auto value = node.value_exact<std::int64_t>();
      if (!value || *value < 0 || *value > 1'000'000'000) return false;
      into = static_cast<T>(*value);
      return true;
    });
  }
  template <class T>
  Fields& choice(std::string_view name, const std::vector<std::pair<std::string_view, T>>& choices, T& into) {
    std::string must_be = "one of";
    for (const auto& [word, value] : choices) must_be += fmt::format(" {}", word);
    return field(name, must_be, [choices, &into](const toml::node& node) {
      const auto value = node.value_exact<std::string>();
      for (const auto& [word, choice] : choices) {
        if (!value || *value != word) continue;
        into = choice;
        return true;
      }
      return false;
    });
  }
  void take(const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (error_) return;
      const unsigned line = key.source().begin.line;
      const auto known = known_.find(key.str());
      if (known == known_.end()) {
        error_ = PlanError{line, fmt::format("unknown key \"{}\"", key.str())};
      } else if (!known->second.take(node) && !error_) {
        error_ = PlanError{line, fmt::format("{} must be {}", key.str(), known->second.must_be)};
      }
    }
  }

 private:
  struct Known {
    Take take;
    std::string must_be;
  };
  std::optional<PlanError>& error_;
  std::map<std::string, Known, std::less<>> known_;
};

std::vector<std::pair<std::string_view, Condition>> conditions() {
  std::vector<std::pair<std::string_view, Condition>> all;
  for (const auto one :
       {Condition::suspect, Condition::filling, Condition::missing, Condition::held, Condition::dropping}) {
    all.emplace_back(to_string(one), one);
  }
  return all;
}

class PlanReader {
 public:
  std::optional<PlanError> read(const toml::table& root);
  ChaosPlan plan;

 private:
  bool take_settings(const toml::node& node);
  bool take_load(const toml::node& node);
  bool take_budget(const toml::node& node);
  bool take_faults(const toml::node& node);
  std::optional<PlanError> error_;
};

bool PlanReader::take_settings(const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return false;
  for (const toml::node& one : *list) {
    const auto text = one.value_exact<std::string>();
    if (!text) return false;
    plan.settings.push_back(*text);
  }
  return true;
}

bool PlanReader::take_load(const toml::node& node) {
  if (!node.is_table()) return false;
  ChaosLoad& load = plan.load;
  Fields(error_)
      .number("meters", load.meters)
      .number("rate", load.rate)
      .number("clients", load.clients)
      .number("http_clients", load.http_clients)
      .number("batch", load.batch)
      .duration("hedge", load.hedge_ms)
      .take(*node.as_table());
  return true;
}

bool PlanReader::take_budget(const toml::node& node) {
  if (!node.is_table()) return false;
  Fields(error_).duration("rto", plan.budget.rto_ms).duration("home", plan.budget.home_ms).take(*node.as_table());
  return true;
}

bool PlanReader::take_faults(const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_array_of_tables()) return false;
  for (const toml::node& one : *list) {
    PlannedFault fault;
    bool has_kind = false;
    const auto take_kind = [&](const toml::node& value) {
      const auto name = value.value_exact<std::string>();
      for (const FaultKindInfo& info : fault_kinds()) {
        if (!name || info.name != *name) continue;
        fault.kind = info.kind;
        has_kind = true;
      }
      return has_kind;
    };
    const auto take_step = [&](const toml::node& value) {
      std::string text = value.value_or(std::string());
      const bool back = text.starts_with('-');
      const auto parsed = parse_duration_ms(back ? text.substr(1) : text);
      if (parsed) fault.step_ms = back ? -*parsed : *parsed;
      return parsed.has_value();
    };
    Fields(error_)
        .field("kind", "one of those that `wattringsim chaos list-faults` tells", take_kind)
        .duration("at", fault.at_ms)
        .duration("for", fault.for_ms)
        .text("target", fault.target)
        .text("from", fault.from)
        .choice("way", {{"both", Way::both}, {"in", Way::in}, {"out", Way::out}}, fault.way)
        .choice("when", conditions(), fault.when)
        .field("step", "a time with its unit and perhaps a sign, such as \"-90s\"", take_step)
        .number("times", fault.times)
        .take(*one.as_table());
    if (!has_kind && !error_) error_ = PlanError{one.source().begin.line, "a fault needs a kind"};
    plan.faults.push_back(std::move(fault));
  }
  return true;
}

std::optional<PlanError> PlanReader::read(const toml::table& root) {
  Fields(error_)
      .text("name", plan.name)
      .text("about", plan.about)
      .number("nodes", plan.nodes)
      .number("copies", plan.copies)
      .duration("duration", plan.duration_ms)
      .duration("settle", plan.settle_ms)
      .field("settings", "a list of texts", [this](const toml::node& node) { return take_settings(node); })
      .field("load", "a table", [this](const toml::node& node) { return take_load(node); })
      .field("budget", "a table", [this](const toml::node& node) { return take_budget(node); })
      .field("fault", "tables [[fault]]", [this](const toml::node& node) { return take_faults(node); })
      .take(root);
  return error_;
}

}  // namespace

Result<ChaosPlan> parse_chaos_plan(std::string_view text, const std::string& path) {
  PlanReader reader;
  try {
    if (const auto error = reader.read(toml::parse(text))) {
      return fail(ErrorCode::invalid_argument, fmt::format("{}:{}: {}", path, error->line, error->what));
    }
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: not TOML: {}", path, error.source().begin.line, error.description()));
  }
  if (auto valid = validate(reader.plan); !valid) return Failure(valid.error());
  return std::move(reader.plan);
}

}  // namespace wattring::sim
