// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_epoll.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/units.hpp"

namespace wattring::cluster {
namespace {

constexpr std::int64_t kWaitMsMax = 3'600'000;

}  // namespace

ZmqEpoll::ZmqEpoll() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  WATTRING_CHECK(epoll_.open());
}

void ZmqEpoll::add(int fd, std::uint64_t token, bool for_writing) {
  epoll_event event{};
  event.events = for_writing ? EPOLLOUT : EPOLLIN;
  event.data.u64 = token;
  WATTRING_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

void ZmqEpoll::remove(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void ZmqEpoll::wait(std::int64_t timeout_ns, std::vector<std::uint64_t>& ready) {
  std::array<epoll_event, 128> events{};
  const std::int64_t wait_ns = std::clamp<std::int64_t>(timeout_ns, 0, kWaitMsMax * kNsPerMs);
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               static_cast<int>((wait_ns + kNsPerMs - 1) / kNsPerMs));
  // A signal ends the wait early: the caller's loop looks at the time.
  for (int i = 0; i < count; ++i) {
    // A copy: the kernel's struct is packed, and no reference may lead into it.
    const std::uint64_t token = events.at(static_cast<std::size_t>(i)).data.u64;
    ready.push_back(token);
  }
}

}  // namespace wattring::cluster
