// SPDX-License-Identifier: Apache-2.0
#include "node/sim/hedging_sender.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/units.hpp"
#include "node/sim/hedge_line.hpp"

namespace wattring::sim {
namespace {

// A line that was slow is given a new batch so often, to see whether it is well again.
constexpr std::int64_t kProbeNs = 1000 * kNsPerMs;
constexpr std::int64_t kRetryMs = 50;
constexpr std::int64_t kSilentHedges = 3;

class HedgingSender final : public Sender {
 public:
  HedgingSender(const HedgeOptions& options, std::vector<HedgeLine> lines, const Clock& clock,
                std::atomic<std::uint64_t>& hedged)
      : options_(options), clock_(clock), hedged_(hedged), health_(lines.size()) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      lines_.push_back(std::make_unique<LineThread>(i, std::move(lines[i]), options.reply_timeout_ms, clock, box_));
    }
  }

  std::uint32_t credit() const override {
    const auto open = static_cast<std::uint32_t>(open_.size());
    return open < options_.window ? options_.window - open : 0;
  }
  Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) override;
  std::vector<SendReply> receive(std::int64_t timeout_ms) override;

 private:
  struct Open {
    SharedReadings readings;
    std::size_t next = 0;   ///< line
    std::size_t asked = 0;  ///< lines
    std::size_t silent = 0;
    std::int64_t hedge_at_ns = 0;
    bool maybe_stored = false;
    std::string trouble;
  };
  struct Health {
    bool well = true;
    std::int64_t probed_ns = 0;
  };

  std::size_t choose_line();
  void ask_next(std::uint64_t ticket, Open& open);
  void hedge_overdue(std::vector<SendReply>& done);
  void give_back(std::uint64_t ticket, Open& open, std::vector<SendReply>& done);
  [[nodiscard]] std::int64_t wait_ns(std::int64_t timeout_ms) const;
  void settle(ReplyBox::Arrived arrived, std::vector<SendReply>& done);
  void settle_open(std::uint64_t ticket, ReplyBox::Arrived arrived, Open& open, std::vector<SendReply>& done);

  const HedgeOptions options_;
  const Clock& clock_;
  std::atomic<std::uint64_t>& hedged_;
  std::vector<Health> health_;
  std::map<std::uint64_t, Open> open_;
  ReplyBox box_;
  std::vector<std::unique_ptr<LineThread>> lines_;  ///< after the box: their threads use it
};

std::size_t HedgingSender::choose_line() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::size_t line = (options_.first + i) % lines_.size();
    Health& health = health_[line];
    if (health.well) return line;
    if (now_ns - health.probed_ns < kProbeNs) continue;
    health.probed_ns = now_ns;
    return line;
  }
  return options_.first % lines_.size();
}

Result<void> HedgingSender::send(std::uint64_t ticket, std::span<const Reading> readings) {
  Open open;
  open.readings = std::make_shared<const std::vector<Reading>>(readings.begin(), readings.end());
  open.next = choose_line();
  Open& placed = open_[ticket] = std::move(open);
  ask_next(ticket, placed);
  return {};
}

void HedgingSender::ask_next(std::uint64_t ticket, Open& open) {
  if (open.asked > 0) ++hedged_;
  lines_[open.next]->submit(ticket, open.readings);
  open.next = (open.next + 1) % lines_.size();
  ++open.asked;
  ++open.silent;
  open.hedge_at_ns = clock_.monotonic_ns() + options_.hedge_ms * kNsPerMs;
}

void HedgingSender::hedge_overdue(std::vector<SendReply>& done) {
  const std::int64_t now_ns = clock_.monotonic_ns();
  std::vector<std::uint64_t> refused;
  for (auto& [ticket, open] : open_) {
    if (open.hedge_at_ns > now_ns) continue;
    if (open.asked == lines_.size()) {
      // Some said no, and the rest stays silent: better asked again than waited for.
      const bool long_silent = now_ns - open.hedge_at_ns >= kSilentHedges * options_.hedge_ms * kNsPerMs;
      if (open.silent < open.asked && long_silent) refused.push_back(ticket);
      continue;
    }
    Health& slow = health_[(open.next + lines_.size() - 1) % lines_.size()];
    if (slow.well) slow = {false, now_ns};
    ask_next(ticket, open);
  }
  for (const std::uint64_t ticket : refused) {
    Open& open = open_.at(ticket);
    open.maybe_stored = true;
    give_back(ticket, open, done);
  }
}

std::int64_t HedgingSender::wait_ns(std::int64_t timeout_ms) const {
  const std::int64_t now_ns = clock_.monotonic_ns();
  std::int64_t until_ns = now_ns + timeout_ms * kNsPerMs;
  for (const auto& [ticket, open] : open_) {
    if (open.asked < lines_.size()) until_ns = std::min(until_ns, open.hedge_at_ns);
  }
  return std::max<std::int64_t>(0, until_ns - now_ns);
}

std::vector<SendReply> HedgingSender::receive(std::int64_t timeout_ms) {
  std::vector<SendReply> done;
  for (ReplyBox::Arrived& arrived : box_.take(wait_ns(timeout_ms))) settle(std::move(arrived), done);
  hedge_overdue(done);
  return done;
}

void HedgingSender::settle(ReplyBox::Arrived arrived, std::vector<SendReply>& done) {
  const bool answered = !arrived.unreachable && arrived.reply.kind != SendReply::Kind::lost;
  health_[arrived.line].well = answered;
  if (!answered) health_[arrived.line].probed_ns = clock_.monotonic_ns();
  const std::uint64_t ticket = arrived.reply.ticket;
  const auto found = open_.find(ticket);
  if (found == open_.end()) return;
  settle_open(ticket, std::move(arrived), found->second, done);
}

void HedgingSender::settle_open(std::uint64_t ticket, ReplyBox::Arrived arrived, Open& open,
                                std::vector<SendReply>& done) {
  SendReply& reply = arrived.reply;
  if (!arrived.unreachable && reply.kind == SendReply::Kind::answered && reply.unknown == 0) {
    done.push_back(std::move(reply));
    open_.erase(ticket);
    return;
  }
  --open.silent;
  if (!arrived.unreachable && reply.kind != SendReply::Kind::busy) open.maybe_stored = true;
  if (!reply.trouble.empty()) open.trouble = std::move(reply.trouble);
  if (open.asked < lines_.size()) {
    ask_next(ticket, open);
    return;
  }
  if (open.silent == 0) give_back(ticket, open, done);
}

void HedgingSender::give_back(std::uint64_t ticket, Open& open, std::vector<SendReply>& done) {
  SendReply last;
  last.ticket = ticket;
  last.trouble = std::move(open.trouble);
  if (open.maybe_stored) {
    last.unknown = open.readings->size();
  } else {
    last.kind = SendReply::Kind::busy;
  }
  last.retry_after_ms = kRetryMs;
  done.push_back(std::move(last));
  open_.erase(ticket);
}

}  // namespace

std::unique_ptr<Sender> make_hedging_sender(const HedgeOptions& options, std::vector<HedgeLine> lines,
                                            const Clock& clock, std::atomic<std::uint64_t>& hedged) {
  return std::make_unique<HedgingSender>(options, std::move(lines), clock, hedged);
}

}  // namespace wattring::sim
