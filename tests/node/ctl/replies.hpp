// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

/// What nodes answer, as the HTTP API writes it.

namespace wattring::ctl::replies {

inline std::string status(const std::string& verdict, const std::string& problems, bool ready = true) {
  return R"({"schema":"wattring.status/1","cluster":"plant-north","node":"n1","node_id":"0123","version":"0.1.0",)"
         R"("at":"2026-02-11T13:07:30Z","started":"2026-02-08T09:07:30Z","verdict":")" +
         verdict + R"(","ready":)" + (ready ? "true" : "false") +
         R"(,"insecure":false,"views":{"asked":1,"answered":1,"agree":true},"problems":[)" + problems +
         R"(],"nodes":{"up":1,"suspect":0,"down":0,"draining":0},)"
         R"("shards":{"owned":1012,"recovering":12,"moving":0,"nobody":0},"meters":{"known":120000},)"
         R"("ingest":{"acked_per_s":8000.4,"p50_s":0.0019,"p99_s":0.0064,"stored_total":1234567,"refused_total":12,)"
         R"("duplicate_total":345,"in_flight_bytes":1048576,"in_flight_bytes_max":268435456},)"
         R"("journal":{"used_bytes":1288490188,"map_bytes":17179869184,"reusable_bytes":104857600,)"
         R"("file_bytes":1395864371,"disk_free_bytes":335007449088,"disk_reserve":false,"records":1234,)"
         R"("last_lsn":5678,"unsealed_facts":890,"commit_p99_s":0.0038},)"
         R"("endpoints":{"membership":"127.0.0.1:7411","http":"127.0.0.1:7414"}})"
         "\n";
}

inline const std::string kDiskReserve =
    R"({"code":"DISK_RESERVE","severity":"critical","subject":"n1","text":"the reserve is reached; readings are refused",)"
    R"("do":"make room on the volume","since":"2026-02-11T13:00:00Z"})";
inline const std::string kInsecure =
    R"({"code":"INSECURE","severity":"warn","subject":"listen.http","text":"anyone who reaches it can write",)"
    R"("do":"listen on loopback","since":"2026-02-11T12:00:00Z"})";

/// A member of a view: its http address is NAME:1.
inline std::string member(const std::string& name, const std::string& state, const std::string& self = "") {
  const bool is_self = name == self;
  return R"({"node":")" + name + R"(","id":"id-)" + name + R"(","address":")" + name + R"(:7411","state":")" + state +
         R"(","for_s":)" + (state == "up" ? "273840" : "38") + R"(,"seen_up_by":)" + (state == "up" ? "1" : "0") +
         R"(,"self":)" + (is_self ? "true" : "false") + R"(,"flapping":false,"epoch":5,"incarnation":2,"why":")" +
         (state == "down" ? "held dead; connection refused to n1" : "") +
         R"(","accusers":[],"round_trip_s":null,"zone":"","weight":100)" +
         (is_self ? R"(,"version":"0.1.0","ready":true,"shards":1024,"meters":30000)" : "") +
         R"(,"endpoints":{"membership":")" + name + R"(:7411","http":")" + name + R"(:1"}})";
}

/// The view of `self`; states: "n1=up n2=down".
inline std::string view(const std::string& self, const std::string& states,
                        const std::string& hash = "00c0ffee12345678") {
  std::string members;
  for (std::size_t at = 0; at < states.size();) {
    const std::size_t end = std::min(states.find(' ', at), states.size());
    const std::string one = states.substr(at, end - at);
    const std::size_t equals = one.find('=');
    members += (members.empty() ? "" : ",") + member(one.substr(0, equals), one.substr(equals + 1), self);
    at = end + 1;
  }
  return R"({"schema":"wattring.members/1","cluster":"plant-north","node":")" + self +
         R"(","at":"2026-02-11T13:07:30Z","views":{"asked":1,"answered":1,"agree":true,"hash":")" + hash +
         R"(","version":7,"joined":true},"local_health":0,"members":[)" + members + "]}";
}

