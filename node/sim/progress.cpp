// SPDX-License-Identifier: Apache-2.0
#include "node/sim/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kRepaintNs = 500'000'000;
constexpr std::int64_t kLineNs = 10'000'000'000;
constexpr double kStallSeconds = 3;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

}  // namespace

Progress::Progress(std::string unit, std::uint64_t total, double seconds_total, std::int64_t now_ns)
    : unit_(std::move(unit)),
      total_(total),
      seconds_total_(seconds_total),
      begun_ns_(now_ns),
      terminal_(::isatty(STDERR_FILENO) == 1),
      shown_ns_(now_ns),
      changed_ns_(now_ns) {}

std::string Progress::line(std::uint64_t done, std::int64_t now_ns) const {
  const double passed = seconds(now_ns - begun_ns_);
  std::string text = grouped(done);
  if (total_ > 0) text += " of " + grouped(total_);
  text += fmt::format(" {}, {}/s", unit_, grouped(static_cast<std::uint64_t>(rate_)));
  double left = -1;
  if (total_ > 0 && done > 0)
    left = passed * static_cast<double>(total_ - std::min(done, total_)) / static_cast<double>(done);
  if (total_ == 0 && seconds_total_ > 0) left = std::max(0.0, seconds_total_ - passed);
  if (left >= 0) text += fmt::format(", {:.0f} s left", left);
  if (seconds(now_ns - changed_ns_) >= kStallSeconds) {
    text += fmt::format(", no progress for {:.0f} s", seconds(now_ns - changed_ns_));
  }
  return text;
}

void Progress::show(std::uint64_t done, std::int64_t now_ns, std::string_view more) {
  const std::int64_t since = now_ns - shown_ns_;
  if (since < (terminal_ ? kRepaintNs : kLineNs)) return;
  rate_ = static_cast<double>(done - std::min(done, shown_done_)) / seconds(since);
  if (done != shown_done_) changed_ns_ = now_ns;
  shown_done_ = done;
  shown_ns_ = now_ns;
  std::string text = line(done, now_ns);
  if (!more.empty()) text.append(", ").append(more);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void Progress::clear() {
  if (terminal_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace wattring::sim
