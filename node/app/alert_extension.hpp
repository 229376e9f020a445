// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "node/alert/absence.hpp"
#include "node/alert/shard_alerts.hpp"
#include "node/app/alert_hub.hpp"
#include "node/app/shard_extension.hpp"
#include "persistence/journal_writer.hpp"

namespace wattring::app {

/// The alerts of a shard on its worker's thread: carries attention to the rules, changes to the disk.
class AlertExtension final : public ShardExtension {
 public:
  AlertExtension(ShardId shard, AlertHub& hub);
  ~AlertExtension() override;

  Result<void> recovered(meter::ShardFold& fold, const persistence::ReadTransaction& disk) override;
  void adopt(std::string_view id, std::string_view payload) override;
  void work(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms, bool must_finish) override;
  Result<void> decided(meter::ShardFold& fold, Lsn lsn, std::string_view payload, std::int64_t now_ms) override;
  void erased(std::string_view meter, std::int64_t before_ms) override;
  void sealing(std::vector<persistence::OwnedOp>& with_the_mark) override;
  [[nodiscard]] bool has_work(const meter::ShardFold& fold, std::int64_t now_ms) const override;
  [[nodiscard]] std::int64_t next_deadline_ms() const override;
  [[nodiscard]] bool may_passivate(const meter::ShardFold& fold, MeterIndex meter) const override;
  void passivating(meter::ShardFold& fold, MeterIndex meter) override;

  [[nodiscard]] const alert::AlertBook& book() const { return alerts_.book(); }
  /// `done` runs when the acknowledgement is on the disk.
  [[nodiscard]] Result<alert::Alert> acknowledge(std::string_view id, std::string_view user, std::string_view note,
                                                 std::int64_t now_ms, std::function<void()> done);

  [[nodiscard]] HomeRole role() const { return role_; }
  /// The answer to AlertHub::confirm(); behind everything that it brought.
  void confirmed(bool complete, std::int64_t asked_ms);

 private:
  /// Of what was decided about an alert, before its id: it travels with the shard, as alerts do.
  static constexpr std::string_view kDecisionsPrefix = "told:";
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  /// A slice on its way to the disk. One at a time, so that an older record never overtakes a newer one.
  struct Flight {
    enum class Outcome { waiting, committed, refused };
    std::atomic<Outcome> outcome{Outcome::waiting};
  };
  void follow_home(std::int64_t now_ms);
  void take_over(std::int64_t now_ms);
  [[nodiscard]] std::int64_t next_take_over_ms() const;
  void ask_for_confirmation(std::int64_t now_ms);
  [[nodiscard]] std::int64_t confirmed_ms() const;
  void write_decisions(std::string_view id, std::vector<persistence::OwnedOp>& into) const;
  void adopt_decisions(std::string_view payload);
  void use_policy(meter::ShardFold& fold, std::int64_t now_ms);
  void look_at_history(meter::ShardFold& fold, std::int64_t since_ms);
  void look_at_due(meter::ShardFold& fold, const persistence::ReadTransaction& disk, std::int64_t now_ms);
  void look_at_attention(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms);
  void put_off_attention(meter::ShardFold& fold, std::int64_t now_ms);
  void evaluate(meter::ShardFold& fold, MeterIndex meter, const persistence::ReadTransaction& disk,
                alert::Changed changed, std::int64_t now_ms);
  void look_for_silence(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms);
  void look_at_quarantine(const meter::ShardFold& fold, std::int64_t now_ms);
  void record(const std::vector<alert::Change>& changes);
  void count_firing();
  void forget(const meter::ShardFold& fold, std::int64_t now_ms);
  [[nodiscard]] bool is_erased(const alert::Alert& alert) const;
  void look_at_erasures(std::int64_t now_ms);
  void erase_rows(const std::string& id);
  void send();
  /// False: what was under way was refused, and waits in front again.
  bool land();
  void send_all_and_wait();

  const ShardId shard_;
  AlertHub& hub_;
  alert::ShardAlerts alerts_;
  std::uint64_t policy_version_ = 0;
  std::int64_t next_pass_ms_ = 0;
  std::int64_t next_untold_ms_ = 0;
  std::int64_t next_forget_ms_ = 0;
  bool looking_at_history_ = false;
  std::uint64_t quarantined_ = 0;  ///< mark of the notes that were looked at

  // Erasures of meters (docs/decisions/0011-limits-are-facts.md).
  std::map<std::string, std::int64_t, std::less<>> erased_before_;
  std::set<std::string> erased_;  ///< meters whose alerts are to be looked through

  // Who tells.
  HomeRole role_ = HomeRole::unknown;
  std::int64_t take_over_ms_;    ///< the greatest: not to be done
  std::set<std::string> asked_;  ///< alerts that wait for the answer
  std::set<std::string> sure_;   ///< for which it has come
  std::int64_t asked_ms_ = 0;    ///< 0: nothing is asked
  std::int64_t ask_from_ms_ = 0;
  std::int64_t confirmed_ms_;  ///< nothing that was acknowledged before is missing here
  bool absence_waits_ = false;
  std::map<std::string, Lsn> undecided_;  ///< alerts about which the table says less than the journal up to there

  // Silence.
  std::int64_t last_sweep_ms_ = 0;
  std::int64_t next_sweep_ms_ = 0;
  std::int64_t next_sleepers_ms_ = 0;
  alert::Tallies sleepers_;

  // To the disk.
  std::vector<persistence::OwnedOp> unsent_;
  std::int64_t send_from_ms_ = 0;
  std::vector<std::function<void()>> waiting_;  ///< for what is unsent
  std::vector<persistence::OwnedOp> in_flight_;
  std::vector<std::function<void()>> in_flight_waiting_;
  std::shared_ptr<Flight> flight_;
};

}  // namespace wattring::app