/// The status of a member of a cluster.
inline std::string status_of(const std::string& node, const std::string& nodes, const std::string& problems = "",
                             const std::string& hash = "00c0ffee12345678", const std::string& version = "0.1.0") {
  std::string text = status(problems.empty() ? "healthy" : "degraded", problems);
  const auto replace = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace(R"("node":"n1")", R"("node":")" + node + '"');
  replace(R"("node_id":"0123")", R"("node_id":"id-)" + node + '"');
  replace(R"("version":"0.1.0")", R"("version":")" + version + '"');
  replace(R"("agree":true})", R"("agree":true,"hash":")" + hash + R"(","version":7,"joined":true})");
  replace(R"({"up":1,"suspect":0,"down":0,"draining":0})", nodes);
  return text;
}

inline const std::string kThreeUp = R"({"up":3,"suspect":0,"down":0,"draining":0,"joining":0,"left":0})";
inline const std::string kTwoUp = R"({"up":2,"suspect":0,"down":1,"draining":0,"joining":0,"left":0})";
inline const std::string kN3Down =
    R"_({"code":"NODE_DOWN","severity":"warn","subject":"n3","text":"held dead; connection refused to n1",)_"
    R"("do":"start it again","since":"2026-02-11T13:06:52Z"})";

/// A meter with two import tariffs, one export register and power.
inline const std::string kMeter =
    R"({"meter":"M-1","shard":87,"home":"n1","last_time":"2026-02-11T13:07:20Z","registers":[)"
    R"({"register":"1-0:1.8.2","name":"import_t2","unit":"Wh","last_time":"2026-02-11T13:07:20Z","last_value":18204731,"last_quality":"actual"},)"
    R"({"register":"1-0:1.8.1","name":"import_t1","unit":"Wh","last_time":"2026-02-11T13:07:20Z","last_value":904100,"last_quality":"actual"},)"
    R"({"register":"1-0:2.8.1","name":"export_t1","unit":"Wh","last_time":"2026-02-11T13:07:20Z","last_value":12,"last_quality":"actual"},)"
    R"({"register":"1-0:1.7.0","name":"power","unit":"W","last_time":"2026-02-11T13:07:20Z","last_value":1420,"last_quality":"actual"},)"
    R"({"register":"0-0:96.13.0","name":"message","unit":null,"last_time":"2026-02-10T00:00:00Z","last_value":"moved","last_quality":"actual"}]})";

inline const std::string kFiring =
    R"({"id":"5f2a91c0d3e4b718","revision":"17.8a1b2c3d","rule":"over-power","meter":"EM-3","phase":"","state":"firing",)"
    R"("severity":"critical","since":"2026-02-11T12:58:20Z","fired":"2026-02-11T12:59:20Z","last":"2026-02-11T13:07:20Z",)"
    R"("resolved":null,"value":11420,"count":17,"flapping":true,"told":true,"acked_by":null,"acked_at":null,"note":null})";
inline const std::string kAcked =
    R"({"id":"0b71d2aa90ce4412","revision":"3.00ff00ff","rule":"voltage-low","meter":"EM-7","phase":"L2","state":"acked",)"
    R"("severity":"warn","since":"2026-02-10T22:00:00Z","fired":"2026-02-10T22:00:10Z","last":"2026-02-10T22:04:00Z",)"
    R"("resolved":null,"value":1984,"count":3,"flapping":false,"told":true,"acked_by":"kim",)"
    R"("acked_at":"2026-02-10T22:10:00Z","note":"the network operator knows"})";
inline const std::string kResolved =
    R"({"id":"77e0d2aa90ce4412","revision":"9.01020304","rule":"over-power","meter":"EM-4","phase":"","state":"resolved",)"
    R"("severity":"critical","since":"2026-02-11T07:00:00Z","fired":"2026-02-11T07:01:00Z","last":"2026-02-11T07:20:00Z",)"
    R"("resolved":"2026-02-11T07:20:10Z","value":9900,"count":9,"flapping":false,"told":true,"acked_by":null,)"
    R"("acked_at":null,"note":null})";

}  // namespace wattring::ctl::replies
