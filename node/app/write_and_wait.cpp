// SPDX-License-Identifier: Apache-2.0
#include "node/app/write_and_wait.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <thread>

namespace wattring::app {
namespace {

constexpr int kQueueTries = 200;

}  // namespace

Result<void> write_and_wait(persistence::JournalWriter& writer, const std::vector<persistence::OwnedOp>& slice) {
  const auto done = std::make_shared<std::promise<persistence::CommitResult>>();
  auto committed = done->get_future();
  for (int tries = 0;; ++tries) {
    auto copy = slice;
    auto queued =
        writer.write(std::move(copy), [done](const persistence::CommitResult& result) { done->set_value(result); });
    if (queued) break;
    if (queued.error().code != ErrorCode::busy || tries == kQueueTries) return queued;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const persistence::CommitResult result = committed.get();
  if (result.status == persistence::CommitStatus::committed) return {};
  return Failure(result.error);
}

}  // namespace wattring::app
