// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/checker.hpp"

#include <algorithm>

namespace wattring::replication {
namespace {

constexpr std::size_t kViolationsMax = 20;

std::string name_of(EntryNo entry) {
  return "entry " + std::to_string(entry);
}

}  // namespace

std::string to_text(const Violation& violation) {
  std::string text =
      "I" + std::to_string(violation.invariant) + " at " + std::to_string(violation.at_ns / 1'000'000) + " ms";
  if (violation.node != kNoNode) text += ", node " + std::to_string(violation.node);
  return text + ": " + violation.what;
}

void Checker::add(int invariant, Node node, std::string what) {
  if (violations_.size() < kViolationsMax) violations_.push_back({invariant, now_ns_, node, std::move(what)});
}

std::size_t Checker::copies(EntryNo entry) const {
  return static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [&](const PerNode& node) { return node.facts.test(entry); }));
}

bool Checker::excused(EntryNo entry, std::int64_t began_ns) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const PerNode& node) {
    return node.silent_lost.test(entry) && (node.renewed_ns < 0 || began_ns <= node.renewed_ns);
  });
}

void Checker::disk(Node node, const Image& image, Change change) {
  PerNode& truth = nodes_[node];
  const Bits gone = truth.facts.without(image.facts);
  const Bits come = image.facts.without(truth.facts);
  truth.facts = image.facts;
  truth.cover = image.cover;
  truth.filled = image.filled;
  truth.recovers = image.recovering;
  if (change == Change::loss || change == Change::silent_loss) {
    truth.lost |= gone;
    gone.for_each([&](EntryNo entry) { ++losses_[entry]; });
    if (change == Change::silent_loss) {
      truth.silent_lost |= gone;
      truth.renewed_ns = -1;
    }
  }
  if (change == Change::drop) truth.dropped |= gone;
  if (change == Change::commit && gone.any()) add(8, node, name_of(0) + " and others are gone without a drop");
  if (come.any()) check_identity(node, come);
  if (gone.any()) check_gone(node, gone);
  if (const Bits there = image.facts | image.rotten; image.cover != there) {
    const Bits more = image.cover.without(there);
    add(5, node, more.any() ? "it claims what it has not" : "it has facts outside what it claims");
  }
}

void Checker::check_identity(Node node, const Bits& come) {
  come.for_each([&](EntryNo entry) {
    const EntryNo first = book_.at(entry).first;
    if (first != entry)
      add(4, node, "one identity for two contents, entries " + std::to_string(first) + " and " + std::to_string(entry));
  });
  ever_ |= come;
}

void Checker::check_gone(Node node, const Bits& gone) {
  (gone & acked_).for_each([&](EntryNo entry) {
    const std::size_t left = copies(entry);
    if (left + losses_[entry] < wanted_[entry])
      add(6, node,
          name_of(entry) + ", acknowledged, is left on " + std::to_string(left) + " disks, and faults took " +
              std::to_string(losses_[entry]) + " copies");
  });
}

void Checker::claims(Node node, Slot slot, const sharding::Coverage& coverage, const Bits& known_damaged) {
  Bits bits;
  if (!book_.to_bits(slot, coverage, bits)) {
    add(2, node, "the core covers what was never written");
    return;
  }
  const Bits here = (nodes_[node].cover & book_.of_slot(slot)).without(known_damaged);
  if (bits == here) return;
  add(5, node,
      bits.without(here).any() ? "the core believes durable what is not on the disk"
                               : "the core does not know of what is on the disk");
}

void Checker::carries(Node node, const Load& load) {
  // Each gap is at least one entry that is not here.
  if (load.intervals > load.streams + load.missing)
    add(19, node,
        std::to_string(load.intervals) + " intervals for " + std::to_string(load.streams) + " streams with " +
            std::to_string(load.missing) + " entries missing");
  if (load.in_flight > load.in_flight_max)
    add(19, node, std::to_string(load.in_flight) + " bytes are on their way to a peer that is not held to lag");
}

void Checker::renewed(Node node) {
  nodes_[node].renewed_ns = now_ns_;
}

void Checker::adopted(Node node, std::uint64_t ring) {
  nodes_[node].adopted = std::max(nodes_[node].adopted, ring);
}

void Checker::booted(Node node) {
  PerNode& truth = nodes_[node];
  truth.heard_retired = 0;
  truth.ring_of.fill(0);
  truth.amnesiac.fill(0);
  truth.tells = {};
  truth.receipts.clear();
  truth.believed = truth.filled;
  truth.recovering = truth.recovers;
}

void Checker::heard_ring(Node node, Node peer, std::uint64_t ring) {
  std::uint64_t& known = nodes_[node].ring_of[peer];
  known = std::max(known, ring);
}

void Checker::heard_retired(Node node, std::uint64_t ring) {
  nodes_[node].heard_retired = std::max(nodes_[node].heard_retired, ring);
}

void Checker::heard_receipt(Node node, Node peer, const std::vector<EntryNo>& entries, std::uint64_t ring,
                            sharding::DiskGeneration generation) {
  if (generation != 0 && nodes_[node].amnesiac[peer] == generation) return;
  auto& receipts = nodes_[node].receipts;
  if (receipts.size() < book_.size()) receipts.resize(book_.size());
  for (const EntryNo entry : entries) {
    std::uint64_t& least = receipts[entry][peer];
    if (least == 0 || ring + 1 < least) least = ring + 1;
  }
}

void Checker::found_amnesiac(Node node, Node peer, sharding::DiskGeneration generation) {
  nodes_[node].amnesiac[peer] = generation;
}

void Checker::heard_tell(Node node, Node peer, const Heard& heard) {
  Tell& tell = nodes_[node].tells[heard.slot][peer];
  tell.rings |= std::uint64_t{1} << (heard.ring % 64);
  tell.filled = std::max(tell.filled, heard.filled);
  std::int64_t& last = tell.sent_ns[heard.ring % tell.sent_ns.size()];
  last = std::max(last, heard.sent_ns);
  if (tell.cover_ring != heard.ring) tell.cover = Bits();
  tell.cover_ring = heard.ring;
  tell.cover |= heard.coverage;
}

void Checker::told_receipt(Node node, const std::vector<EntryNo>& entries) {
  for (const EntryNo entry : entries)
    if (!nodes_[node].facts.test(entry) && !nodes_[node].lost.test(entry))
      add(3, node, "a receipt names " + name_of(entry) + ", which is not on its disk");
}

void Checker::told_retired(Node node, std::uint64_t ring) {
  for (std::uint64_t older = ring; older > 0; --older) {
    std::size_t behind = 0;
    for (Node member = 0; member < rings_.nodes(); ++member)
      if (rings_.is_member(older, member) && nodes_[member].adopted <= older) ++behind;
    const sharding::Ring& then = rings_.at(older)->ring();
    if (behind >= std::min(then.read_quorum(), then.effective_acks()))
      add(2, node, "tells as retired ring " + std::to_string(older) + ", under which members may still act");
  }
}

void Checker::told_coverage(Node node, Slot slot, const sharding::Coverage& coverage) {
  Bits bits;
  if (!book_.to_bits(slot, coverage, bits) || !nodes_[node].cover.includes(bits))
    add(3, node, "it tells as durable what is not on its disk");
}

}  // namespace wattring::replication
