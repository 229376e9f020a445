// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/backup_progress.hpp"

#include <fmt/format.h>

#include <ostream>

#include "base/units.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kTerminalMs = 200;
constexpr std::int64_t kPipeMs = 10'000;

}  // namespace

BackupProgress::BackupProgress(const Context& context, std::string verb, std::uint64_t shards)
    : context_(context),
      verb_(std::move(verb)),
      shards_(shards),
      start_ns_(context.clock.monotonic_ns()),
      last_ns_(start_ns_) {}

double BackupProgress::elapsed_s() const {
  return static_cast<double>(context_.clock.monotonic_ns() - start_ns_) * 1e-9;
}

void BackupProgress::tell(std::uint64_t shards_done, std::uint64_t bytes, std::uint64_t readings) {
  const std::int64_t now_ns = context_.clock.monotonic_ns();
  if (now_ns - last_ns_ < (context_.err_is_terminal ? kTerminalMs : kPipeMs) * kNsPerMs) return;
  last_ns_ = now_ns;
  // Shards are about equally large, so their number says how long it will still take.
  const double left_s =
      shards_done == 0 ? 0
                       : elapsed_s() * static_cast<double>(shards_ - shards_done) / static_cast<double>(shards_done);
  context_.err << fmt::format(
      "{}{} {} of {} shards, {} readings, {}{}{}", context_.err_is_terminal ? "\r\x1b[K" : "", verb_,
      grouped(static_cast<std::int64_t>(shards_done)), grouped(static_cast<std::int64_t>(shards_)),
      grouped(static_cast<std::int64_t>(readings)), bytes_text(static_cast<double>(bytes)),
      shards_done == 0 ? "" : ", about " + age_text(static_cast<std::int64_t>(left_s)) + " left",
      context_.err_is_terminal ? "" : "\n");
  context_.err.flush();
}

void BackupProgress::clear() const {
  if (context_.err_is_terminal) context_.err << "\r\x1b[K";
}

}  // namespace wattring::ctl
