// SPDX-License-Identifier: Apache-2.0
#include "node/app/slice_chain.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace wattring::app {
namespace {

/// About 1 MiB each.
constexpr std::size_t kWaitingMax = 4;

}  // namespace

Result<void> SliceChain::add(std::vector<persistence::OwnedOp>&& slice) {
  if (slice.empty()) return {};
  waiting_.push_back(std::move(slice));
  for (;;) {
    move_on();
    if (is_refused())
      return fail(ErrorCode::io, "the journal refused a slice of it",
                  "it is tried again; the log says what refused it");
    if (waiting_.size() <= kWaitingMax) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void SliceChain::refuse() {
  refused_ = true;
  waiting_.clear();
}

void SliceChain::move_on() {
  if (is_flying()) return;
  if (is_refused()) return refuse();
  if (waiting_.empty()) return;
  *state_ = State::flying;
  auto copy = waiting_.front();
  const auto queued =
      writer_->write(std::move(copy), [state = state_, wake = wake_](const persistence::CommitResult& result) {
        *state = result.status == persistence::CommitStatus::committed ? State::landed : State::refused;
        wake();
      });
  if (queued) return waiting_.pop_front();
  *state_ = State::landed;
  if (queued.error().code != ErrorCode::busy || writer_->failed()) refuse();
}

}  // namespace wattring::app
