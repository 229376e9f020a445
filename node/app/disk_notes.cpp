// SPDX-License-Identifier: Apache-2.0
#include "node/app/disk_notes.hpp"

#include <iterator>

namespace wattring::app {
namespace {

constexpr std::int64_t kFullQueueNs = 2'000'000;
/// A full disk is tried again in a while instead of at once.
constexpr std::int64_t kRefusedNs = 1'000'000'000;

}  // namespace

void DiskNotes::add(persistence::OwnedOp op) {
  std::pair name{op.table, op.key};
  notes_.rows.insert_or_assign(std::move(name), std::move(op));
}

void DiskNotes::add(persistence::OwnedOp op, Done done) {
  add(std::move(op));
  notes_.done.push_back(std::move(done));
}

void DiskNotes::flush(std::int64_t now_ns) {
  if (flight_) {
    const State state = flight_->state;
    if (state == State::flying) return;
    if (state == State::refused) {
      take_back();
      again_ns_ = now_ns + kRefusedNs;
    }
    flight_.reset();
  }
  if (notes_.rows.empty() || now_ns < again_ns_) return;
  const auto flight = std::make_shared<Flight>();
  flight->notes = std::exchange(notes_, {});
  std::vector<persistence::OwnedOp> slice;
  for (const auto& [name, op] : flight->notes.rows) slice.push_back(op);
  flight_ = flight;
  const auto queued =
      writer_.write(std::move(slice), [flight, landed = landed_](const persistence::CommitResult& result) {
        const bool committed = result.status == persistence::CommitStatus::committed;
        if (committed)
          for (const Done& each : flight->notes.done) each();
        flight->state = committed ? State::committed : State::refused;
        landed();
      });
  if (queued) return;
  take_back();
  flight_.reset();
  again_ns_ = now_ns + (queued.error().code == ErrorCode::busy ? kFullQueueNs : kRefusedNs);
}

/// What came since goes after it.
void DiskNotes::take_back() {
  Notes refused = std::move(flight_->notes);
  Notes since = std::exchange(notes_, std::move(refused));
  for (auto& [name, op] : since.rows) notes_.rows.insert_or_assign(name, std::move(op));
  notes_.done.insert(notes_.done.end(), std::make_move_iterator(since.done.begin()),
                     std::make_move_iterator(since.done.end()));
}

std::int64_t DiskNotes::next_deadline() const {
  return flight_ || notes_.rows.empty() ? INT64_MAX : again_ns_;
}

}  // namespace wattring::app
