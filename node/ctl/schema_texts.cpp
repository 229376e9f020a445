// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <vector>

#include "node/ctl/schema.hpp"

namespace wattring::ctl {
namespace {

constexpr std::array<SchemaText, 33> kSchemas{{
    {"status", "wattring.status/1",
     R"(at string
cluster string
endpoints?.http string
endpoints?.membership string
ingest.acked_per_s number
ingest.duplicate_total number
ingest.in_flight_bytes number
ingest.in_flight_bytes_max number
ingest.p50_s number
ingest.p99_s number
ingest.refused_total number
ingest.stored_total number
insecure? boolean
journal.commit_p99_s number
journal.disk_free_bytes number
journal.disk_reserve? boolean
journal.file_bytes number
journal.last_lsn? number
journal.map_bytes number
journal.records number
journal.reusable_bytes number
journal.unsealed_facts number
journal.used_bytes number
members?[].address string
members?[].answered boolean
members?[].at string null
members?[].node string
members?[].ready boolean null
members?[].started string null
members?[].verdict string null
members?[].version string null
meters.known number
node? string
node_id? string
nodes.down number
nodes.draining number
nodes.joining? number
nodes.left? number
nodes.suspect number
nodes.up number
problems[].code string
problems[].do string
problems[].seen_by?[] string
problems[].severity string
problems[].since string
problems[].subject string
problems[].text string
ready? boolean
ring?.acks number
ring?.acks_wanted number
ring?.copies number
ring?.copies_wanted number
ring?.fenced boolean
ring?.id string
ring?.in_ring boolean
ring?.members number
ring?.version number
ring?.worst_ack string
shards.degraded? number
shards.held? number
shards.homes? number
shards.missing? number
shards.moving number
shards.nobody number
shards.owned number
shards.recovering number
shards.total? number
silent[].address string
silent[].node string
silent[].reason string
started? string
turned_away?.foreign number
turned_away?.handshakes number
turned_away?.keys number
turned_away?.malformed number
turned_away?.requests number
verdict string
version? string
views.agree boolean
views.answered number
views.asked number
views.hash? string null
views.joined? boolean
views.version? number)"},
    {"health", "wattring.health/1",
     R"(answered number
asked number
problems[].code string
problems[].do string
problems[].seen_by?[] string
problems[].severity string
problems[].since string
problems[].subject string
problems[].text string
silent[].address string
silent[].node string
silent[].reason string
verdict string)"},
    {"members", "wattring.members/1",
     R"(matrix[].address string
matrix[].answered boolean
matrix[].hash string null
matrix[].node string
matrix[].sees.* string
members[].accusers?[].evidence string
members[].accusers?[].node string
members[].address string
members[].endpoints?.* string
members[].epoch? number
members[].flapping? boolean
members[].for_s number
members[].id string
members[].incarnation? number
members[].meters? number
members[].node string
members[].ready? boolean
members[].round_trip_s? number null
members[].seen_up_by number
members[].self? boolean
members[].shards? number
members[].state string
members[].states[] string
members[].version? string
members[].weight? number
members[].why? string
members[].zone? string
silent[].address string
silent[].node string
silent[].reason string
views.agree boolean
views.answered number
views.asked number)"},
    {"events", "wattring.events/1",
     R"(events[].accusers[].evidence string
events[].accusers[].node string
events[].address? string
events[].detail string
events[].epoch? number
events[].event string
events[].id? string
events[].incarnation? number
events[].node? string
events[].seen_by string
events[].sequence number
events[].time string
silent[].address string
silent[].node string
silent[].reason string
since string)"},
    {"doctor", "wattring.doctor/1",
     R"(ok number
warn number
fail number
checks[].result string
checks[].check string
checks[].text string
checks[].fix string)"},
    {"problems", "wattring.problems/1",
     R"(at? string
problems[].code string
problems[].do string
problems[].seen_by[] string
problems[].severity string
problems[].since string
problems[].subject string
problems[].text string
silent[].address string
silent[].node string
silent[].reason string)"},
    {"problems explain", "wattring.problem/1",
     R"(checks[] string
clears string
code string
meaning string
not string
risk string)"},
    {"keygen", "wattring.keys/1",
     R"(allow string
file string
name string
public_key string
role string
text? string)"},
    {"wait", "wattring.wait/1",
     R"(reached string
waited_s number)"},
    {"version", "wattring.version/1",
     R"(client string
nodes[].address string
nodes[].node? string
nodes[].version string null)"},
    {"alerts", "wattring.alerts/1",
     R"(alerts[].acked_at string null
alerts[].acked_by string null
alerts[].count number
alerts[].fired string
alerts[].flapping boolean
alerts[].id string
alerts[].last string
alerts[].meter string
alerts[].note string null
alerts[].phase string
alerts[].resolved string null
alerts[].revision string
alerts[].rule string
alerts[].severity string
alerts[].since string
alerts[].state string
alerts[].told boolean
alerts[].value number
at string
total number)"},
    {"alerts ack", "wattring.alerts-ack/1",
     R"(alert.acked_at string null
alert.acked_by string null
alert.count number
alert.fired string
alert.flapping boolean
alert.id string
alert.last string
alert.meter string
alert.note string null
alert.phase string
alert.resolved string null
alert.revision string
alert.rule string
alert.severity string
alert.since string
alert.state string
alert.told boolean
alert.value number)"},
    {"alerts explain", "wattring.alerts-explain/1",
     R"(checks[] string
clears string
fires string
formula string
kind string
meaning string
not string)"},
    {"alerts mute", "wattring.alerts-mute/1",
     R"(silence.active boolean
silence.by string
silence.from string
silence.id string
silence.meter string
silence.rule string
silence.until string
silence.why string)"},
    {"alerts silences", "wattring.silences/1",
     R"(at string
silences[].active boolean
silences[].by string
silences[].from string
silences[].id string
silences[].meter string
silences[].rule string
silences[].until string
silences[].why string)"},
    {"alerts unmute", "wattring.alerts-unmute/1", R"(removed string)"},
    {"rules apply", "wattring.rules-apply/1",
     R"(created[] string
unchanged[] string)"},
    {"rules list", "wattring.rules/1",
     R"(at string
profiles[].connection_limit_w number
profiles[].effective string
profiles[].match[] string
profiles[].name string
profiles[].nominal_period_ms number
profiles[].revision number
profiles[].roster[] string
profiles[].toml string
rules[].current boolean
rules[].disabled boolean
rules[].does string
rules[].effective string
rules[].exclude[] string
rules[].firing number
rules[].kind string
rules[].match[] string
rules[].meters number
rules[].name string
rules[].notify boolean
rules[].profile string
rules[].revision number
rules[].severity string
rules[].summary string
rules[].toml string)"},
    {"rules show", "wattring.rules-show/1",
     R"(at string
profiles[].connection_limit_w number
profiles[].effective string
profiles[].match[] string
profiles[].name string
profiles[].nominal_period_ms number
profiles[].revision number
profiles[].roster[] string
profiles[].toml string
rules[].current boolean
rules[].disabled boolean
rules[].does string
rules[].effective string
rules[].exclude[] string
rules[].firing number
rules[].kind string
rules[].match[] string
rules[].meters number
rules[].name string
rules[].notify boolean
rules[].profile string
rules[].revision number
rules[].severity string
rules[].summary string
rules[].toml string)"},
    {"rules test", "wattring.rules-test/1",
     R"(from string
meter string
to string
trials[].alerts[].acked_at string null
trials[].alerts[].acked_by string null
trials[].alerts[].count number
trials[].alerts[].fired string
trials[].alerts[].flapping boolean
trials[].alerts[].id string
trials[].alerts[].last string
trials[].alerts[].meter string
trials[].alerts[].note string null
trials[].alerts[].phase string
trials[].alerts[].resolved string null
trials[].alerts[].revision string
trials[].alerts[].rule string
trials[].alerts[].severity string
trials[].alerts[].since string
trials[].alerts[].state string
trials[].alerts[].told boolean
trials[].alerts[].value number
trials[].complete boolean
trials[].meters number
trials[].rule string
trials[].total number)"},
    {"actors", "wattring.actors/1",
     R"(actors[].children number
actors[].last_failure string null
actors[].mailbox number
actors[].oldest_ms number
actors[].path string
actors[].restarts number
actors[].state string
at string
complete boolean
path string)"},
    {"actors resume", "wattring.actors-resume/1", R"(resumed string)"},
    {"meter list", "wattring.meter-list/1",
     R"(meters[].last_time string
meters[].meter string
meters[].registers[] string
next string null)"},
    {"meter show", "wattring.meter-show/1",
     R"(at string
erased_before? string null
exported?.complete boolean
exported?.mean_w_of_last_24_hours[] number
exported?.registers[] string
exported?.today_flags.* number
exported?.today_qualities.* number
exported?.today_wh number
home string
imported?.complete boolean
imported?.mean_w_of_last_24_hours[] number null
imported?.registers[] string
imported?.today_flags.* number
imported?.today_qualities.* number
imported?.today_wh number
last_time string
meter string
registers[].last_quality string
registers[].last_time string
registers[].last_value number string null
registers[].name string
registers[].register string
registers[].unit string null
shard number
tz string)"},
    {"meter intervals", "wattring.meter-intervals/1",
     R"(as_of string
complete boolean
every string
intervals[].end string
intervals[].flags[] string
intervals[].method string null
intervals[].quality string
intervals[].start string
intervals[].value number null
meter string
name string
register string
tz string
unit string)"},
    {"meter verify", "wattring.meter-verify/1",
     R"(from string
holds boolean
meter string
registers[].complete boolean
registers[].differences[].from string
registers[].differences[].rise number
registers[].differences[].sum number
registers[].differences[].to string
registers[].holds boolean
registers[].intervals_checked number
registers[].left_out.* number
registers[].readings number
registers[].register string
registers[].rise number
registers[].sum number
registers[].unit string
to string)"},
    {"meter add", "wattring.meter-add/1", R"(meter string)"},
    {"meter erase", "wattring.meter-erase/1",
     R"(before string
class? string
copies? number
found?.alerts number null
found?.before string
found?.chunks number
found?.complete boolean
found?.erased_before string null
found?.interval_days number
found?.meter string
found?.quarantined number
found?.readings number
meter string
token? string)"},
    {"meter quarantine", "wattring.quarantine/1",
     R"(at string
quarantine[].bytes number
quarantine[].failure string
quarantine[].id string
quarantine[].meter string
quarantine[].readings number
quarantine[].since string
quarantine[].time string)"},
    {"meter quarantine drop", "wattring.quarantine-drop/1", R"(dropped string)"},
    {"meter quarantine release", "wattring.quarantine-release/1", R"(released string)"},
    {"import", "wattring.import/1",
     R"(bytes number
class? string
file string
format string
items number
refused[].got string
refused[].limit string
refused[].line number
refused[].reason string
refused_total number
requests number
retries number
stored number
took_s number)"},
    {"token new", "wattring.token-new/1",
     R"(file string null
line string
name string
role string
token string null
token_file string null)"},
}};

}  // namespace

std::span<const SchemaText> schema_texts() {
  static const std::vector<SchemaText> kAll = [] {
    std::vector<SchemaText> all(kSchemas.begin(), kSchemas.end());
    const auto shards = shard_schema_texts();
    all.insert(all.end(), shards.begin(), shards.end());
    return all;
  }();
  return kAll;
}

}  // namespace wattring::ctl
