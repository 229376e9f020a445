// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

using Json = nlohmann::json;

std::int64_t number_or_unknown(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_number_integer() ? -1 : found->get<std::int64_t>();
}

const Json& object_or_empty(const Json& json, const char* key) {
  static const Json kEmpty = Json::object();
  const auto found = json.find(key);
  return found == json.end() || !found->is_object() ? kEmpty : *found;
}

ChaosStatus status_of(const Json& json) {
  ChaosStatus status;
  status.node = json.at("node").get<std::string>();
  status.node_id = json.value("node_id", "");
  status.version = json.value("version", "");
  if (const auto at = parse_rfc3339(json.value("at", ""))) status.at_ms = *at;
  status.ready = json.value("ready", false);
  status.refused_total = object_or_empty(json, "ingest").value("refused_total", std::uint64_t{0});
  const Json& journal = object_or_empty(json, "journal");
  status.disk_reserve = journal.value("disk_reserve", false);
  status.last_lsn = journal.value("last_lsn", std::uint64_t{0});
  status.disk_free_bytes = number_or_unknown(journal, "disk_free_bytes");
  const Json& ring = object_or_empty(json, "ring");
  status.ring_version = number_or_unknown(ring, "version");
  status.ring_members = number_or_unknown(ring, "members");

  return status;
}

}  // namespace

Result<ChaosStatus> parse_chaos_status(std::string_view body) {
  try {
    return status_of(Json::parse(body));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("the status is not what the API promises: {}", error.what()));
  }
}

void read_chaos_metrics(std::string_view body, ChaosStatus& status) {
  const std::pair<std::string_view, std::int64_t*> wanted[] = {
      {R"(wattring_shards{state="owner"} )", &status.shards_owned},
      {R"(wattring_shards{state="filling"} )", &status.shards_filling},
      {R"(wattring_shards{state="holder"} )", &status.shards_held},
      {R"(wattring_shards{state="missing"} )", &status.shards_missing},
      {"wattring_replication_lagging ", &status.lagging},
      {"wattring_corrupt_values_total ", &status.corrupt_values},
  };
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    for (const auto& [start, into] : wanted) {
      if (!line.starts_with(start)) continue;
      std::int64_t value = -1;
      const auto parsed = std::from_chars(line.data() + start.size(), line.data() + line.size(), value);
      if (parsed.ec == std::errc()) *into = value;
    }
  }
}

}  // namespace wattring::sim
