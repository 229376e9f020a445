// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/commands/commands.hpp"

namespace wattring::ctl {

Outcome<Answer> version(Session& session) {
  Answer answer;
  answer.text = "wattringctl " WATTRING_VERSION "\n";
  Json nodes = Json::Array{};
  answer.csv.columns = {"address", "version"};
  for (const Session::Reply& reply : session.ask_all("/version")) {
    Json row;
    row.set("address", reply.node.address);
    if (reply.status == 200) {
      row.set("version", reply.body["version"].string());
      answer.text += fmt::format("{}  {}\n", reply.node.address, reply.body["version"].string());
    } else {
      row.set("version", nullptr);
      answer.text += fmt::format("{}  no answer\n", reply.node.address);
    }
    answer.csv.rows.push_back({reply.node.address, row["version"].string()});
    nodes.push(std::move(row));
  }
  answer.document.set("schema", "wattring.version/1").set("client", WATTRING_VERSION).set("nodes", std::move(nodes));
  return answer;
}

}  // namespace wattring::ctl
