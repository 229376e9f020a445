// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "node/sim/chaos_nemesis.hpp"
#include "node/sim/chaos_watch.hpp"
#include "node/sim/stored_values.hpp"

namespace wattring::sim {
namespace {

// What a told time may be off besides the step: asking takes a moment.
constexpr std::int64_t kClockSlackMs = 700;

std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const std::vector<std::size_t>& side,
                                                          const std::vector<std::size_t>& others, Way way) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const std::size_t node : side) {
    for (const std::size_t other : others) {
      if (way != Way::in) pairs.emplace_back(node, other);
      if (way != Way::out) pairs.emplace_back(other, node);
    }
  }
  return pairs;
}

std::string way_text(Way way) {
  return way == Way::both ? "" : way == Way::in ? " to it" : " from it";
}

/// Flips one bit in each of so many values; gives how many were damaged.
Result<int> damage(const std::string& path, int times, Prng& prng) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  auto values = stored_values(bytes);
  if (!values) return Failure(values.error());
  // The node's own identity and clock of boots are no readings, and without them it does not start.
  std::erase_if(*values, [](const StoredValue& value) { return value.table == "meta" || value.bytes == 0; });
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  int damaged = 0;
  for (; damaged < times && !values->empty(); ++damaged) {
    const std::size_t which = prng.below(values->size());
    const std::uint64_t at = (*values)[which].offset + prng.below((*values)[which].bytes);
    const auto spoilt = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << prng.below(8)));
    out.seekp(static_cast<std::streamoff>(at)).put(spoilt);
    values->erase(values->begin() + static_cast<std::ptrdiff_t>(which));
  }
  out.close();
  if (!out) return fail(ErrorCode::io, "cannot write " + path);
  return damaged;
}

}  // namespace

void Nemesis::lose(std::size_t node) {
  const std::vector<std::string> meters = meters_at_home(node);
  FaultRecord record = begin("lose", node);
  kill_now(record, node);
  {
    const Steer lock(steer_);
    if (auto ok = doors_.nodes.lose(node); !ok) fail_healing(ok.error().text());
  }
  record.proof += ", and its data is gone";
  probe_home(record, node, meters, plan_.duration_ms);
  done(std::move(record));
}

void Nemesis::partition(const PlannedFault& fault, const std::vector<std::size_t>& side) {
  FaultRecord record = begin("partition", side.front());
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < doors_.nodes.count(); ++i) {
    const bool ours = std::find(side.begin(), side.end(), i) != side.end();
    if (!ours && (fault.from.empty() || fault.from == doors_.nodes.name(i))) others.push_back(i);
  }
  for (std::size_t i = 1; i < side.size(); ++i) record.node += "+" + doors_.nodes.name(side[i]);
  const bool alone = side.size() == 1 && fault.from.empty() && fault.way == Way::both;
  const auto meters = alone ? meters_at_home(side.front()) : std::vector<std::string>();
  record.at_ms = now_ms();
  const Result<int> cut = doors_.network->cut(pairs_of(side, others, fault.way));
  if (!cut) {
    record.proof = cut.error().text();
    done(std::move(record));
    return;
  }
  const std::int64_t until_ms = record.at_ms + fault.for_ms;
  if (alone) probe_home(record, side.front(), meters, until_ms);
  (void)wait_until(until_ms);
  const Result<std::uint64_t> dropped = doors_.network->heal(*cut);
  record.healed_ms = now_ms();
  if (!dropped) fail_healing(dropped.error().text());
  record.took_hold = dropped && *dropped > 0;
  record.proof = fmt::format("{} packets{} dropped, {}", dropped ? *dropped : 0, way_text(fault.way),
                             fault.from.empty() ? "cut off from all others" : "cut off from " + fault.from);
  done(std::move(record));
}

void Nemesis::rot(const PlannedFault& fault, std::size_t node, Prng& prng) {
  FaultRecord record = begin("rot", node);
  stop_now(record, node);
  const Result<int> damaged = damage(doors_.nodes.data_dir(node) + "/data.mdb", fault.times, prng);
  record.took_hold = record.took_hold && damaged && *damaged == fault.times;
  record.proof = damaged ? fmt::format("a bit flipped in {} stored values", *damaged) : damaged.error().text();
  start(record, node);
  done(std::move(record));
}

void Nemesis::step_clock(const PlannedFault& fault, std::size_t node) {
  FaultRecord record = begin("clock", node);
  if (auto ok = doors_.nodes.set_clock(node, fault.step_ms); !ok) fail_healing(ok.error().text());
  const NodeLook look = look_at(doors_.nodes.name(node), doors_.nodes.http(node));
  const std::int64_t off_ms = look.status ? look.status->at_ms - doors_.clock.wall_ms() : 0;
  record.took_hold = std::abs(off_ms - fault.step_ms) <= kClockSlackMs;
  record.proof = fmt::format("the node's time is off by {:+.1f} s", static_cast<double>(off_ms) / 1e3);
  (void)wait_until(record.at_ms + fault.for_ms);
  if (auto ok = doors_.nodes.set_clock(node, 0); !ok) fail_healing(ok.error().text());
  record.healed_ms = now_ms();
  done(std::move(record));
}

}  // namespace wattring::sim
