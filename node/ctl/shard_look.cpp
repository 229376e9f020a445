// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/shard_look.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/ctl/member_names.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

bool has_ring(const Session::Reply& reply) {
  return reply.status == 200 && reply.body["ring"]["version"].integer() > 0;
}

const Session::Reply* newest_of(const std::vector<Session::Reply>& replies) {
  const Session::Reply* newest = nullptr;
  for (const Session::Reply& reply : replies) {
    if (!has_ring(reply)) continue;
    if (newest == nullptr || newest->body["ring"]["version"].integer() < reply.body["ring"]["version"].integer())
      newest = &reply;
  }
  return newest;
}

/// Who says that the shard is filling there, or held there for others.
Json names_with(const std::vector<Session::Reply>& replies, std::size_t shard, const char* role) {
  Json names = Json::Array{};
  for (const Session::Reply& reply : replies) {
    const auto& rows = reply.body["shards"].items();
    if (reply.status == 200 && shard < rows.size() && rows[shard]["here"].string() == role)
      names.push(Json(reply.name()));
  }
  return names;
}

/// What is on its way to whom, as those say to whom it comes.
Json arriving_at(const std::vector<Session::Reply>& replies, std::size_t shard) {
  Json all = Json::Array{};
  for (const Session::Reply& reply : replies) {
    const auto& rows = reply.body["shards"].items();
    if (reply.status != 200 || shard >= rows.size() || rows[shard]["arriving"].is_null()) continue;
    Json one;
    one.set("node", reply.name());
    for (const char* name : {"from", "bytes", "for_s"}) one.set(name, rows[shard]["arriving"][name]);
    all.push(std::move(one));
  }
  return all;
}

/// The id that the node has in its own answer; empty when it is in no ring.
std::string own_id(const Session::Reply& reply) {
  for (const Json& seat : reply.body["members"].items())
    if (seat["self"].boolean()) return seat["id"].string();
  return {};
}

Json with_names(const Json& word, const Named& named) {
  const auto name = word.is_string() ? named.renamed.find(word.string()) : named.renamed.end();
  return name == named.renamed.end() ? word : Json(name->second);
}

Json rows_of(const std::vector<Session::Reply>& replies, const Json& newest, const Named& named) {
  Json out = Json::Array{};
  const auto& rows = newest["shards"].items();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Json row;
    for (const char* name : {"shard", "home", "owners", "reachable", "state", "ack"}) row.set(name, rows[i][name]);
    if (!named.renamed.empty()) {
      Json owners = Json::Array{};
      for (const Json& owner : rows[i]["owners"].items()) owners.push(with_names(owner, named));
      row.set("home", with_names(rows[i]["home"], named)).set("owners", std::move(owners));
    }
    Json filling = names_with(replies, i, "filling");
    if (row["state"].string() == "ok" && !filling.items().empty()) row.set("state", "filling");
    row.set("filling", std::move(filling)).set("held", names_with(replies, i, "holder"));
    row.set("arriving", arriving_at(replies, i));
    out.push(std::move(row));
  }
  return out;
}

Json members_of(const std::vector<Session::Reply>& replies, const Json& members) {
  Json out = Json::Array{};
  for (const Json& seat : members.items()) {
    Json row;
    for (const char* name : {"node", "id", "weight", "zone", "reachable", "draining", "lagging", "homes", "copies"})
      row.set(name, seat[name]);
    const auto said = std::ranges::find_if(replies, [&](const Session::Reply& reply) {
      return reply.status == 200 && own_id(reply) == seat["id"].string();
    });
    const Json nothing;
    const Json& counts = said == replies.end() ? nothing : said->body["counts"];
    for (const char* name : {"filling", "missing", "held", "filled_in_s"}) row.set(name, counts[name]);
    out.push(std::move(row));
  }
  return out;
}

Json silent_of(const ShardLook& look) {
  Json out = Json::Array{};
  for (const Session::Reply& reply : look.replies) {
    if (reply.status == 200) continue;
    Json row;
    row.set("node", reply.node.name).set("address", reply.node.address).set("reason", reply.trouble());
    out.push(std::move(row));
  }
  return out;
}

