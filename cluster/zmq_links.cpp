// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_links.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wattring::cluster {
namespace {

constexpr std::size_t kMessagesPerTurn = 128;  ///< of one link, then others get their turn
constexpr std::size_t kFailedMax = 1'024;

}  // namespace

ZmqLinks::ZmqLinks(Options options, std::shared_ptr<ZmqContext> context, ZmqAdmission admission,
                   ConnectionTable& numbers, ZmqEpoll& epoll, std::shared_ptr<Log> log)
    : options_(options),
      context_(std::move(context)),
      admission_(admission),
      numbers_(numbers),
      epoll_(epoll),
      log_(std::move(log)) {}

ZmqLinks::~ZmqLinks() {
  close_all(0);
}

SendOutcome ZmqLinks::send(const std::string& endpoint, std::string_view frame, std::int64_t now_ns) {
  const auto known = by_endpoint_.find(endpoint);
  if (known != by_endpoint_.end()) return send_back(known->second, frame, now_ns);
  ZmqLink* const link = open(endpoint, now_ns);
  return link == nullptr ? SendOutcome::no_route : link->send(frame);
}

SendOutcome ZmqLinks::send_back(std::uint64_t number, std::string_view frame, std::int64_t now_ns) {
  const auto found = links_.find(number);
  if (found == links_.end()) return SendOutcome::no_route;
  ZmqLink& link = *found->second;
  link.used_ns = now_ns;
  const SendOutcome outcome = link.send(frame);
  // Sending may take the sign off the descriptor that something is there to be read.
  touch_link(number, link);
  return outcome;
}

ZmqLink* ZmqLinks::open(const std::string& endpoint, std::int64_t now_ns) {
  const auto failed = failed_.find(endpoint);
  const unsigned attempt = failed == failed_.end() ? 0 : failed->second.attempts;
  if (failed != failed_.end() && now_ns < failed->second.retry_ns) return nullptr;
  const auto address = parse_host_port(endpoint);
  if (!address || !address->is_numeric() || address->port == 0) return nullptr;
  if (links_.size() >= options_.links_max) close_least_used();
  auto opened = ZmqLink::open(endpoint, options_.tcp, context_, admission_.security, attempt);
  if (!opened) {
    log_->warn("transport_no_link", "no link to " + endpoint + ": " + opened.error().text());
    return nullptr;
  }
  const std::uint64_t number = numbers_.take_number();
  ZmqLink& link = **opened;
  link.opened_ns = now_ns;
  link.used_ns = now_ns;
  epoll_.add(link.fd(), number * kFirstToken);
  epoll_.add(link.events_fd(), number * kFirstToken + 1);
  links_.emplace(number, std::move(*opened));
  by_endpoint_.emplace(endpoint, number);
  opening_.push_back(number);
  touch_link(number, link);
  admission_.counters->links.set(static_cast<double>(links_.size()));
  return &link;
}

void ZmqLinks::touch(std::uint64_t token) {
  const auto found = links_.find(token / kFirstToken);
  if (found != links_.end()) touch_link(found->first, *found->second);
}

void ZmqLinks::touch_link(std::uint64_t number, ZmqLink& link) {
  if (!std::exchange(link.touched, true)) touched_.push_back(number);
}

void ZmqLinks::receive(std::int64_t now_ns, std::vector<Input>& inputs) {
  for (const std::uint64_t number : std::exchange(touched_, {})) receive(number, now_ns, inputs);
}

void ZmqLinks::receive(std::uint64_t number, std::int64_t now_ns, std::vector<Input>& inputs) {
  const auto found = links_.find(number);
  if (found == links_.end()) return;
  ZmqLink& link = *found->second;
  link.touched = false;
  const ZmqLink::State state = link.read_events();
  if (link.came_up() && !std::exchange(link.told_up, true)) {
    std::erase(opening_, number);
    failed_.erase(link.endpoint());
    admission_.counters->links_opened.add();
    inputs.emplace_back(input::LinkChanged{link.endpoint(), LinkChange::up});
  }
  // What came before the end is still there; the receive queue bounds it.
  std::size_t budget = kMessagesPerTurn;
  ZmqFrame frame;
  for (; budget > 0 && link.socket().receive(frame); --budget) {
    link.used_ns = now_ns;
    if (!admission_.fits(link.socket(), frame)) continue;
    admission_.counters->received.add();
    inputs.emplace_back(input::Received{Route::back(number), std::string(frame.bytes()), {}});
  }
  if (budget == 0) return touch_link(number, link);
  if (state == ZmqLink::State::over) end(number, now_ns, inputs);
}

void ZmqLinks::end(std::uint64_t number, std::int64_t now_ns, std::vector<Input>& inputs) {
  const ZmqLink& link = *links_.at(number);
  if (link.told_up) {
    admission_.counters->links_lost.add();
    inputs.emplace_back(input::LinkChanged{link.endpoint(), LinkChange::down});
  } else {
    admission_.counters->links_failed.add();
    admission_.counters->late.add(link.held());
    if (failed_.size() >= kFailedMax) failed_.clear();
    failed_[link.endpoint()] = {now_ns + options_.reopen_after_ns, link.attempt + 1};
  }
  close(number);
}

void ZmqLinks::expire(std::int64_t now_ns, std::vector<Input>& inputs) {
  for (const std::uint64_t number : std::vector(opening_))
    if (links_.at(number)->opened_ns + options_.open_ns <= now_ns) end(number, now_ns, inputs);
}

std::int64_t ZmqLinks::next_deadline_ns() const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const std::uint64_t number : opening_) next = std::min(next, links_.at(number)->opened_ns + options_.open_ns);
  return next;
}

void ZmqLinks::close_idle(std::int64_t now_ns) {
  std::vector<std::uint64_t> idle;
  for (const auto& [number, link] : links_)
    if (now_ns - link->used_ns >= options_.idle_ns) idle.push_back(number);
  for (const std::uint64_t number : idle) close(number);
}

void ZmqLinks::close_least_used() {
  const auto least = std::min_element(
      links_.begin(), links_.end(), [](const auto& a, const auto& b) { return a.second->used_ns < b.second->used_ns; });
  if (least != links_.end()) close(least->first);
}

void ZmqLinks::close_all(int linger_ms) {
  while (!links_.empty()) close(links_.begin()->first, linger_ms);
}

void ZmqLinks::close(std::uint64_t number, int linger_ms) {
  const auto found = links_.find(number);
  ZmqLink& link = *found->second;
  epoll_.remove(link.fd());
  epoll_.remove(link.events_fd());
  link.socket().close(linger_ms);
  std::erase(opening_, number);
  by_endpoint_.erase(link.endpoint());
  links_.erase(found);
  admission_.counters->links.set(static_cast<double>(links_.size()));
}

}  // namespace wattring::cluster
