// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/zmq_gateway.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/sockets.hpp"
#include "base/units.hpp"
#include "node/gateway/native_codec.hpp"
#include "node/gateway/zmq.hpp"
#include "node/gateway/zmq_connections.hpp"

namespace wattring::gateway {
namespace {

using native::ErrorKind;
using native::FrameType;
using Connection = ZmqConnections::Connection;

constexpr std::int64_t kTickMs = 1'000;
constexpr int kMessagesPerTurn = 64;  ///< then replies get their turn
constexpr std::uint32_t kRetryAfterOverrunMs = 10;
constexpr std::uint32_t kRetryAfterStopMs = 1'000;
constexpr std::int64_t kLingerMs = 500;
/// Errors to peers that are not let in, a second; they have no state that could limit them one by one.
constexpr int kStrangersToldPerSecond = 20;
constexpr std::size_t kInFlightMax = 65'536;  ///< batches of all connections

struct Outgoing {
  std::string identity;
  std::uint64_t serial = 0;
  native::Reply reply;
};

/// Where other threads leave replies. Outlives the gateway when a reply is late.
struct ReplyLine {
  explicit ReplyLine(std::size_t capacity) : queue(capacity) {}
  BoundedQueue<Outgoing> queue;
  WakeUp wake;
};

/// How frames ended, for wattring_ingest_frames_total.
enum class Outcome : std::uint8_t {
  taken,
  control,
  malformed,
  version,
  no_hello,
  too_large,
  over_credit,
  turned_away,
  revoked
};
constexpr std::array<const char*, 9> kOutcomeNames{"taken",     "control",     "malformed",   "version", "no_hello",
                                                   "too_large", "over_credit", "turned_away", "revoked"};

}  // namespace

class ZmqGateway::Impl {
 public:
  Impl(Options options, IngestDoor& door, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log)
      : options_(std::move(options)),
        door_(door),
        clock_(clock),
        log_(std::move(log)),
        in_flight_max_(std::min<std::size_t>(
            std::size_t{options_.connections_max} * std::max<std::size_t>(options_.credit_batches, 1), kInFlightMax)),
        line_(std::make_shared<ReplyLine>(in_flight_max_)),
        connections_(options_.connections_max),
        slow_replies_(dropped(metrics, "slow")),
        gone_replies_(dropped(metrics, "gone")),
        connection_count_(metrics.gauge("wattring_ingest_connections", "Clients of the native protocol")),
        in_flight_gauge_(metrics.gauge("wattring_ingest_batches_in_flight", "Native batches not yet answered")) {
    for (std::size_t i = 0; i < frames_.size(); ++i)
      frames_[i] = &metrics.counter("wattring_ingest_frames_total", "Frames of the native protocol, by how they ended",
                                    std::string("result=\"") + kOutcomeNames[i] + "\"");
  }
  ~Impl() { stop(); }

  Result<std::string> start() {
    const auto address = parse_host_port(options_.endpoint);
    if (!address) return Failure(address.error());
    if (!address->is_numeric())
      return fail(ErrorCode::invalid_argument, "cannot listen on " + options_.endpoint + ": not a numeric address",
                  "write an IP address of this machine, for example 127.0.0.1");
    // A frame that is somewhat too large is answered; beyond that the peer is cut off before it costs memory.
    auto socket = ZmqSocket::bind_router({.address = address->text(),
                                          .frame_bytes_max = 2 * options_.frame_bytes_max,
                                          .send_queue = reply_queue(),
                                          .receive_queue = static_cast<int>(options_.credit_batches) + 8,
                                          .context = options_.context},
                                         options_.security.get());
    if (!socket) return Failure(socket.error());
    socket_.emplace(std::move(*socket));
    const std::string bound = socket_->bound_address();
    thread_ = std::thread([this] { run(); });
    log_->info("ingest_listening", "native ingest listens on " + bound);
    return bound;
  }

  void stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    line_->wake.signal();
    thread_.join();
  }

 private:
  static Counter& dropped(Metrics& metrics, const char* reason) {
    return metrics.counter("wattring_ingest_replies_dropped_total", "Native replies whose client did not take them",
                           std::string("reason=\"") + reason + "\"");
  }
  /// Room for every reply a client with credit can be owed, and for PINGs.
  [[nodiscard]] int reply_queue() const {
    return static_cast<int>(2 * options_.credit_batches + 2 * ZmqConnections::kUnansweredPingsMax);
  }

  // Everything below runs on the gateway's thread.

  void run() {
    std::optional<std::int64_t> stop_at_ns;
    for (;;) {
      now_ns_ = clock_.monotonic_ns();
      if (stopping_.load() && !stop_at_ns) stop_at_ns = now_ns_ + options_.stop_deadline_ms * kNsPerMs;
      if (stop_at_ns && (in_flight_ == 0 || now_ns_ >= *stop_at_ns)) break;
      if (now_ns_ >= next_tick_ns_) tick();
      const std::int64_t wait_ms = stop_at_ns ? std::min(kTickMs, (*stop_at_ns - now_ns_) / kNsPerMs + 1) : kTickMs;
      const ZmqSocket::Ready ready = socket_->wait(wait_ms, line_->wake.fd());
      now_ns_ = clock_.monotonic_ns();
      send_replies();
      if (ready.receive) receive_some();
      for (const std::string& identity : std::exchange(gone_, {})) connections_.remove(identity);
    }
    if (in_flight_ > 0)
      log_->warn("ingest_stop_unanswered",
                 std::to_string(in_flight_) + " native batches were not answered before the stop deadline");
    line_->queue.close();
    socket_->close(kLingerMs);
  }

