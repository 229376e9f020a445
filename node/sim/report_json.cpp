// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "node/sim/check_report.hpp"
#include "node/sim/load_report.hpp"

namespace wattring::sim {
namespace {

using Json = nlohmann::ordered_json;

double ms(std::int64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

// Texts may come from outside; what is not UTF-8 is replaced, never thrown.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string render_bench_json(const RunOptions& options, const LoadReport& report) {
  const LatencyHistogram& latency = report.all.latency;
  Json json;
  json["schema"] = "wattring.bench/1";
  json["cluster"] = report.cluster;
  json["version"] = report.version;
  json["as"] = options.generate_only ? "generate-only" : std::string(to_string(options.as));
  json["loop"] = options.load.rate > 0 ? "open" : "closed";
  json["clients"] = options.clients;
  json["meters"] = options.fleet.meters;
  json["registers"] = options.fleet.registers;
  json["every_ms"] = options.fleet.every_ms;
  json["batch_readings"] = options.load.batch;
  json["seed"] = options.fleet.seed;
  json["ledger"] = !report.ledger.empty();
  json["seconds"] = report.seconds;
  json["sent"] = report.sent;
  json["acked"] = report.acked;
  json["refused"] = report.refused;
  json["unknown"] = report.unknown;
  json["busy_batches"] = report.busy;
  json["resent_batches"] = report.resent;
  json["reconnects"] = report.reconnects;
  json["readings_per_s"] = report.rate();
  json["latency_from"] = options.load.rate > 0 ? "due time" : "first sending";
  json["latency_ms"] = {{"count", latency.count()},
                        {"p50", ms(latency.quantile_ns(0.5))},
                        {"p90", ms(latency.quantile_ns(0.9))},
                        {"p99", ms(latency.quantile_ns(0.99))},
                        {"p99_9", ms(latency.quantile_ns(0.999))},
                        {"max", ms(latency.max_ns())}};
  return dumped(json) + "\n";
}

std::string render_check_json(const CheckReport& report) {
  const CheckCounts& counts = report.counts;
  Json json;
  json["schema"] = "wattring.check/1";
  json["verdict"] = to_string(report.judgement.verdict);
  json["reason"] = report.judgement.reason;
  json["ledger"] = report.ledger;
  json["ledger_ending"] = report.ending;
  json["readings_sent"] = report.readings_sent;
  json["meters_in_ledger"] = report.meters_in_ledger;
  json["meters_checked"] = counts.meters;
  json["sampled"] = counts.meters < report.meters_in_ledger;
  json["sample_seed"] = report.sample_seed;
  json["acked"] = counts.acked;
  json["refused"] = counts.refused;
  json["unknown_stored"] = counts.unknown_stored;
  json["unknown_not_stored"] = counts.unknown_not_stored;
  json["lost"] = counts.lost;
  json["doubled"] = counts.doubled;
  json["changed"] = counts.changed;
  json["phantom"] = counts.phantom;
  json["intervals_right"] = counts.intervals_right;
  json["intervals_wrong"] = counts.intervals_wrong;
  json["registers_unread"] = counts.unread;
  json["unread_reason"] = report.unread_reason;
  json["evidence"] = Json::array();
  for (const Evidence& evidence : report.evidence) {
    json["evidence"].push_back({{"finding", to_string(evidence.finding)}, {"text", evidence.text}});
  }
  return dumped(json) + "\n";
}

}  // namespace wattring::sim
