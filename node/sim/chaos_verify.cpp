// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "node/sim/chaos_copies.hpp"
#include "node/sim/http_read_back.hpp"
#include "node/sim/ledger_index.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kVerifyAnswerMs = 15'000;
constexpr std::size_t kEvidencePerNode = 40;

/// A reading as the ledger's batches name it.
using Key = std::tuple<std::uint32_t, std::uint64_t, std::int64_t>;

struct NodeEvidence {
  Evidence evidence;
  std::string node;
  std::uint32_t meter = 0;
};

class Verify {
 public:
  Verify(const VerifyOptions& options, std::span<const VerifyNode> nodes, const Clock& clock, ChaosReport& report)
      : options_(options), nodes_(nodes), clock_(clock), report_(report) {}
  Result<void> run(std::span<const ClientTrace> traces);

 private:
  void read_through(const VerifyNode& node, const LedgerIndex& index, const std::vector<std::uint32_t>& meters,
                    std::vector<std::vector<SentReading>> sent);
  void read_copies(const VerifyNode& node, const LedgerIndex& index, const std::vector<std::uint32_t>& meters,
                   const std::vector<std::vector<SentReading>>& sent);
  Result<void> explain(std::span<const ClientTrace> traces);
  void add_evidence(const std::map<Key, std::string>& sent);

  const VerifyOptions& options_;
  const std::span<const VerifyNode> nodes_;
  const Clock& clock_;
  ChaosReport& report_;
  CheckScope scope_;
  CopiesBook copies_;
  std::mutex mutex_;
  std::vector<NodeEvidence> found_;  ///< guarded by mutex_, as the report
};

void Verify::read_copies(const VerifyNode& node, const LedgerIndex& index, const std::vector<std::uint32_t>& meters,
                         const std::vector<std::vector<SentReading>>& sent) {
  if (node.rotten) copies_.rotten(node.name);
  HttpReadBack door(HttpClient({{node.http}, 0, kVerifyAnswerMs, {}}), clock_, 0, "any");
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const std::string meter = index.meter_id(meters[i]);
    std::set<Register> registers;
    for (const SentReading& reading : sent[i]) registers.insert(reading.reg);
    for (const Register reg : registers) {
      auto answer = door.readings(meter, reg, scope_.from_ms, scope_.to_ms);
      if (!answer) {
        copies_.unread(meter, reg);
      } else if (answer->answered_by.empty()) {
        copies_.add(meter, reg, node.name, std::move(answer->rows));
      }
    }
  }
}

void Verify::read_through(const VerifyNode& node, const LedgerIndex& index, const std::vector<std::uint32_t>& meters,
                          std::vector<std::vector<SentReading>> sent) {
  HttpReadBack home(HttpClient({{node.http}, 0, kVerifyAnswerMs, {}}), clock_, options_.wait_ms, "home");
  NodeReading reading;
  reading.node = node.name;
  reading.rotten = node.rotten;
  std::vector<NodeEvidence> found;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    MeterCheck check = check_meter(index.meter_id(meters[i]), sent[i], scope_, home);
    reading.counts.add(check.counts);
    if (reading.unread_reason.empty()) reading.unread_reason = std::move(check.unread_reason);
    for (Evidence& evidence : check.evidence) {
      if (found.size() < kEvidencePerNode) found.push_back({std::move(evidence), node.name, meters[i]});
    }
  }
  const std::lock_guard lock(mutex_);
  report_.readings.push_back(std::move(reading));
  found_.insert(found_.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

// One line a reading, whichever nodes did not give it.
void Verify::add_evidence(const std::map<Key, std::string>& sent) {
  struct Line {
    std::string told_by;
    std::string fate;
  };
  std::map<std::string, Line> lines;
  for (const NodeEvidence& one : found_) {
    Line& line = lines[fmt::format("{} {}", to_string(one.evidence.finding), one.evidence.text)];
    line.told_by += (line.told_by.empty() ? "" : ", ") + one.node;
    const auto fate = sent.find({one.meter, one.evidence.reg.packed, one.evidence.time_ms});
    if (fate != sent.end()) line.fate = fate->second;
  }
  for (const auto& [text, line] : lines) {
    report_.evidence.push_back(fmt::format("{} (read through {}){}", text, line.told_by, line.fate));
  }
}

// Who acknowledged it, when, and with which promise.
Result<void> Verify::explain(std::span<const ClientTrace> traces) {
  std::set<Key> wanted;
  for (const NodeEvidence& one : found_) wanted.insert({one.meter, one.evidence.reg.packed, one.evidence.time_ms});
  std::map<std::uint64_t, const ClientTrace*> by_batch;
  for (const ClientTrace& trace : traces) by_batch[trace.batch.id] = &trace;
  std::map<Key, std::string> sent;
  std::vector<Register> registers;
  LedgerVisitor visitor;
  visitor.reg = [&](Register reg) { registers.push_back(reg); };
  visitor.batch = [&](std::uint64_t id, std::int64_t, std::span<const Reading> readings) {
    for (const Reading& reading : readings) {
      const Key key{reading.meter, registers.at(reading.reg).packed, reading.time_ms};
      if (!wanted.contains(key)) continue;
      const auto trace = by_batch.find(id);
      if (trace == by_batch.end()) continue;
      const BatchTrace& batch = trace->second->batch;
      const auto after = [&](std::int64_t at_ns) { return static_cast<double>(at_ns - options_.began_ns) / 1e9; };
      sent[key] += fmt::format("; batch {} of client {}, due {:+.3f} s, {} {:+.3f} s by {} as {}, {} copies, token {}",
                               id, trace->second->client, after(batch.due_ns),
                               batch.stored > 0 ? "acknowledged" : "unknown at", after(batch.booked_ns),
                               batch.promise.node, batch.promise.ack_class, batch.promise.copies, batch.promise.token);
    }
  };
  if (const auto scanned = scan_ledger(options_.ledger, visitor); !scanned) return Failure(scanned.error());
  add_evidence(sent);
  return {};
}

Result<void> Verify::run(std::span<const ClientTrace> traces) {
  const Result<LedgerIndex> index = LedgerIndex::load(options_.ledger);
  if (!index) return Failure(index.error());
  const auto meters = choose_meters(index->sent_by_meter(), index->sent_by_meter().size(), 0);
  const auto sent = index->load_readings(meters);
  if (!sent) return Failure(sent.error());
  scope_ = {index->first_ms(), index->last_ms() + 1, true};
  // First: a complete answer makes a node fetch what it lacks, and owners must have it without being asked.
  {
    std::vector<std::jthread> threads;
    for (const VerifyNode& node : nodes_) {
      threads.emplace_back([&, this] { read_copies(node, *index, meters, *sent); });
    }
  }
  {
    std::vector<std::jthread> threads;
    for (const VerifyNode& node : nodes_) {
      threads.emplace_back([&, this] { read_through(node, *index, meters, *sent); });
    }
  }
  std::sort(report_.readings.begin(), report_.readings.end(),
            [](const NodeReading& a, const NodeReading& b) { return a.node < b.node; });
  if (auto ok = explain(traces); !ok) return ok;
  // Without knowing how many there must be, nodes that answer for themselves alone would look like copies.
  if (options_.copies > 0) report_.copies = copies_.compare(options_.copies, report_.evidence);
  return {};
}

}  // namespace

Result<void> verify_everything(const VerifyOptions& options, std::span<const VerifyNode> nodes,
                               std::span<const ClientTrace> traces, const Clock& clock, ChaosReport& report) {
  return Verify(options, nodes, clock, report).run(traces);
}

}  // namespace wattring::sim