  void tick() {
    next_tick_ns_ = now_ns_ + kTickMs * kNsPerMs;
    strangers_told_ = 0;
    ping_silent(false);
    connection_count_.set(static_cast<double>(connections_.size()));
  }

  void ping_silent(bool all) {
    const std::string ping = native::encode_ping(FrameType::ping, static_cast<std::uint64_t>(now_ns_));
    for (const std::string& identity : connections_.take_due_pings(now_ns_, all))
      if (socket_->send_to(identity, ping) == ZmqSocket::Sent::unreachable) connections_.remove(identity);
  }

  void receive_some() {
    for (int i = 0; i < kMessagesPerTurn; ++i) {
      const auto message = socket_->receive();
      if (!message) return;
      // A key that was taken off the list may still have a connection.
      const bool known = options_.security == nullptr ||
                         options_.security->name_of(message->user(), cluster::Callers::nodes_and_clients).has_value();
      count(known ? handle(message->identity(), message->frame()) : Outcome::revoked);
    }
  }

  Outcome handle(std::string_view identity, std::string_view frame) {
    Connection* const connection = known_or_new(identity);
    if (connection == nullptr) return turn_away(identity);
    ZmqConnections::seen(*connection, now_ns_);
    const Result<FrameType> type = native::frame_type(frame);
    if (!type) {
      const bool version = type.error().code == ErrorCode::newer_format;
      tell_error(identity, *connection, version ? ErrorKind::version : ErrorKind::malformed, type.error().text());
      return version ? Outcome::version : Outcome::malformed;
    }
    if (*type == FrameType::hello) return handle_hello(identity, *connection, frame);
    if (!connection->greeted) {
      tell_error(identity, *connection, ErrorKind::no_hello, "the first frame of a connection must be HELLO");
      return Outcome::no_hello;
    }
    switch (*type) {
      case FrameType::batch:
        return handle_batch(identity, *connection, frame);
      case FrameType::ping:
        return handle_ping(identity, *connection, frame);
      case FrameType::pong:
        return Outcome::control;
      default:
        break;
    }
    tell_error(identity, *connection, ErrorKind::malformed,
               std::string(to_string(*type)) + " frames go from the node to the client");
    return Outcome::malformed;
  }

  /// Null when there is no room for another connection, also after looking for ones that are gone.
  Connection* known_or_new(std::string_view identity) {
    if (Connection* const known = connections_.find(identity)) return known;
    if (connections_.full() && now_ns_ >= next_room_search_ns_) {
      next_room_search_ns_ = now_ns_ + kNsPerSecond;
      ping_silent(true);
      if (connections_.full()) connections_.forget_silent(now_ns_);
    }
    return connections_.full() ? nullptr : &connections_.add(identity, now_ns_);
  }

  Outcome turn_away(std::string_view identity) {
    log_->warn("ingest_connections_full", "a native client was turned away: " +
                                              std::to_string(options_.connections_max) + " connections are in use");
    if (strangers_told_++ < kStrangersToldPerSecond)
      send(identity, encode(native::ErrorFrame{ErrorKind::too_many_connections,
                                               "this node has as many connections as it may; try another or later"}));
    return Outcome::turned_away;
  }

  Outcome handle_hello(std::string_view identity, Connection& connection, std::string_view frame) {
    const auto hello = native::decode_hello(frame);
    if (!hello) {
      tell_error(identity, connection, ErrorKind::malformed, hello.error().text());
      return Outcome::malformed;
    }
    if (hello->newest_version < native::kVersion) {
      tell_error(identity, connection, ErrorKind::version, "the oldest version spoken here is 1");
      return Outcome::version;
    }
    connection.greeted = true;
    send(identity, encode(native::Welcome{.version = native::kVersion,
                                          .node = options_.node_name,
                                          .credit = options_.credit_batches,
                                          .batch_bytes_max = std::min(options_.frame_bytes_max, kBatchBytesMax),
                                          .readings_max = kBatchReadingsMax,
                                          .window = door_.accept_window()}));
    return Outcome::control;
  }

  Outcome handle_ping(std::string_view identity, Connection& connection, std::string_view frame) {
    const auto number = native::decode_ping(frame);
    if (!number) {
      tell_error(identity, connection, ErrorKind::malformed, number.error().text());
      return Outcome::malformed;
    }
    send(identity, native::encode_ping(FrameType::pong, *number));
    return Outcome::control;
  }

