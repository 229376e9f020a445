// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

struct Line {
  std::int64_t time_ms;
  std::string text;
};

std::string line_of(const Json& meter, const Json& one, const Json& reading, Format format) {
  if (format == Format::table) {
    return fmt::format("{}  {:<14}  {:>18}  {}{}\n", time_text(reading["time"].string()), one["register"].string(),
                       value_text(reading["value"], one["unit"].string()), reading["quality"].string(),
                       reading["flags"].items().empty() ? "" : "  " + flags_text(reading["flags"], ""));
  }
  if (format == Format::csv) {
    const Json& value = reading["value"];
    Csv csv{{},
            {{meter["meter"].string(), one["register"].string(), reading["time"].string(),
              value.is_string() ? value.string()
              : value.is_null() ? ""
                                : value.compact(),
              one["unit"].string(), reading["quality"].string(), flags_text(reading["flags"], "")}}};
    const std::string text = csv.text();
    return text.substr(text.find('\n') + 1);
  }
  Json line;
  line.set("schema", "wattring.meter-tail/1").set("meter", meter["meter"]).set("register", one["register"]);
  line.set("unit", one["unit"]);
  for (const auto& [name, value] : reading.members()) line.set(name, value);
  return line.compact() + "\n";
}

/// Follows each register from its last reading on.
class Tail {
 public:
  Tail(const TailArguments& arguments, Session& session) : arguments_(arguments), session_(session) {}

  /// The readings that are new since the last call, by time.
  Outcome<std::vector<Line>> next() {
    const auto meter = fetch_meter(session_, arguments_.meter);
    if (!meter) return tl::unexpected(meter.error());
    std::vector<Line> lines;
    for (const Json& one : (*meter)["registers"].items()) {
      const std::string& reg = one["register"].string();
      if (!arguments_.register_name.empty() && arguments_.register_name != reg &&
          arguments_.register_name != one["name"].string()) {
        continue;
      }
      const auto last = parse_rfc3339(one["last_time"].string());
      if (!last) continue;
      const std::int64_t from = next_ms_.try_emplace(reg, *last).first->second;
      if (*last < from) continue;
      const auto complete =
          visit_readings(session_, arguments_.meter, reg, {from, *last + 1}, [&](const Json& reading) {
            const auto time = parse_rfc3339(reading["time"].string());
            lines.push_back({time ? *time : from, line_of(*meter, one, reading, session_.globals().format)});
          });
      if (!complete) return tl::unexpected(complete.error());
      next_ms_[reg] = *last + 1;
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.time_ms < b.time_ms; });
    return lines;
  }

 private:
  const TailArguments& arguments_;
  Session& session_;
  std::map<std::string, std::int64_t> next_ms_;
};

}  // namespace

int meter_tail(const TailArguments& arguments, const Context& context, const Globals& globals) {
  Session session(context, globals);
  Tail tail(arguments, session);
  const std::int64_t end_ns = arguments.for_ms ? context.clock.monotonic_ns() + *arguments.for_ms * 1'000'000 : 0;
  bool answered = false;
  if (globals.format == Format::csv) context.out << "meter,register,time,value,unit,quality,flags\n";
  while (context.out) {
    const auto lines = tail.next();
    // A node that restarts is waited for; one that never answered, or a meter that is not there, is not.
    if (!lines && (!answered || lines.error().exit_code != kExitNoAnswer)) {
      context.err << lines.error().text;
      return lines.error().exit_code;
    }
    if (!lines) context.err << "no answer at the moment; trying again\n";
    answered = true;
    if (lines) {
      for (const Line& line : *lines) context.out << line.text;
    }
    context.out.flush();
    if (arguments.for_ms && context.clock.monotonic_ns() >= end_ns) return kExitDone;
    context.sleep(arguments.poll_ms);
  }
  return kExitDone;
}

}  // namespace wattring::ctl
