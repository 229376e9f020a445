// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_nemesis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "node/sim/chaos_conditions.hpp"
#include "node/sim/chaos_watch.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kSeeWaitMs = 30'000;

void rest(std::int64_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

Nemesis::Nemesis(const ChaosPlan& plan, std::uint64_t seed, std::int64_t began_ns, const Doors& doors)
    : plan_(plan), seed_(seed), began_ns_(began_ns), doors_(doors) {}

void Nemesis::run() {
  std::vector<std::jthread> threads;
  threads.reserve(plan_.faults.size());
  Prng prng(seed_);
  // A stream for each: what one draws does not shift the others.
  for (const PlannedFault& fault : plan_.faults) {
    threads.emplace_back([this, &fault, own = prng.fork()] { run_fault(fault, own); });
  }
}

std::vector<FaultRecord> Nemesis::records() {
  const std::lock_guard lock(mutex_);
  std::stable_sort(records_.begin(), records_.end(),
                   [](const FaultRecord& a, const FaultRecord& b) { return a.at_ms < b.at_ms; });
  return records_;
}

void Nemesis::run_fault(const PlannedFault& fault, Prng prng) {
  if (!wait_until(fault.at_ms)) return;
  if (fault.kind == FaultKind::rolling) {
    rolling(fault);
    return;
  }
  std::ptrdiff_t shown = -1;
  if (fault.when != Condition::none) {
    shown = wait_for(fault.when);
    if (shown < 0) {
      not_done(fault, fmt::format("no node ever showed \"{}\"", to_string(fault.when)));
      return;
    }
  }
  const std::vector<std::size_t> nodes = choose(fault, shown, prng);
  if (nodes.empty()) {
    not_done(fault, "there was no node to hurt");
    return;
  }
  // With a wrong clock it can be killed all the same.
  if (fault.kind == FaultKind::clock) release(nodes);
  if (fault.kind == FaultKind::partition) {
    partition(fault, nodes);
  } else {
    strike(fault, nodes.front(), prng);
  }
  if (fault.kind != FaultKind::clock) release(nodes);
}

void Nemesis::release(const std::vector<std::size_t>& nodes) {
  const std::lock_guard lock(mutex_);
  for (const std::size_t node : nodes) hurt_.erase(node);
}

void Nemesis::strike(const PlannedFault& fault, std::size_t node, Prng& prng) {
  switch (fault.kind) {
    case FaultKind::kill:
      return kill(fault, node);
    case FaultKind::pause:
      return pause(fault, node);
    case FaultKind::stop:
      return stop(fault, node);
    case FaultKind::flap:
      return flap(fault, node);
    case FaultKind::wipe:
      return wipe(fault, node);
    case FaultKind::restore:
      return restore(fault, node);
    case FaultKind::full:
      return full(fault, node);
    case FaultKind::lose:
      return lose(node);
    case FaultKind::rot:
      return rot(fault, node, prng);
    case FaultKind::clock:
      return step_clock(fault, node);
    case FaultKind::rolling:
    case FaultKind::partition:
      return;
  }
}

void Nemesis::not_done(const PlannedFault& fault, std::string why) {
  FaultRecord record;
  record.kind = to_string(fault.kind);
  record.at_ms = now_ms();
  record.proof = std::move(why);
  done(std::move(record));
}

std::ptrdiff_t Nemesis::wait_for(Condition condition) const {
  std::vector<NodeLook> before;
  while (now_ms() < plan_.duration_ms && !doors_.stop.load()) {
    std::vector<NodeLook> looks;
    for (std::size_t i = 0; i < doors_.nodes.count(); ++i) {
      const bool answers = doors_.nodes.runs(i) && !doors_.nodes.paused(i);
      looks.push_back(answers ? look_at(doors_.nodes.name(i), doors_.nodes.http(i)) : NodeLook{});
    }
    const std::ptrdiff_t shown = shown_by(condition, before, looks);
    if (shown >= 0) return shown;
    rest(5);
    before = std::move(looks);
  }
  return -1;
}

bool Nemesis::fits(const PlannedFault& fault, std::ptrdiff_t shown, std::size_t node) const {
  if (fault.target == doors_.nodes.name(node)) return true;
  if (fault.target == "it") return std::cmp_equal(shown, node);
  if (fault.target == "other") return !ever_hurt_.contains(node);
  return fault.target == "random" || fault.target == "home" || fault.target == "minority";
}

std::vector<std::size_t> Nemesis::choose(const PlannedFault& fault, std::ptrdiff_t shown, Prng& prng) {
  std::map<std::string, int> homes;
  if (fault.target == "home") {
    for (const auto& home : doors_.probe.homes(other_than(doors_.nodes.count()))) ++homes[home.node];
  }
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> may;
  for (std::size_t i = 0; i < doors_.nodes.count(); ++i) {
    const bool other_end = fault.from == doors_.nodes.name(i);
    if (fits(fault, shown, i) && !other_end && !hurt_.contains(i) && doors_.nodes.runs(i)) may.push_back(i);
  }
  std::size_t wanted = fault.target == "minority" ? (doors_.nodes.count() - 1) / 2 : 1;
  std::vector<std::size_t> chosen;
  for (; wanted > 0 && !may.empty(); --wanted) {
    auto node = may.begin() + static_cast<std::ptrdiff_t>(prng.below(may.size()));
    if (fault.target == "home") {
      node = std::max_element(may.begin(), may.end(), [&](std::size_t a, std::size_t b) {
        return homes[doors_.nodes.name(a)] < homes[doors_.nodes.name(b)];
      });
    }
    chosen.push_back(*node);
    may.erase(node);
  }
  hurt_.insert(chosen.begin(), chosen.end());
  ever_hurt_.insert(chosen.begin(), chosen.end());
  return chosen;
}

std::size_t Nemesis::other_than(std::size_t node) const {
  for (std::size_t i = 0; i < doors_.nodes.count(); ++i) {
    if (i != node && doors_.nodes.runs(i) && !doors_.nodes.paused(i)) return i;
  }
  return 0;
}

FaultRecord Nemesis::begin(std::string kind, std::size_t node) const {
  FaultRecord record;
  record.kind = std::move(kind);
  record.node = doors_.nodes.name(node);
  record.at_ms = now_ms();
  return record;
}

void Nemesis::done(FaultRecord record) {
  const std::lock_guard lock(mutex_);
  records_.push_back(std::move(record));
}

void Nemesis::fail_healing(const std::string& what) {
  const std::lock_guard lock(mutex_);
  trouble_ += (trouble_.empty() ? "" : "; ") + what;
}

void Nemesis::note_crash(const std::string& what) {
  const std::lock_guard lock(mutex_);
  crashed_ += (crashed_.empty() ? "" : "; ") + what;
}

bool Nemesis::wait_until(std::int64_t at_ms) const {
  while (now_ms() < at_ms && !doors_.stop.load()) rest(std::clamp<std::int64_t>(at_ms - now_ms(), 1, 50));
  return !doors_.stop.load();
}

bool Nemesis::wait_all_see_all() const {
  const std::int64_t until_ms = now_ms() + kSeeWaitMs;
  while (now_ms() < until_ms && !doors_.stop.load()) {
    bool all = true;
    for (std::size_t i = 0; i < doors_.nodes.count() && all; ++i) {
      const NodeLook look = look_at(doors_.nodes.name(i), doors_.nodes.http(i));
      all = look.status && look.status->ready &&
            std::count_if(look.members.begin(), look.members.end(), [](const auto& member) {
              return member.second == "up";
            }) == static_cast<std::ptrdiff_t>(doors_.nodes.count());
    }
    if (all) return true;
    rest(50);
  }
  return false;
}

std::vector<std::string> Nemesis::meters_at_home(std::size_t node) {
  std::vector<std::string> meters;
  for (const auto& home : doors_.probe.homes(other_than(node))) {
    if (home.node == doors_.nodes.name(node)) meters.push_back(home.meter);
  }
  return meters;
}

void Nemesis::probe_home(FaultRecord& record, std::size_t node, const std::vector<std::string>& meters,
                         std::int64_t until_ms) {
  if (meters.empty()) {
    record.home_note = "not measured: it was home of none of the meters asked for";
    return;
  }
  record.home_ms =
      doors_.probe.wait_elsewhere(other_than(node), record.node, meters, began_ns_ + record.at_ms * 1'000'000,
                                  [&] { return now_ms() < until_ms && !doors_.stop.load(); });
  if (record.home_ms >= 0) {
    record.home_note = fmt::format("{} meters of its", meters.size());
  } else if (until_ms - record.at_ms > plan_.budget.home_ms) {
    record.home_note = fmt::format("never, of {} meters", meters.size());
  } else {
    record.home_note = "not measured: the node was back before";
  }
}

}  // namespace wattring::sim