  Outcome handle_batch(std::string_view identity, Connection& connection, std::string_view frame) {
    const auto id = native::peek_batch_id(frame);
    if (!id) {
      tell_error(identity, connection, ErrorKind::malformed, id.error().text());
      return Outcome::malformed;
    }
    if (frame.size() > options_.frame_bytes_max) {
      IngestReply reply;
      reply.refusals.add(0, Reason::too_large, std::to_string(frame.size()) + " bytes",
                         std::to_string(options_.frame_bytes_max) + " bytes");
      send(identity, encode(native::Reply{*id, std::move(reply)}));
      return Outcome::too_large;
    }
    if (stopping_.load()) return busy(identity, *id, kRetryAfterStopMs, Outcome::turned_away);
    if (connection.in_flight >= options_.credit_batches || in_flight_ >= in_flight_max_)
      return busy(identity, *id, kRetryAfterOverrunMs, Outcome::over_credit);
    Batch batch;
    native::decode_batch(frame, door_.accept_window(), batch);
    if (batch.facts().empty() && batch.refusals.total() > 0 && batch.refusals.listed().front().line == 0) {
      IngestReply reply;
      reply.refusals = std::move(batch.refusals);
      send(identity, encode(native::Reply{*id, std::move(reply)}));
      return Outcome::malformed;
    }
    ++connection.in_flight;
    change_in_flight(+1);
    door_.submit(std::move(batch), [line = line_, identity = std::string(identity), serial = connection.serial,
                                    id = *id](IngestReply&& reply) {
      // The queue holds every batch in flight; it refuses only when the gateway is closed.
      if (line->queue.try_push(Outgoing{identity, serial, {id, std::move(reply)}})) line->wake.signal();
    });
    return Outcome::taken;
  }

  Outcome busy(std::string_view identity, std::uint64_t id, std::uint32_t retry_after_ms, Outcome outcome) {
    IngestReply reply;
    reply.turned_away = Reason::busy;
    reply.retry_after_ms = retry_after_ms;
    send(identity, encode(native::Reply{id, std::move(reply)}));
    return outcome;
  }

  void send_replies() {
    line_->wake.clear();
    for (const Outgoing& outgoing : line_->queue.drain()) {
      change_in_flight(-1);
      Connection* const connection = connections_.find(outgoing.identity);
      if (connection == nullptr || connection->serial != outgoing.serial) {
        gone_replies_.add();
        continue;
      }
      if (connection->in_flight > 0) --connection->in_flight;
      send(outgoing.identity, encode(outgoing.reply));
    }
  }

  /// At most one ERROR a second to each connection, however much garbage it sends.
  void tell_error(std::string_view identity, Connection& connection, ErrorKind kind, const std::string& text) {
    log_->warn("ingest_bad_frame", "native frame refused, " + std::string(to_string(kind)) + ": " + text);
    if (connection.error_told_ns != 0 && now_ns_ - connection.error_told_ns < kNsPerSecond) return;
    connection.error_told_ns = std::max<std::int64_t>(now_ns_, 1);
    send(identity, encode(native::ErrorFrame{kind, text}));
  }

  /// A peer that does not read its replies loses them: it will send its batches again, and facts bear that.
  void send(std::string_view identity, const std::string& frame) {
    switch (socket_->send_to(identity, frame)) {
      case ZmqSocket::Sent::yes:
        return;
      case ZmqSocket::Sent::queue_full:
        return slow_replies_.add();
      case ZmqSocket::Sent::unreachable:
        break;
    }
    gone_replies_.add();
    gone_.emplace_back(identity);
  }

  void change_in_flight(int by) {
    in_flight_ += static_cast<std::size_t>(by);
    in_flight_gauge_.set(static_cast<double>(in_flight_));
  }

  void count(Outcome outcome) { frames_[static_cast<std::size_t>(outcome)]->add(); }

  const Options options_;
  IngestDoor& door_;
  const Clock& clock_;
  const std::shared_ptr<Log> log_;
  const std::size_t in_flight_max_;
  const std::shared_ptr<ReplyLine> line_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;

  // Of the gateway's thread.
  std::optional<ZmqSocket> socket_;
  ZmqConnections connections_;
  std::vector<std::string> gone_;  ///< found to be gone while handling others; removed after each turn
  std::size_t in_flight_ = 0;
  std::int64_t now_ns_ = 0;
  std::int64_t next_tick_ns_ = 0;
  std::int64_t next_room_search_ns_ = 0;
  int strangers_told_ = 0;

  std::array<Counter*, kOutcomeNames.size()> frames_{};
  Counter& slow_replies_;
  Counter& gone_replies_;
  Gauge& connection_count_;
  Gauge& in_flight_gauge_;
};

ZmqGateway::ZmqGateway(Options options, IngestDoor& door, const Clock& clock, Metrics& metrics,
                       std::shared_ptr<Log> log)
    : impl_(std::make_unique<Impl>(std::move(options), door, clock, metrics, std::move(log))) {}
ZmqGateway::~ZmqGateway() = default;
Result<std::string> ZmqGateway::start() {
  return impl_->start();
}
void ZmqGateway::stop() {
  impl_->stop();
}

}  // namespace wattring::gateway