bool is_live(const Json& member) {
  const std::string& state = member["state"].string();
  return state != "down" && state != "left";
}

bool has_seat(const ShardLook& look, const char* field, const std::string& value) {
  return std::ranges::any_of(look.members.items(), [&](const Json& seat) { return seat[field].string() == value; });
}

/// All that is known at that address is held dead, and removed from the ring.
bool has_no_part(const ShardLook& look, const std::vector<Json>& members, const std::string& address) {
  bool known = false;
  for (const Json& member : members) {
    if (member["endpoints"]["http"].string() != address) continue;
    known = true;
    if (is_live(member) || has_seat(look, "id", member["id"].string())) return false;
  }
  return known;
}

}  // namespace

std::size_t ShardLook::count(const char* state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(shards.items(), [&](const Json& row) { return row["state"].string() == state; }));
}

Outcome<ShardLook> look_at_shards(Session& session) {
  ShardLook look;
  look.replies = session.ask_each(find_nodes(session).nodes, "/api/v1/shards");
  look.answered = static_cast<std::size_t>(std::ranges::count_if(look.replies, has_ring));
  const Session::Reply* const newest = newest_of(look.replies);
  if (newest == nullptr) {
    const bool none = std::ranges::none_of(look.replies, [](const auto& reply) { return reply.status == 200; });
    if (none) return tl::unexpected(session.nobody_useful(look.replies));
    return tl::unexpected(Trouble{kExitNoAnswer,
                                  "The nodes that answered know of no ring yet: they have not met those that do.\n"
                                  "Readings are not stored meanwhile. See: wattringctl members --views\n"});
  }
  look.ring = newest->body["ring"];
  for (const Session::Reply& reply : look.replies)
    if (has_ring(reply)) look.agree = look.agree && reply.body["ring"]["id"].string() == look.ring["id"].string();
  const Named named = with_names(newest->body["members"], look.replies);
  look.unnamed = named.note;
  look.members = members_of(look.replies, named.members);
  look.shards = rows_of(look.replies, newest->body, named);
  return look;
}

Json shards_document(const ShardLook& look, Json rows) {
  Json document;
  Json views;
  views.set("asked", look.replies.size()).set("answered", look.answered).set("agree", look.agree);
  document.set("schema", "wattring.shards/1").set("views", std::move(views)).set("ring", look.ring);
  document.set("members", look.members);
  Json counts;
  for (const char* state : {"ok", "degraded", "filling", "nobody"}) counts.set(state, look.count(state));
  document.set("counts", std::move(counts)).set("shards", std::move(rows));
  return document.set("silent", silent_of(look));
}

std::string unsettled(const ShardLook& look, const std::vector<Json>& members) {
  if (!look.agree) return "the nodes do not have the same ring yet";
  for (const Json& member : members)
    if (const std::string& name = member["node"].string(); is_live(member) && !has_seat(look, "node", name))
      return fmt::format("{} is not in the ring yet", name);
  for (const Session::Reply& reply : look.replies) {
    if (reply.status != 200 && has_no_part(look, members, reply.node.address)) continue;
    if (reply.status != 200) return fmt::format("{} does not answer: {}", reply.node.label(), reply.trouble());
    const Json& counts = reply.body["counts"];
    const auto waits = [&](const char* name, const char* what) {
      const auto n = static_cast<std::size_t>(counts[name].integer());
      return n == 0 ? std::string() : fmt::format("{} {} {}", reply.name(), what, plural(n, "shard"));
    };
    for (const auto& text : {waits("filling", "still fills"), waits("missing", "misses something of"),
                             waits("held", "still holds for others")})
      if (!text.empty()) return text;
  }
  if (look.count("nobody") != 0) return fmt::format("nobody serves {}", plural(look.count("nobody"), "shard"));
  if (look.count("degraded") != 0)
    return fmt::format("owners of {} cannot be reached", plural(look.count("degraded"), "shard"));
  if (!look.ring["fenced"].boolean(true)) return "not all members have gone over to the newest ring yet";
  return {};
}

}  // namespace wattring::ctl
