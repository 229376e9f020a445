// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/native_client.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "base/sockets.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "node/gateway/native_codec.hpp"
#include "node/gateway/zmq.hpp"

namespace wattring::gateway {
namespace {

using native::FrameType;

/// With batches in flight: asks after this long without a frame, gives up after the other.
constexpr std::int64_t kPingAfterNs = 1'000 * kNsPerMs;
constexpr std::int64_t kSilentAfterNs = 5'000 * kNsPerMs;
constexpr std::int64_t kSliceMs = 100;  ///< how often a silent node is looked for while waiting
constexpr std::uint32_t kCreditMax = 1'000;
constexpr int kQueue = 2 * static_cast<int>(kCreditMax);

class ZmqNativeClient final : public NativeClient {
 public:
  ZmqNativeClient(ZmqSocket socket, HostPort peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  /// The time-out began at start_ns.
  Result<void> greet(std::int64_t start_ns, std::int64_t timeout_ms) {
    const std::int64_t deadline_ns = start_ns + timeout_ms * kNsPerMs;
    const auto left_ms = [&] { return (deadline_ns - clock_.monotonic_ns()) / kNsPerMs; };
    for (ZmqSocket::Ready ready; !ready.send;) {
      ready = socket_.wait(left_ms());
      if (ready.over)
        return fail(ErrorCode::io, peer_.text() + " ended the handshake",
                    "is it the ingest port of a wattring node, and do the node's keys and this client's fit?");
      if (left_ms() <= 0) return no_welcome(timeout_ms);
    }
    if (socket_.send(encode(native::Hello{.client = "wattring", .newest_version = native::kVersion})) !=
        ZmqSocket::Sent::yes)
      return no_welcome(timeout_ms);
    while (left_ms() > 0) {
      const ZmqSocket::Ready ready = socket_.wait(left_ms());
      const auto message = socket_.receive();
      if (message) return take_welcome(message->frame());
      if (!ready.send) break;
    }
    return no_welcome(timeout_ms);
  }

  std::uint32_t credit() const override {
    // On a lost connection send() is what tells.
    const auto used = static_cast<std::uint32_t>(in_flight_.size());
    return lost_ ? credit_ : credit_ - std::min(used, credit_);
  }

  Result<std::uint64_t> send(const Batch& batch) override {
    if (lost_) return Failure(*lost_);
    if (credit() == 0)
      return fail(ErrorCode::busy,
                  "all " + std::to_string(credit_) + " batches that " + peer_.text() + " allows are in flight",
                  "receive replies first");
    const std::uint64_t id = next_id_;
    const auto encoded = native::encode_batch(id, batch, frame_);
    if (!encoded) return Failure(encoded.error());
    if (frame_.size() > batch_bytes_max_)
      return fail(ErrorCode::invalid_argument,
                  "a batch of " + std::to_string(frame_.size()) + " bytes; " + peer_.text() + " takes " +
                      std::to_string(batch_bytes_max_),
                  "send smaller batches");
    if (socket_.send(frame_) != ZmqSocket::Sent::yes) {
      lose("connection to " + peer_.text() + " is lost");
      return Failure(*lost_);
    }
    ++next_id_;
    if (in_flight_.empty()) heard_ns_ = clock_.monotonic_ns();
    in_flight_.emplace(id, batch.facts().size());
    return id;
  }

  std::vector<Reply> receive(std::int64_t timeout_ms) override {
    std::vector<Reply> replies;
    const std::int64_t deadline_ns = clock_.monotonic_ns() + timeout_ms * kNsPerMs;
    for (;;) {
      take_frames(replies);
      if (!lost_) watch();
      if (lost_) give_up_in_flight(replies);
      const std::int64_t left_ms = (deadline_ns - clock_.monotonic_ns()) / kNsPerMs;
      if (!replies.empty() || left_ms <= 0 || lost_) return replies;
      socket_.wait(std::min(left_ms, kSliceMs));
    }
  }

 private:
  Result<void> no_welcome(std::int64_t timeout_ms) const {
    return fail(ErrorCode::io, "no welcome from " + peer_.text() + " within " + std::to_string(timeout_ms) + " ms",
                "somebody listens there; is it the ingest port of a wattring node, does the node run, and does it know "
                "this client's key if it has keys?");
  }

  Result<void> take_welcome(std::string_view frame) {
    if (const auto error = native::decode_error(frame))
      return fail(ErrorCode::io, peer_.text() + " refused the connection: " + std::string(to_string(error->kind)) +
                                     ": " + error->text);
    const auto welcome = native::decode_welcome(frame);
    if (!welcome)
      return fail(ErrorCode::io, peer_.text() + " gave no welcome: " + welcome.error().message,
                  "is it the ingest port of a wattring node of a suitable release?");
    if (welcome->version != native::kVersion || welcome->credit == 0)
      return fail(ErrorCode::io,
                  peer_.text() + " offers version " + std::to_string(welcome->version) + " and " +
                      std::to_string(welcome->credit) + " batches of credit",
                  "use a client of the node's release");
    credit_ = std::min(welcome->credit, kCreditMax);
    batch_bytes_max_ = welcome->batch_bytes_max;
    heard_ns_ = clock_.monotonic_ns();
    return {};
  }

  void take_frames(std::vector<Reply>& replies) {
    while (const auto message = socket_.receive()) {
      heard_ns_ = clock_.monotonic_ns();
      pinged_ = false;
      take_frame(message->frame(), replies);
    }
  }

  void take_frame(std::string_view frame, std::vector<Reply>& replies) {
    const auto type = native::frame_type(frame);
    if (!type) return lose(peer_.text() + " sent what is no frame: " + type.error().message);
    switch (*type) {
      case FrameType::reply:
      case FrameType::busy:
        return take_reply(frame, replies);
      case FrameType::ping:
        return answer_ping(frame);
      case FrameType::error: {
        const auto error = native::decode_error(frame);
        return lose(peer_.text() + " reports " +
                    (error ? std::string(to_string(error->kind)) + ": " + error->text : error.error().message));
      }
      default:
        return;  // PONG and WELCOME: having been heard is all that counts
    }
  }

  void take_reply(std::string_view frame, std::vector<Reply>& replies) {
    auto reply = native::decode_reply(frame);
    if (!reply) return lose(peer_.text() + " sent a damaged reply: " + reply.error().message);
    // An id that is not in flight was answered before.
    if (in_flight_.erase(reply->batch_id) > 0) replies.push_back({reply->batch_id, std::move(reply->reply)});
  }

  void answer_ping(std::string_view frame) {
    const auto number = native::decode_ping(frame);
    if (number) socket_.send(native::encode_ping(FrameType::pong, *number));
  }

  /// Notices a connection that is gone or a node that is silent although it owes replies.
  void watch() {
    const std::int64_t now_ns = clock_.monotonic_ns();
    const ZmqSocket::Ready ready = socket_.ready();
    if (ready.receive) return;
    if (!ready.send) return lose("connection to " + peer_.text() + " is lost");
    if (in_flight_.empty()) return;
    if (now_ns - heard_ns_ > kSilentAfterNs && pinged_)
      return lose(peer_.text() + " has been silent for " + std::to_string((now_ns - heard_ns_) / kNsPerMs) + " ms");
    if (now_ns - heard_ns_ > kPingAfterNs && !std::exchange(pinged_, true)) {
      socket_.send(native::encode_ping(FrameType::ping, static_cast<std::uint64_t>(now_ns)));
      // The node gets its time from the question on, however long this client itself was away.
      heard_ns_ = std::max(heard_ns_, now_ns - kPingAfterNs - 1);
    }
  }

  void lose(std::string what) {
    if (!lost_) lost_ = Error{ErrorCode::io, std::move(what), "connect again, to this node or another"};
  }

  /// What became of these nobody can tell: every batch gets an answer, and theirs is "send again".
  void give_up_in_flight(std::vector<Reply>& replies) {
    for (const auto& [id, readings] : std::exchange(in_flight_, {})) {
      Reply reply{id, {}};
      reply.reply.unknown_total = readings;
      replies.push_back(std::move(reply));
    }
  }

  ZmqSocket socket_;
  const HostPort peer_;
  const SystemClock clock_{};
  std::uint32_t credit_ = 0;
  std::uint64_t batch_bytes_max_ = 0;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::size_t> in_flight_;  ///< batch id -> readings
  std::string frame_;
  std::int64_t heard_ns_ = 0;
  bool pinged_ = false;
  std::optional<Error> lost_;
};

Result<std::unique_ptr<NativeClient>> connect_to(const HostPort& peer, const NativeClient::Options& options,
                                                 unsigned attempt) {
  const std::int64_t timeout_ms = options.connect_timeout_ms;
  const SystemClock clock{};
  const std::int64_t start_ns = clock.monotonic_ns();
  // libzmq does not say that a connection was refused; the system does.
  const auto listens = probe_listener(peer, timeout_ms);
  if (!listens) return Failure(listens.error());
  auto socket = ZmqSocket::connect_dealer({.address = peer.text(),
                                           .frame_bytes_max = native::kControlBytesMax,
                                           .send_queue = kQueue,
                                           .receive_queue = kQueue},
                                          options.keys ? &*options.keys : nullptr, attempt);
  if (!socket) return Failure(socket.error());
  auto client = std::make_unique<ZmqNativeClient>(std::move(*socket), peer);
  const auto greeted = client->greet(start_ns, timeout_ms);
  if (!greeted) return Failure(greeted.error());
  return std::unique_ptr<NativeClient>(std::move(client));
}

}  // namespace

Result<std::unique_ptr<NativeClient>> NativeClient::connect(const Options& options) {
  const auto name = parse_host_port(options.endpoint);
  if (!name) return Failure(name.error());
  const auto addresses = resolve(*name);
  if (!addresses) return Failure(addresses.error());
  // While the cluster's key is being changed there are two.
  const std::size_t keys = options.keys ? options.keys->cluster_public.size() : 1;
  auto client = connect_to(addresses->front(), options, 0);
  for (std::size_t i = 1; !client && i < addresses->size() * keys; ++i)
    client = connect_to((*addresses)[i / keys], options, static_cast<unsigned>(i % keys));
  return client;
}

}  // namespace wattring::gateway
