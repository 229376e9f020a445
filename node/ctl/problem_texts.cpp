// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/problem_texts.hpp"

#include <algorithm>

namespace wattring::ctl {
namespace {

constexpr std::array<ProblemText, 9> kTexts{{
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
     "The readings in that value are missing from answers. A bad checksum means the disk or the memory changed bytes.",
     "Not caused by a crash or by a power failure: those leave whole values.",
     {"the node's log: which table and key", "stop the node, then: wattringd journal verify --data-dir DATA_DIR",
      "smartctl -a DEVICE and a memory test; then send the affected time again from the source"},
     "when the node has been started again and finds no such value"},
}};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return upper(x) == upper(y); });
}

}  // namespace

std::span<const ProblemText> problem_texts() {
  return kTexts;
}

const ProblemText* find_problem(std::string_view code) {
  const auto found = std::find_if(kTexts.begin(), kTexts.end(),
                                  [code](const ProblemText& text) { return equal_ignoring_case(text.code, code); });
  return found == kTexts.end() ? nullptr : &*found;
}

}  // namespace wattring::ctl
