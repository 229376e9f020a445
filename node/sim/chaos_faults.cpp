// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <optional>

#include "node/sim/chaos_nemesis.hpp"
#include "node/sim/chaos_watch.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kKillWaitMs = 10'000;
constexpr std::int64_t kStopWaitMs = 30'000;
constexpr std::int64_t kReserveStepBytes = std::int64_t{1} << 30;

std::optional<ChaosStatus> status_of(const ChaosNodes& nodes, std::size_t node) {
  return look_at(nodes.name(node), nodes.http(node)).status;
}

}  // namespace

void Nemesis::kill_now(FaultRecord& record, std::size_t node) {
  const Steer lock(steer_);
  record.at_ms = now_ms();
  const Result<int> code = doors_.nodes.end(node, SIGKILL, kKillWaitMs);
  record.took_hold = code && *code == 128 + SIGKILL;
  record.proof = code ? fmt::format("ended by signal {}", *code - 128) : code.error().text();
}

void Nemesis::stop_now(FaultRecord& record, std::size_t node) {
  const Steer lock(steer_);
  record.at_ms = now_ms();
  const Result<int> code = doors_.nodes.end(node, SIGTERM, kStopWaitMs);
  record.took_hold = code && *code == 0;
  record.proof = code ? fmt::format("exit code {} after {} ms", *code, now_ms() - record.at_ms) : code.error().text();
}

void Nemesis::start(FaultRecord& record, std::size_t node, const std::vector<std::string>& settings) {
  const Steer lock(steer_);
  if (doors_.nodes.runs(node)) return;
  if (auto ok = doors_.nodes.start(node, settings); !ok) {
    note_crash(ok.error().text());
    return;
  }
  record.healed_ms = now_ms();
}

void Nemesis::kill(const PlannedFault& fault, std::size_t node) {
  const std::vector<std::string> meters = meters_at_home(node);
  FaultRecord record = begin("kill", node);
  kill_now(record, node);
  const std::int64_t until_ms = record.at_ms + fault.for_ms;
  probe_home(record, node, meters, until_ms);
  (void)wait_until(until_ms);
  start(record, node);
  done(std::move(record));
}

void Nemesis::pause(const PlannedFault& fault, std::size_t node) {
  const std::vector<std::string> meters = meters_at_home(node);
  FaultRecord record = begin("pause", node);
  {
    const Steer lock(steer_);
    record.at_ms = now_ms();
    record.took_hold = doors_.nodes.pause(node);
    record.proof = record.took_hold ? "state T" : "it was not in state T";
  }
  const std::int64_t until_ms = record.at_ms + fault.for_ms;
  probe_home(record, node, meters, until_ms);
  (void)wait_until(until_ms);
  const Steer lock(steer_);
  if (!doors_.nodes.resume(node)) fail_healing(record.node + " did not go on after SIGCONT");
  record.healed_ms = now_ms();
  done(std::move(record));
}

void Nemesis::stop(const PlannedFault& fault, std::size_t node) {
  const std::vector<std::string> meters = meters_at_home(node);
  FaultRecord record = begin("stop", node);
  stop_now(record, node);
  const std::int64_t until_ms = record.at_ms + fault.for_ms;
  probe_home(record, node, meters, until_ms);
  (void)wait_until(until_ms);
  start(record, node);
  done(std::move(record));
}

void Nemesis::rolling(const PlannedFault& fault) {
  for (std::size_t node = 0; node < doors_.nodes.count(); ++node) {
    FaultRecord record = begin("rolling", node);
    stop_now(record, node);
    (void)wait_until(record.at_ms + fault.for_ms);
    start(record, node);
    const bool back = record.healed_ms >= 0 && wait_all_see_all();
    record.proof +=
        back ? fmt::format(", all see all after {} ms", now_ms() - record.at_ms) : ", and did not come back";
    record.took_hold = record.took_hold && back;
    done(std::move(record));
    if (!back || doors_.stop.load()) return;
  }
}

void Nemesis::flap(const PlannedFault& fault, std::size_t node) {
  for (int i = 0; i < fault.times && !doors_.stop.load(); ++i) {
    FaultRecord record = begin("flap", node);
    kill_now(record, node);
    (void)wait_until(record.at_ms + fault.for_ms);
    start(record, node);
    const std::int64_t back_ms = record.healed_ms;
    done(std::move(record));
    (void)wait_until(back_ms + fault.for_ms);
  }
}

void Nemesis::wipe(const PlannedFault& fault, std::size_t node) {
  const auto before = status_of(doors_.nodes, node);
  FaultRecord record = begin("wipe", node);
  kill_now(record, node);
  (void)wait_until(record.at_ms + fault.for_ms);
  {
    const Steer lock(steer_);
    std::error_code error;
    std::filesystem::remove_all(doors_.nodes.data_dir(node), error);
    if (error) fail_healing("cannot delete " + doors_.nodes.data_dir(node) + ": " + error.message());
    if (auto ok = doors_.nodes.make(node); !ok) fail_healing(ok.error().text());
  }
  start(record, node);
  const auto after = status_of(doors_.nodes, node);
  const bool other = before && after && before->node_id != after->node_id;
  record.took_hold = record.took_hold && other;
  record.proof += other ? ", came back with another id" : ", did not come back with another id";
  done(std::move(record));
}

void Nemesis::restore(const PlannedFault& fault, std::size_t node) {
  const std::string data = doors_.nodes.data_dir(node);
  const std::string copy = data + ".copy";
  FaultRecord stopped = begin("stop", node);
  stop_now(stopped, node);
  std::error_code error;
  std::filesystem::remove_all(copy, error);
  std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive, error);
  if (error) fail_healing("cannot copy " + data + ": " + error.message());
  start(stopped, node);
  const auto then = status_of(doors_.nodes, node);
  const std::int64_t until_ms = stopped.at_ms + fault.for_ms;
  done(std::move(stopped));
  (void)wait_until(until_ms);
  const auto now = status_of(doors_.nodes, node);
  FaultRecord record = begin("restore", node);
  kill_now(record, node);
  std::filesystem::remove_all(data, error);
  std::filesystem::rename(copy, data, error);
  if (error) fail_healing("cannot put the copy in place of " + data + ": " + error.message());
  start(record, node);
  const bool older = then && now && now->last_lsn > then->last_lsn;
  record.took_hold = record.took_hold && older;
  record.proof += older ? fmt::format(", {} journal records went back", now->last_lsn - then->last_lsn)
                        : std::string(", and the copy lacks nothing");
  done(std::move(record));
}

void Nemesis::full(const PlannedFault& fault, std::size_t node) {
  const auto before = status_of(doors_.nodes, node);
  FaultRecord record = begin("full", node);
  stop_now(record, node);
  // More than there is: from here on the node may keep nothing.
  const std::int64_t free = before ? before->disk_free_bytes : 0;
  const std::string reserve = fmt::format("store.reserve={}GiB", free / kReserveStepBytes + 1024);
  start(record, node, {reserve});
  record.took_hold = false;
  record.proof = "the node did not say that its reserve is reached";
  const std::int64_t until_ms = record.at_ms + fault.for_ms;
  while (now_ms() < until_ms && !doors_.stop.load()) {
    (void)wait_until(now_ms() + 200);
    const auto status = status_of(doors_.nodes, node);
    if (!status || !status->disk_reserve) continue;
    record.took_hold = true;
    record.proof = "the node says that its reserve is reached";
  }
  FaultRecord again = begin("stop", node);
  stop_now(again, node);
  record.healed_ms = again.at_ms;
  done(std::move(record));
  start(again, node);
  done(std::move(again));
}

}  // namespace wattring::sim
