// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "node/sim/chaos_report.hpp"

namespace wattring::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "wattring.chaos/1";

/// One list of fields for both directions: a report that is read again is the one that was written.
class Writer {
 public:
  explicit Writer(Json& json) : json_(json) {}
  template <class T>
  void operator()(const char* key, const T& value) {
    json_[key] = value;
  }
  template <class T>
  void list(const char* key, const std::vector<T>& rows) {
    Json& out = json_[key] = Json::array();
    for (const T& row : rows) {
      Json& one = out.emplace_back(Json::object());
      Writer writer(one);
      fields(const_cast<T&>(row), writer);
    }
  }
  template <class T>
  void object(const char* key, T& value) {
    Json& one = json_[key] = Json::object();
    Writer writer(one);
    fields(value, writer);
  }

 private:
  Json& json_;
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  template <class T>
  void operator()(const char* key, T& value) {
    json_.at(key).get_to(value);
  }
  template <class T>
  void list(const char* key, std::vector<T>& rows) {
    for (const Json& one : json_.at(key)) {
      Reader reader(one);
      fields(rows.emplace_back(), reader);
    }
  }
  template <class T>
  void object(const char* key, T& value) {
    Reader reader(json_.at(key));
    fields(value, reader);
  }

 private:
  const Json& json_;
};

template <class Io>
void fields(FaultRecord& fault, Io& io) {
  io("kind", fault.kind);
  io("node", fault.node);
  io("at_ms", fault.at_ms);
  io("healed_ms", fault.healed_ms);
  io("took_hold", fault.took_hold);
  io("proof", fault.proof);
  io("sent", fault.sent);
  io("waited", fault.waited);
  io("longest_ms", fault.longest_ms);
  io("first_ack_ms", fault.first_ack_ms);
  io("normal_ms", fault.normal_ms);
  io("never_acked", fault.never_acked);
  io("suspected_ms", fault.suspected_ms);
  io("agreed_ms", fault.agreed_ms);
  io("home_ms", fault.home_ms);
  io("home_note", fault.home_note);
}

template <class Io>
void fields(TimelineEntry& entry, Io& io) {
  io("at_ms", entry.at_ms);
  io("what", entry.what);
  io("text", entry.text);
}

template <class Io>
void fields(LoadSecond& second, Io& io) {
  io("due", second.due);
  io("acked", second.acked);
  io("longest_ms", second.longest_ms);
}

template <class Io>
void fields(LoadFigures& load, Io& io) {
  io("sent", load.sent);
  io("acked", load.acked);
  io("refused", load.refused);
  io("unknown", load.unknown);
  io("turned_away_batches", load.turned_away);
  io("hedged_batches", load.hedged);
  io("single", load.single);
  io("held", load.held);
  io("durable", load.durable);
  io("no_class", load.no_class);
  io("p50_ms", load.p50_ms);
  io("p99_ms", load.p99_ms);
  io("longest_wait_ms", load.longest_wait_ms);
  io("longest_silence_ms", load.longest_silence_ms);
  io("longest_client_silence_ms", load.longest_client_silence_ms);
  io("within_second", load.within_second);
  io.list("seconds", load.seconds);
}

template <class Io>
void fields(CheckCounts& counts, Io& io) {
  io("meters", counts.meters);
  io("acked", counts.acked);
  io("unknown_stored", counts.unknown_stored);
  io("unknown_not_stored", counts.unknown_not_stored);
  io("refused", counts.refused);
  io("lost", counts.lost);
  io("doubled", counts.doubled);
  io("changed", counts.changed);
  io("phantom", counts.phantom);
  io("intervals_right", counts.intervals_right);
  io("intervals_wrong", counts.intervals_wrong);
  io("unread", counts.unread);
}

template <class Io>
void fields(NodeReading& reading, Io& io) {
  io("node", reading.node);
  fields(reading.counts, io);
  io("unread_reason", reading.unread_reason);
  io("rotten", reading.rotten);
}

template <class Io>
void fields(CopiesFound& copies, Io& io) {
  io("registers", copies.registers);
  io("differing", copies.differing);
  io("too_few", copies.too_few);
  io("unread", copies.unread);
  io("left_out", copies.left_out);
  io("expected", copies.expected);
}

template <class Io>
void fields(ChaosLoad& load, Io& io) {
  io("meters", load.meters);
  io("rate", load.rate);
  io("clients", load.clients);
  io("http_clients", load.http_clients);
  io("batch", load.batch);
  io("hedge_ms", load.hedge_ms);
}

template <class Io>
void fields(ChaosBudget& budget, Io& io) {
  io("rto_ms", budget.rto_ms);
  io("home_ms", budget.home_ms);
}

// What is planned as faults is told by what was done.
template <class Io>
void fields(ChaosPlan& plan, Io& io) {
  io("name", plan.name);
  io("about", plan.about);
  io("nodes", plan.nodes);
  io("copies", plan.copies);
  io("duration_ms", plan.duration_ms);
  io("settle_ms", plan.settle_ms);
  io("settings", plan.settings);
  io.object("load", plan.load);
  io.object("budget", plan.budget);
}

template <class Io>
void fields(ChaosReport& report, Io& io) {
  io("seed", report.seed);
  io("version", report.version);
  io("started", report.started);
  io("replay", report.replay);
  io("folder", report.folder);
  io.object("plan", report.plan);
  io("exit_code", report.exit_code);
  io("reason", report.reason);
  io("trouble", report.trouble);
  io("ring_ms", report.ring_ms);
  io("quiet_ms", report.quiet_ms);
  io("not_quiet", report.not_quiet);
  io("lost_nodes", report.lost_nodes);
  io("untold", report.untold);
  io("crashed", report.crashed);
  io.list("faults", report.faults);
  io.list("timeline", report.timeline);
  io.object("ledger", report.load);
  io.list("readings", report.readings);
  io.object("copies", report.copies);
  io("evidence", report.evidence);
}

Verdict verdict_of(const std::string& text) {
  if (text == to_string(Verdict::pass)) return Verdict::pass;
  return text == to_string(Verdict::fail) ? Verdict::fail : Verdict::inconclusive;
}

}  // namespace

std::string render_chaos_json(const ChaosReport& report) {
  Json json = Json::object();
  json["schema"] = kSchema;
  json["verdict"] = to_string(report.verdict);
  Writer writer(json);
  ChaosReport copy = report;
  fields(copy, writer);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ChaosReport> parse_chaos_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("schema").get<std::string>() != kSchema) {
      return fail(ErrorCode::corrupt, fmt::format("the report is not of schema {}", kSchema));
    }
    ChaosReport report;
    Reader reader(json);
    fields(report, reader);
    report.verdict = verdict_of(json.at("verdict").get<std::string>());
    return report;
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("the report is not what it should be: {}", error.what()));
  }
}

}  // namespace wattring::sim
