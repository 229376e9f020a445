// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/world.hpp"

namespace wattring::simulation {

/// One of the invariants did not hold.
struct Violation {
  int invariant = 0;
  std::int64_t at_ns = 0;
  Node node = kNone;  ///< where it was seen
  std::string what;
};
[[nodiscard]] std::string to_text(const Violation& violation);

/// Holds a World to what membership promises: after each step what is cheap to see, at the end the rest.
class Checker final : public Observer {
 public:
  /// Who held a running process dead.
  struct FalseFailure {
    std::int64_t at_ns = 0;
    Node observer = kNone;
    NodeId who;
    std::string name;
  };
  struct Options {
    bool forbid_false_failures = false;  ///< nothing in the plan excuses one
    bool scan = true;                    ///< everybody's record after each change: quadratic
  };
  explicit Checker(Options options) : options_(options) {}

  void on_member_event(const World& world, Node node, const cluster::MemberEvent& event) override;
  void after_step(const World& world, Node node) override;
  void on_start(const World& world, Node node) override;

  /// All that runs agrees, quickly; what is wrong otherwise says check_calm().
  [[nodiscard]] static bool calm(const World& world);
  void check_calm(const World& world);

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] const std::vector<FalseFailure>& false_failures() const { return false_failures_; }
  /// What observers were told of, in order.
  struct Told {
    std::int64_t at_ns = 0;
    Node observer = kNone;
    cluster::EventKind kind = cluster::EventKind::joined;
    NodeId who;
  };
  [[nodiscard]] const std::vector<Told>& told() const { return told_; }
  void add(int invariant, const World& world, Node node, std::string what);

 private:
  void scan(const World& world, Node node);
  void check_record(const World& world, Node node, const cluster::RecordPtr& before, const cluster::RecordPtr& now);
  void check_known(const World& world, Node observer, Node other);
  void check_gone(const World& world, Node observer, const NodeId& id, const std::vector<LifeTruth>& lives);

  struct Seen {
    std::uint64_t version = 0;
    std::map<NodeId, cluster::RecordPtr> records;
  };
  Options options_;
  std::vector<Seen> seen_;
  std::vector<Told> told_;
  std::vector<FalseFailure> false_failures_;
  std::vector<Violation> violations_;
};

}  // namespace wattring::simulation
