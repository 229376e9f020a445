// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/table.hpp"

namespace wattring::ctl {

Outcome<Answer> version(Session& session) {
  Answer answer;
  Json nodes = Json::Array{};
  answer.csv.columns = {"node", "address", "version"};
  Table table({{"NODE"}, {"ADDRESS"}, {"VERSION"}});
  for (const Session::Reply& reply : session.ask_each(find_nodes(session).nodes, "/version")) {
    const bool answered = reply.status == 200;
    const std::string& version = reply.body["version"].string();
    Json row;
    row.set("node", reply.node.name).set("address", reply.node.address);
    row.set("version", answered ? Json(version) : Json(nullptr));
    table.add({reply.node.name.empty() ? "-" : reply.node.name, reply.node.address,
               answered ? version : "no answer: " + reply.trouble()});
    answer.csv.rows.push_back({reply.node.name, reply.node.address, answered ? version : ""});
    nodes.push(std::move(row));
  }
  answer.text = "wattringctl " WATTRING_VERSION "\n\n" + table.text();
  answer.document.set("schema", "wattring.version/1").set("client", WATTRING_VERSION).set("nodes", std::move(nodes));
  return answer;
}

}  // namespace wattring::ctl
