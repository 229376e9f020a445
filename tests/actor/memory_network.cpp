// SPDX-License-Identifier: Apache-2.0
#include "tests/actor/memory_network.hpp"

#include <chrono>
#include <utility>

namespace wattring::actor {

using cluster::Input;
using cluster::Route;
using cluster::SendOutcome;

class MemoryNetwork::Port final : public cluster::Transport {
 public:
  Port(MemoryNetwork& network, std::string endpoint, std::shared_ptr<Seat> seat)
      : network_(network), endpoint_(std::move(endpoint)), seat_(std::move(seat)) {}
  ~Port() override {
    const std::lock_guard lock(network_.mutex_);
    network_.seats_.erase(endpoint_);
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  SendOutcome send(const Route& to, std::string_view frame) override {
    const std::lock_guard lock(network_.mutex_);
    const auto seat = network_.seats_.find(to.endpoint);
    if (seat == network_.seats_.end()) return SendOutcome::no_route;
    if (network_.lose_ && network_.lose_(frame)) return SendOutcome::sent;
    if (seat->second->frames.size() >= kQueueMax) return SendOutcome::full;
    seat->second->frames.emplace_back(frame);
    seat->second->changed.notify_one();
    return SendOutcome::sent;
  }
  void check_connect(const std::string&) override {}
  void receive(std::int64_t wait_ns, std::vector<Input>& inputs) override {
    std::unique_lock lock(network_.mutex_);
    seat_->changed.wait_for(lock, std::chrono::nanoseconds(wait_ns),
                            [this] { return seat_->woken || !seat_->frames.empty(); });
    seat_->woken = false;
    for (std::string& frame : std::exchange(seat_->frames, {})) {
      cluster::input::Received received;
      received.from = Route::back(1);
      received.bytes = std::move(frame);
      inputs.emplace_back(std::move(received));
    }
  }
  void wake() override {
    const std::lock_guard lock(network_.mutex_);
    seat_->woken = true;
    seat_->changed.notify_one();
  }
  [[nodiscard]] std::string endpoint() const override { return endpoint_; }

 private:
  static constexpr std::size_t kQueueMax = 64;
  MemoryNetwork& network_;
  const std::string endpoint_;
  const std::shared_ptr<Seat> seat_;
};

std::unique_ptr<cluster::Transport> MemoryNetwork::open(std::string endpoint) {
  const std::lock_guard lock(mutex_);
  if (endpoint.empty()) endpoint = "127.0.0.1:" + std::to_string(next_port_++);
  auto seat = std::make_shared<Seat>();
  seats_[endpoint] = seat;
  return std::make_unique<Port>(*this, std::move(endpoint), std::move(seat));
}

void MemoryNetwork::set_lose(std::function<bool(std::string_view frame)> lose) {
  const std::lock_guard lock(mutex_);
  lose_ = std::move(lose);
}

}  // namespace wattring::actor
