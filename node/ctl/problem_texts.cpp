// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/problem_texts.hpp"

#include <algorithm>

namespace wattring::ctl {
namespace {

constexpr std::array<ProblemText, 22> kProblemTexts{{
    {"DISK_RESERVE",
     "The volume of the data directory has no more room than the reserve (store.reserve), or the data file has reached "
     "store.map_size.",
     "New readings are refused as DISK_RESERVE; senders must keep them and send again. What was acknowledged is safe "
     "and can be read.",
     "Not a damaged disk, and not a reason to restart: the node goes on by itself when there is room.",
     {"wattringctl status: the line Disk shows what is used, reusable and free on the volume",
      "df -h DATA_DIR and du -sh DATA_DIR: is something else filling the volume?",
      "wattringd config show --origin: store.reserve and store.map_size, and who set them"},
     "by itself, as soon as the volume has more free room than the reserve"},
    {"JOURNAL_FAILED",
     "A commit to the journal ended in an error that leaves open whether it happened. The node writes nothing any more "
     "until it is started again.",
     "Readings that were not acknowledged may or may not be stored; sending them again is harmless. Acknowledged ones "
     "are on the disk.",
     "Not a full disk: that is DISK_RESERVE.",
     {"the node's log and dmesg: input/output errors of the device?",
      "stop the node, then: wattringd journal verify --data-dir DATA_DIR",
      "start it again; if the error returns, move the data directory to another disk"},
     "when the node has been started again and its first commit succeeded"},
    {"NOT_READY",
     "The node is starting or draining: it does not take part in everything yet, or any more.",
     "Senders are told to come back; nothing that was acknowledged is affected.",
     "Not a crash: a node that has crashed does not answer at all.",
     {"wattringctl wait ready --timeout 60s",
      "wattringctl status: shards recovering should fall from one look to the next",
      "the node's log: what it did last"},
     "when start-up has ended; while draining, when the node has stopped and started again"},
    {"SHARDS_RECOVERING",
     "Shards are being read back from the journal after a start. Their latest readings are not in answers yet.",
     "New readings are taken. Answers about meters of these shards say complete = false until they have caught up.",
     "Not a loss: what was acknowledged is in the journal and is being read.",
     {"wattringctl status --watch: the number should fall",
      "wattringd config show: store.journal_max decides how much there can be to read",
      "the node's log: damaged records are named there"},
     "by itself, when the last of these shards has caught up"},
    {"INSECURE",
     "A listener is reachable from other machines and nothing asks callers who they are (insecure = true).",
     "Anyone who reaches the port can read and write readings. Meter readings are personal data.",
     "Not a break-in: it says what is possible, not what happened.",
     {"wattringd config show --origin: which listen.* is not on 127.0.0.1, and who set insecure",
      "ss -ltnp: which addresses the node listens on",
      "a firewall or a reverse proxy with authentication in front, or listeners on 127.0.0.1"},
     "when the node is started with every listener on loopback"},
    {"P1_SOURCE_DOWN",
     "A P1 port server that the configuration names cannot be reached, or sends nothing.",
     "Its meter's readings of this time are not recorded here; a P1 port does not repeat them. Energy registers catch "
     "up with the first telegram after, so the total stays right and the time is flagged as a gap.",
     "Not a fault of the meter as far as is known: only the way to it is broken.",
     {"wattringctl problems: the subject names the source",
      "from the node's host: nc HOST PORT, a telegram should appear within 10 s",
      "power, network and cable of the port server; most allow only one connection at a time"},
     "with the next telegram"},
    {"ALERT_SINK_DOWN",
     "A sink that the configuration names has not taken any notification of alerts for more than a minute.",
     "Somebody may not hear of an alert. Notifications wait on the disk and are told when the sink works again; what "
     "it "
     "does not take for sink.give_up_after (1d unless configured), or refuses for good, becomes a dead letter.",
     "Not a loss of readings or of alerts: wattringctl alerts shows them all, and the log names each.",
     {"wattringctl problems: the subject names the sink, the detail says what it answered last",
      "from the node's host: curl -i -X POST URL, and the receiver's own log; 401 and 403: the file sink.token_file",
      "wattring_alert_outbox_pending and wattring_alert_notifications_total at /metrics: do they wait, or die?"},
     "with the next notification that the sink takes"},
    {"FOLD_STOPPED",
     "The program ended twice in a row while it folded the readings of a shard, so that shard is journal-only now: its "
     "readings are not looked at, and everything else runs.",
     "Readings of its meters are acknowledged and safe in the journal, which grows meanwhile; answers about these "
     "meters leave them out and say complete = false, and their alerts wait.",
     "Not a loss, and usually not a damaged disk: most likely a fault of the program that some reading brings out.",
     {"wattringctl actors /shards --depth 1: which shard is journal-only",
      "the node's log and coredumpctl: what ended the process; please report it with the shard's journal",
      "wattringd journal dump --shard N, with the node stopped: which readings wait"},
     "when the shard is resumed, after an upgrade for example, and folds to its end"},
    {"CORRUPT_VALUE",
     "A value in the data directory does not match its checksum. It is left out of answers and kept on the disk.",
     "The readings in that value are missing from this node's answers; other owners have them, are asked instead, and "
     "give the shard back (wattring_shard_repairs_total). A bad checksum means the disk or the memory changed bytes.",
     "Not caused by a crash or by a power failure: those leave whole values.",
     {"the node's log: which table and key", "stop the node, then: wattringd journal verify --data-dir DATA_DIR",
      "smartctl -a DEVICE and a memory test; in a cluster of one node send the affected time again from the source"},
     "when the node has been started again and finds no such value"},
    {"NODE_DOWN",
     "A node does not answer the others, and has not answered for itself: it is held to be gone. `critical`: more "
     "nodes are down than live.",
     "Nothing that was acknowledged is lost: as many disks have it as `acks` says. The other owners of its shards "
     "take its place within seconds; SHARD_DEGRADED and TOO_FEW_COPIES say when there are too few of them. Senders "
     "that know no other node wait.",
     "Not a node that was stopped: that one says so and is `left`. A pause of a few seconds makes nobody down.",
     {"wattringctl members --views: does every node say so, and on what evidence? refused = no process, silent = no "
      "way",
      "on its host: systemctl status wattringd and journalctl -u wattringd: why did it end?",
      "silent: ping and the firewall between the hosts; membership needs its port both ways"},
     "when the node has been started again, or is reached again, and says so itself"},
    {"NODE_SUSPECT",
     "Somebody missed an answer of this node. It has some seconds to speak for itself before it is held to be down.",
     "Nothing yet. Requests to it may be slow.",
     "Not down: nothing is decided, and most suspicions end well.",
     {"wattringctl members: in some seconds it is up, or down",
      "wattringctl events --since 1h: is it suspected often? then look at its load and its network",
      "wattring_local_health of the accusers at /metrics: above 0 it is rather they who are slow"},
     "when it answers, or when it is held to be down"},
    {"NODE_FLAPPING",
     "A node was lost and found again several times within minutes.",
     "Whatever depends on it goes back and forth; others wait until it is steady before they rely on it.",
     "Not a node that was restarted once.",
     {"wattringctl events --since 1h: when, and who saw it?",
      "on its host: memory, swap, CPU steal and pauses of the machine (vmstat 1, dmesg)",
      "the network between: errors and drops (ip -s link), a duplex or VPN that breaks"},
     "when it has been steady for some minutes"},
    {"NOT_JOINED",
     "The node was told to join a cluster and has met no member of it yet. It goes on trying.",
     "It takes readings and keeps them on its own disk alone; it is not ready (/readyz) meanwhile.",
     "Not a damaged node, and not a second cluster: it has the cluster's identity, or gets it when it joins.",
     {"the --join addresses: does a node listen there? nc -vz HOST PORT of its listen.membership",
      "its log: was it refused, and why? CLUSTER_MISMATCH, VERSION, DUPLICATE_ID, UNAUTHORISED",
      "keys: both sides need the other's public key, when keys are used"},
     "when it has met another member"},
    {"SHARD_DEGRADED",
     "Some of the nodes that own shards cannot be reached, so these shards have fewer copies in reach than configured.",
     "Nothing acknowledged is lost. Writes go on; where too few owners are left they are HELD by others until the "
     "owners are back. A further failure may stop answers or writes: wattringctl status --promises says which.",
     "Not a reason to remove the node: a node that comes back within hours fetches only what it missed.",
     {"wattringctl members: who is away, since when and why", "wattringctl shards list --state degraded: which shards",
      "if its disk is gone for good: wattringctl node remove NODE --dry-run (docs/operations/runbooks.md, node lost)"},
     "when the owners can be reached again, or when the ring without them is filled"},
    {"SHARD_NOBODY",
     "Of some shards no owner at all can be reached.",
     "Answers about meters of these shards cannot be given. New readings are taken by other nodes and held for the "
     "owners. What was acknowledged is on the disks of the owners that are away.",
     "Not a loss yet: it becomes one only when those disks are gone, or the nodes are removed.",
     {"wattringctl shards list --state nobody: which shards, and who owns them",
      "start one owner of each: it brings the data back with it",
      "only the disks can tell more; do not remove and do not format any of these nodes"},
     "when one owner of each of these shards can be reached"},
    {"TOO_FEW_COPIES",
     "This node reaches fewer members of the ring than an acknowledgement needs copies.",
     "Readings are not acknowledged: senders are told to come back and must keep them. What was acknowledged before is "
     "safe.",
     "Not a full disk, and nothing to be solved by fewer acks: one disk would then be all there is.",
     {"wattringctl members --views: does this node miss the others, or do they miss each other too?",
      "start the nodes that are away: systemctl start wattringd on their hosts",
      "nodes that see each other go on by themselves: give their addresses to the senders"},
     "by itself, as soon as enough nodes can be reached"},
    {"NODE_LAGGING",
     "A node has not confirmed what it was sent for a second, or has too much of it under way. It is sent nothing more "
     "and fetches what it misses.",
     "Acknowledgements come from other nodes meanwhile; fewer may be DURABLE at once. The node's own copies are late.",
     "Not down: it answers, but its disk or its network is too slow for what arrives.",
     {"wattringctl status --node ITS_ADDRESS: commit p99; above 100 ms the disk is the reason",
      "on its host: iostat -x 1, and what else writes to that disk",
      "the network to it: wattring_data_link_* at /metrics, errors and drops (ip -s link)"},
     "when it has caught up"},
    {"NODE_DRAINING",
     "An operator told this node to drain: it serves no shard, and gets new readings only when others do not suffice.",
     "Fewer nodes share the work, and one copy less is within reach as long as it lasts.",
     "Not a fault, and not the way out of the ring: that is wattringctl node remove.",
     {"wattringctl shards: the node should be home of nothing",
      "stop it, do the work, start it: the drain ends by itself", "or end it now: wattringctl node resume NODE"},
     "with node resume, or when the node is started again"},
    {"NODE_NOT_IN_RING",
     "A node is up and met the others more than a minute ago, and is no member of the ring.",
     "It takes readings and passes them on to the owners. It owns nothing, so its disk is no help when others fail.",
     "Not a problem in the first seconds after a start: nodes that come together are taken in together.",
     {"wattringctl ring show: who waits, and whether the nodes propose by themselves (placement.auto)",
      "a majority of the members must be up to decide: wattringctl members",
      "wattringctl ring plan, then wattringctl ring commit"},
     "when a ring with it has been decided"},
    {"REMOVED_NODE",
     "A node that was removed from the ring for good is running.",
     "It counts for nothing: no acknowledgement and no answer rests on it. What only it has it hands on to the owners.",
     "Not a node that was down for long: that one stays a member until somebody removes it.",
     {"wattringctl shards moving --node ITS_ADDRESS: does it still hold something for others? then wait",
      "stop it, move its data directory away, wattringd init --join, start: it joins as a new node",
      "was it removed by mistake? it is the same way back: the data comes from the others"},
     "when it is stopped for good"},
    {"RING_FORK",
     "Two rings of one version are in force, and nodes follow different ones. A ring is decided by a majority that "
     "remembers its votes, so members have forgotten theirs: a data directory was put back from an old copy of it, or "
     "ran twice.",
     "The sides disagree about who owns a shard: an answer of one that says complete = true may lack what the other "
     "acknowledged. No ring can be decided that both take. No copy is deleted on the word of the other side, and "
     "readings still go both ways while nodes of both run.",
     "Not a cut network and not VIEWS_DISAGREE: a side without a majority decides nothing and catches up by itself. "
     "This does not mend itself, and restarts change nothing.",
     {"wattringctl ring --node EACH: its ring's id; keep the side with more members, of two alike the one whose disks "
      "were never put back",
      "wattringctl shards moving: wait while a node that stays misses something, so that it gets what the other side "
      "took",
      "each node of the other side, one by one: stop it, wattringctl node remove it, let it join as a new node with an "
      "empty data directory (docs/operations/runbooks.md, disk lost)"},
     "a minute after the last node of the other side was stopped"},
    {"VIEWS_DISAGREE",
     "The nodes that were asked do not see the same members, and did not a second later either.",
     "Groups that cannot reach each other go on by themselves; each takes readings, and they exchange them when they "
     "meet again. Nothing acknowledged is lost by it.",
     "Not an inconsistency of readings. A moment of it after every change is normal: news take about a second.",
     {"wattringctl members --views: who misses whom?", "wattringctl events --since 1h: since when?",
      "the network between the groups, in both directions: one-way losses look like this"},
     "when all nodes see the same members again, within seconds of the network's repair"},
}};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return upper(x) == upper(y); });
}

}  // namespace

std::span<const ProblemText> problem_texts() {
  return kProblemTexts;
}

const ProblemText* find_problem(std::string_view code) {
  const auto found = std::find_if(kProblemTexts.begin(), kProblemTexts.end(),
                                  [code](const ProblemText& text) { return equal_ignoring_case(text.code, code); });
  return found == kProblemTexts.end() ? nullptr : &*found;
}

}  // namespace wattring::ctl
