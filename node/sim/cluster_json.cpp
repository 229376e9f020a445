// SPDX-License-Identifier: Apache-2.0
#include "node/sim/cluster_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/json_writer.hpp"
#include "node/sim/local_cluster.hpp"

namespace wattring::sim {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema = "wattringsim.cluster/1";

// Every parser runs in here: the library throws on malformed text and on a field of another type.
template <class Parse>
auto guarded_text(std::string_view what, std::string_view text, Parse parse) -> Result<decltype(parse(Json()))> {
  try {
    return parse(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("{} is not what it should be: {}", what, error.what()));
  }
}

NodeEndpoints endpoints_of(const Json& json) {
  return {json.value("membership", ""), json.value("peers", ""), json.value("ingest", ""), json.value("http", ""),
          json.value("data", "")};
}

void write_node(JsonWriter& json, const LocalNode& node) {
  json.begin_object().field("node", node.name).key("pid").integer(node.process.pid);
  json.key("start_ticks").count(node.process.start_ticks).field("boot", node.process.boot);
  json.object("endpoints").field("membership", node.endpoints.membership).field("peers", node.endpoints.peers);
  json.field("ingest", node.endpoints.ingest).field("http", node.endpoints.http);
  json.field("data", node.endpoints.data).end_object();
  json.end_object();
}

/// Folders are removed by these names.
bool is_node_name(std::string_view name) {
  return name.size() >= 2 && name.size() <= 4 && name.front() == 'n' &&
         std::all_of(name.begin() + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string render_local_cluster(const LocalCluster& cluster) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().field("schema", kSchema).array("nodes");
  for (const LocalNode& node : cluster.nodes) write_node(json, node);
  json.end_array().end_object();
  return text + "\n";
}

Result<LocalCluster> parse_local_cluster(std::string_view text) {
  const auto parse = [](const Json& json) {
    LocalCluster cluster;
    if (json.at("schema").get<std::string>() != kSchema) throw Json::other_error::create(500, "other schema", &json);
    for (const Json& row : json.at("nodes")) {
      LocalNode node;
      node.name = row.at("node").get<std::string>();
      if (!is_node_name(node.name)) throw Json::other_error::create(501, "a strange name", &row);
      node.process = {row.at("pid").get<int>(), row.at("start_ticks").get<std::uint64_t>(),
                      row.at("boot").get<std::string>()};
      node.endpoints = endpoints_of(row.at("endpoints"));
      cluster.nodes.push_back(std::move(node));
    }
    return cluster;
  };
  return guarded_text("cluster.json", text, parse);
}

Result<NodeEndpoints> parse_endpoints(std::string_view text) {
  return guarded_text("endpoints.json", text, endpoints_of);
}

Result<std::vector<SeenMember>> parse_members(std::string_view body) {
  return guarded_text("the answer about members", body, [](const Json& json) {
    std::vector<SeenMember> members;
    for (const Json& row : json.at("members")) {
      members.push_back({row.at("node").get<std::string>(), row.at("state").get<std::string>()});
    }
    return members;
  });
}

}  // namespace wattring::sim
