// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_transport.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/sockets.hpp"
#include "cluster/connection_table.hpp"
#include "cluster/zmq_connect_checks.hpp"
#include "cluster/zmq_counters.hpp"
#include "cluster/zmq_epoll.hpp"
#include "cluster/zmq_links.hpp"
#include "cluster/zmq_listener.hpp"

namespace wattring::cluster {
namespace {

constexpr std::size_t kListenerMessagesPerTurn = 256;
constexpr int kOldKeyLingerMs = 200;
constexpr std::int64_t kSweepNs = 5'000'000'000;
// Tokens; those of links lie between.
constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kListenerEvents = 1;
constexpr std::uint64_t kWake = 2;
constexpr std::uint64_t kChecks = std::uint64_t{1} << 62U;

/// Frames up to twice the size are received, dropped and counted; senders of larger ones are cut off.
ZmqTcpOptions tcp_options(const ZmqTransport::Options& options) {
  return {.frame_bytes_max = 2 * options.frame_bytes_max,
          .send_queue = options.send_queue,
          .receive_queue = options.receive_queue,
          .ipv6 = options.endpoint.starts_with('[')};
}

}  // namespace

class ZmqTransport::Impl {
 public:
  Impl(const Options& options, ZmqListener listener, std::unique_ptr<ZmqCounters> counters, ZmqAdmission admission,
       std::shared_ptr<ZmqContext> context, std::shared_ptr<ZmqSecurity> security, const Clock& clock,
       std::shared_ptr<Log> log)
      : clock_(clock),
        security_(std::move(security)),
        counters_(std::move(counters)),
        table_(options.connections_max, 2 * options.idle_ns),
        listener_(std::move(listener)),
        links_({.tcp = tcp_options(options),
                .links_max = options.links_max,
                .open_ns = options.open_ns,
                .reopen_after_ns = options.reopen_after_ns,
                .idle_ns = options.idle_ns},
               std::move(context), admission, table_, epoll_, std::move(log)),
        checks_(epoll_, kChecks),
        own_changes_(security_ == nullptr ? 0 : security_->own_changes()) {
    epoll_.add(listener_.fd(), kListener);
    epoll_.add(listener_.events_fd(), kListenerEvents);
    epoll_.add(wake_.fd(), kWake);
    // libzmq signs a descriptor only after a read that found nothing.
    listener_.read_events();
  }

  SendOutcome send(const Route& to, std::string_view frame) {
    follow_own_key();
    const std::int64_t now_ns = clock_.monotonic_ns();
    const SendOutcome outcome = send(to, frame, now_ns);
    if (outcome == SendOutcome::sent) counters_->sent.add();
    if (outcome == SendOutcome::full) counters_->full.add();
    if (outcome == SendOutcome::no_route) counters_->no_route.add();
    return outcome;
  }

  void check_connect(const std::string& endpoint) { checks_.start(endpoint, clock_.monotonic_ns(), waiting_); }

