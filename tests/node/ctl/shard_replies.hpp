// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

/// What nodes answer about shards, as the HTTP API writes it.

namespace wattring::ctl::replies {

inline std::string ring(int version = 4, const std::string& id = "00c0ffee12345678", bool fenced = true) {
  return fmt::format(
      R"("ring":{{"version":{},"id":"{}","members":3,"copies":3,"acks":2,"copies_wanted":3,"acks_wanted":2,)"
      R"("in_ring":true,"fenced":{},"worst_ack":"durable"}})",
      version, id, fenced);
}

struct ShardsReply {
  std::string node = "n1";
  int version = 4;
  bool n3_away = false;  ///< shard 2 then has no home: nobody
  std::string role_of_1 = "owner";
  std::string role_of_3 = "owner";
  int missing = 0;
  std::string arriving_of_1{};  ///< JSON
  std::string filled_in_s = "null";
  std::string name_of_n3 = "n3";
  std::string id_of_n3 = "id-n3";
};

/// Four shards of three nodes; shard i has its home at n(i % 3 + 1).
inline std::string shards(const ShardsReply& what) {
  std::string members;
  const auto name_of = [&](const std::string& name) { return name == "n3" ? what.name_of_n3 : name; };
  const auto id_of = [&](const std::string& name) { return name == "n3" ? what.id_of_n3 : "id-" + name; };
  for (const char* name : {"n1", "n2", "n3"})
    members += fmt::format(R"({}{{"node":"{}","id":"{}","weight":100,"zone":"","self":{},"reachable":{},)"
                           R"("draining":false,"lagging":false,"homes":1,"copies":4}})",
                           members.empty() ? "" : ",", name_of(name), id_of(name), what.node == name,
                           !(what.n3_away && std::string(name) == "n3"));
  const auto nth = [&](int i) { return name_of(fmt::format("n{}", i % 3 + 1)); };
  std::string rows;
  for (int i = 0; i < 4; ++i) {
    const bool nobody = what.n3_away && i == 2;
    rows += fmt::format(
        R"({}{{"shard":{},"home":{},"owners":["{}","{}","{}"],"reachable":{},"state":"{}","ack":"{}","here":"{}"{}}})",
        i == 0 ? "" : ",", i, nobody ? "null" : fmt::format("\"{}\"", nth(i)), nth(i), nth(i + 1), nth(i + 2),
        nobody         ? 0
        : what.n3_away ? 2
                       : 3,
        nobody         ? "nobody"
        : what.n3_away ? "degraded"
                       : "ok",
        nobody ? "held" : "durable",
        i == 1   ? what.role_of_1
        : i == 3 ? what.role_of_3
                 : "owner",
        i == 1 && !what.arriving_of_1.empty() ? R"(,"arriving":)" + what.arriving_of_1 : "");
  }
  const auto count = [&](const char* role) {
    return (what.role_of_1 == role ? 1 : 0) + (what.role_of_3 == role ? 1 : 0);
  };
  return fmt::format(
      R"({{"schema":"wattring.shards/1","node":"{}","at":"2026-02-11T13:07:30Z",{},"members":[{}],)"
      R"("counts":{{"ok":4,"degraded":0,"filling":{},"nobody":0,"missing":{},"held":{},"owned":4,"homes":1,"filled_in_s":{}}},)"
      R"("shards":[{}]}})",
      what.node, ring(what.version), members, count("filling"), what.missing, count("holder"), what.filled_in_s, rows);
}

inline std::string plan(const std::string& would_lose = "", int lost = 0, const std::string& unreachable = "",
                        const std::string& held = "") {
  return fmt::format(
      R"("plan":{{"version":5,"made_from":"00c0ffee12345678","members":2,"copies":2,"acks":2,"copies_moved":0,)"
      R"("optimum":0,"homes_moved":341,"balance_homes":1.04,"balance_copies":1,"nodes":[)"
      R"({{"node":"n1","id":"id-n1","homes_before":341,"homes_after":512,"copies_before":1024,"copies_after":1024}},)"
      R"({{"node":"n2","id":"id-n2","homes_before":342,"homes_after":512,"copies_before":1024,"copies_after":1024}},)"
      R"({{"node":"n3","id":"id-n3","homes_before":341,"homes_after":0,"copies_before":1024,"copies_after":0}}],)"
      R"("warnings":["2 copies instead of 3"],"would_lose":"{}","would_lose_count":{},"held_by_removed":"{}",)"
      R"("unreachable":[{}]}})",
      would_lose, lost, held, unreachable);
}

}  // namespace wattring::ctl::replies