  void receive(std::int64_t wait_ns, std::vector<Input>& inputs) {
    follow_own_key();
    const std::size_t had = inputs.size();
    std::int64_t now_ns = clock_.monotonic_ns();
    const std::int64_t until_ns = now_ns + std::clamp<std::int64_t>(wait_ns, 0, kSweepNs * 1'000);
    for (;;) {
      const bool work = listener_touched_ || links_.touched() || !waiting_.empty();
      const std::int64_t next_ns = std::min({until_ns, links_.next_deadline_ns(), checks_.next_deadline_ns()});
      ready_.clear();
      epoll_.wait(work ? 0 : next_ns - now_ns, ready_);
      now_ns = clock_.monotonic_ns();
      const bool woken = take_ready();
      take_inputs(now_ns, inputs);
      if (woken || inputs.size() > had || now_ns >= until_ns) break;
    }
    sweep(now_ns);
  }

  void wake() const { wake_.signal(); }
  [[nodiscard]] std::string endpoint() const { return listener_.endpoint(); }

  void close(int linger_ms) {
    links_.close_all(linger_ms);
    epoll_.remove(listener_.fd());
    epoll_.remove(listener_.events_fd());
    listener_.close(linger_ms);
  }

 private:
  /// Links are opened anew with the new key when they are next needed.
  void follow_own_key() {
    const std::uint64_t changes = security_ == nullptr ? 0 : security_->own_changes();
    if (std::exchange(own_changes_, changes) != changes) links_.close_all(kOldKeyLingerMs);
  }

  SendOutcome send(const Route& to, std::string_view frame, std::int64_t now_ns) {
    if (to.connection == 0) return links_.send(to.endpoint, frame, now_ns);
    if (links_.has(to.connection)) return links_.send_back(to.connection, frame, now_ns);
    // Sending may take the sign off the descriptor that something is there to be read.
    listener_touched_ = true;
    return listener_.send(table_, to.connection, frame);
  }

  bool take_ready() {
    bool woken = false;
    for (const std::uint64_t token : ready_) {
      if (token == kListener) {
        listener_touched_ = true;
      } else if (token == kListenerEvents) {
        listener_.read_events();
      } else if (token == kWake) {
        wake_.clear();
        woken = true;
      } else if (token >= kChecks) {
        checks_.ready(token, waiting_);
      } else {
        links_.touch(token);
      }
    }
    return woken;
  }

  void take_inputs(std::int64_t now_ns, std::vector<Input>& inputs) {
    checks_.expire(now_ns, waiting_);
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(inputs));
    waiting_.clear();
    links_.receive(now_ns, inputs);
    links_.expire(now_ns, inputs);
    if (listener_touched_) listener_touched_ = !listener_.receive(table_, now_ns, kListenerMessagesPerTurn, inputs);
  }

  void sweep(std::int64_t now_ns) {
    if (now_ns < next_sweep_ns_) return;
    next_sweep_ns_ = now_ns + kSweepNs;
    links_.close_idle(now_ns);
    table_.erase_idle(now_ns);
    counters_->connections.set(static_cast<double>(table_.size()));
  }

  const Clock& clock_;
  const std::shared_ptr<ZmqSecurity> security_;
  const std::unique_ptr<ZmqCounters> counters_;
  const WakeUp wake_;
  ZmqEpoll epoll_;
  ConnectionTable table_;
  ZmqListener listener_;
  ZmqLinks links_;
  ZmqConnectChecks checks_;
  bool listener_touched_ = true;
  std::uint64_t own_changes_;
  std::vector<std::uint64_t> ready_;
  std::vector<Input> waiting_;  ///< outcomes of connect checks, for the next receive()
  std::int64_t next_sweep_ns_ = 0;
};

Result<std::unique_ptr<ZmqTransport>> ZmqTransport::open(const Options& options, std::shared_ptr<ZmqContext> context,
                                                         std::shared_ptr<ZmqSecurity> security, const Clock& clock,
                                                         Metrics& metrics, std::shared_ptr<Log> log) {
  const auto address = parse_host_port(options.endpoint);
  if (!address) return Failure(address.error());
  if (!address->is_numeric())
    return fail(ErrorCode::invalid_argument, "cannot listen on " + options.endpoint + ": not a numeric address",
                "write an IP address of this machine, for example 127.0.0.1");
  auto counters = std::make_unique<ZmqCounters>(metrics, options.name);
  const ZmqAdmission admission{options.frame_bytes_max, security.get(), counters.get()};
  auto listener = ZmqListener::open(address->text(), tcp_options(options), context, admission);
  if (!listener) return Failure(listener.error());
  return std::unique_ptr<ZmqTransport>(
      new ZmqTransport(std::make_unique<Impl>(options, std::move(*listener), std::move(counters), admission,
                                              std::move(context), std::move(security), clock, std::move(log))));
}

ZmqTransport::ZmqTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZmqTransport::~ZmqTransport() = default;

SendOutcome ZmqTransport::send(const Route& to, std::string_view frame) {
  return impl_->send(to, frame);
}
void ZmqTransport::check_connect(const std::string& endpoint) {
  impl_->check_connect(endpoint);
}
void ZmqTransport::receive(std::int64_t wait_ns, std::vector<Input>& inputs) {
  impl_->receive(wait_ns, inputs);
}
void ZmqTransport::wake() {
  impl_->wake();
}
std::string ZmqTransport::endpoint() const {
  return impl_->endpoint();
}
void ZmqTransport::close(int linger_ms) {
  impl_->close(linger_ms);
}

}  // namespace wattring::cluster
