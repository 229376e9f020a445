// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_service.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/units.hpp"

namespace wattring::actor {
namespace {

constexpr std::int64_t kTickNs = 250 * kNsPerMs;
constexpr std::int64_t kRetryFullNs = kNsPerMs;
constexpr std::int64_t kRetryNoRouteNs = 20 * kNsPerMs;
constexpr int kFramesPerTurn = 64;  ///< then what came gets its turn
constexpr std::size_t kEnvelopeBytesMax = kRemoteFrameBytesMax - kRemoteBodyAt;

bool is_path(const std::string& path) {
  return path.size() <= kPathBytesMax && path.starts_with('/');
}

}  // namespace

RemoteService::RemoteService(const RemoteLinks::Options& options, Doors doors)
    : node_(options.self), doors_(std::move(doors)), counters_(doors_.metrics), links_(options, counters_) {}

RemoteService::~RemoteService() {
  WATTRING_CHECK(!thread_.joinable());
}

void RemoteService::start(System& system, std::unique_ptr<cluster::Transport> transport) {
  WATTRING_CHECK(transport_ == nullptr);
  system_ = &system;
  transport_ = std::move(transport);
  endpoint_ = transport_->endpoint();
  running_.store(true);
  thread_ = std::thread([this] { run(); });
}

void RemoteService::stop() {
  if (!thread_.joinable()) return;
  running_.store(false);
  transport_->wake();
  thread_.join();
}

void RemoteService::set_view(const cluster::View& view) {
  {
    const std::lock_guard lock(mutex_);
    for (const NodeId& node : links_.set_view(view)) down_.push_back(node);
  }
  if (running_.load() && !woken_.exchange(true)) transport_->wake();
}

std::vector<RemoteLinks::PeerRow> RemoteService::peers() const {
  const std::lock_guard lock(mutex_);
  return links_.rows();
}

Delivery RemoteService::send(RemoteEnvelope envelope) {
  if (!running_.load()) return Delivery::no_route;
  const std::string encoded = encode(envelope);
  if (encoded.empty()) return Delivery::no_route;
  const std::int64_t now_ns = doors_.clock->monotonic_ns();
  Delivery sent = Delivery::accepted;
  {
    const std::lock_guard lock(mutex_);
    sent = links_.send(envelope, encoded, now_ns);
  }
  if (sent == Delivery::accepted && !woken_.exchange(true)) transport_->wake();
  return sent;
}

std::string RemoteService::encode(const RemoteEnvelope& envelope) {
  std::string encoded;
  const MessageCodecs::Codec* codec = nullptr;
  if (envelope.kind == RemoteEnvelope::Kind::message) {
    codec = doors_.codecs->of(envelope.message);
    if (codec == nullptr) {
      counters_.refused_no_codec.add();
      warn_once(envelope.message.type_name(), "has no codec: it cannot leave its node");
      return encoded;
    }
  }
  const bool no_sender = envelope.kind == RemoteEnvelope::Kind::message && envelope.from.path.empty();
  if (!is_path(envelope.to.path) || !(no_sender || is_path(envelope.from.path))) {
    counters_.refused_no_route.add();
    return encoded;
  }
  write_envelope(encoded, envelope, node_, codec);
  if (encoded.size() <= kEnvelopeBytesMax) return encoded;
  counters_.refused_too_large.add();
  warn_once(envelope.message.type_name(), "of " + std::to_string(encoded.size()) + " bytes is over the limit of " +
                                              std::to_string(kEnvelopeBytesMax) + " bytes between nodes");
  return {};
}

void RemoteService::warn_once(std::string_view type, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!warned_.insert(type).second) return;
  }
  doors_.log->warn("remote_message_refused", "a message of type " + std::string(type) + " " + why);
}

void RemoteService::run() {
  std::vector<cluster::Input> inputs;
  while (running_.load()) {
    woken_.store(false);
    lock_when_told().unlock();
    tick();
    const bool more = flush();
    transport_->receive(more ? 0 : wait_ns(), inputs);
    for (cluster::Input& input : inputs) take_in(std::move(input));
    inputs.clear();
  }
  while (flush()) {
  }
}

std::unique_lock<std::mutex> RemoteService::lock_when_told() {
  std::unique_lock lock(mutex_);
  while (!down_.empty()) {
    const std::vector<NodeId> down = std::exchange(down_, {});
    lock.unlock();
    for (const NodeId& node : down) system_->node_down(node);
    lock.lock();
  }
  return lock;
}

void RemoteService::tick() {
  const std::int64_t now_ns = doors_.clock->monotonic_ns();
  const std::lock_guard lock(mutex_);
  if (now_ns >= next_tick_ns_) {
    next_tick_ns_ = now_ns + kTickNs;
    links_.tick(now_ns);
  }
  if (links_.any_blocked() && now_ns >= next_retry_ns_) links_.retry_blocked();
}

std::int64_t RemoteService::wait_ns() {
  const std::int64_t now_ns = doors_.clock->monotonic_ns();
  const std::lock_guard lock(mutex_);
  const std::int64_t due_ns = links_.any_blocked() ? std::min(next_retry_ns_, next_tick_ns_) : next_tick_ns_;
  return std::max<std::int64_t>(0, due_ns - now_ns);
}

bool RemoteService::flush() {
  for (int i = 0; i < kFramesPerTurn; ++i) {
    std::optional<RemoteLinks::Outgoing> outgoing;
    {
      const std::lock_guard lock(mutex_);
      outgoing = links_.next();
    }
    if (!outgoing) return false;
    const auto sent = transport_->send(cluster::Route::to(outgoing->endpoint), outgoing->frame);
    const std::lock_guard lock(mutex_);
    if (sent == cluster::SendOutcome::sent) {
      links_.taken(*outgoing);
      continue;
    }
    const std::int64_t delay_ns = sent == cluster::SendOutcome::full ? kRetryFullNs : kRetryNoRouteNs;
    const std::int64_t retry_ns = doors_.clock->monotonic_ns() + delay_ns;
    next_retry_ns_ = links_.any_blocked() ? std::min(next_retry_ns_, retry_ns) : retry_ns;
    links_.not_taken(std::move(*outgoing));
  }
  return true;
}

void RemoteService::take_in(cluster::Input&& input) {
  if (const auto* received = std::get_if<cluster::input::Received>(&input)) return take_frame(received->bytes);
  const auto* link = std::get_if<cluster::input::LinkChanged>(&input);
  if (link == nullptr || link->change != cluster::LinkChange::up) return;
  const std::lock_guard lock(mutex_);
  links_.retry_blocked();
}

void RemoteService::take_frame(std::string_view frame) {
  const auto header = read_header(frame);
  if (!header) return count(header.error());
  if (const auto lock = lock_when_told(); !links_.admit(*header)) return;
  auto envelopes = read_envelopes(frame, header->source, node_, *doors_.codecs);
  if (!envelopes) return count(envelopes.error());
  {
    const auto lock = lock_when_told();
    // Membership may have spoken meanwhile.
    if (!links_.admit(*header)) return;
    links_.accept(*header, *envelopes, doors_.clock->monotonic_ns());
  }
  for (RemoteEnvelope& envelope : *envelopes) deliver(std::move(envelope));
}

void RemoteService::deliver(RemoteEnvelope&& envelope) {
  if (envelope.kind != RemoteEnvelope::Kind::message || !envelope.message.empty()) {
    counters_.received.add();
    return system_->receive_remote(std::move(envelope));
  }
  counters_.dropped_unknown_type.add();
  if (envelope.from.path.empty() || envelope.from.node == node_) return;
  (void)send({RemoteEnvelope::Kind::refused, std::move(envelope.to), std::move(envelope.from), {}, Delivery::dead});
}

void RemoteService::count(FrameError error) {
  (error == FrameError::version ? counters_.dropped_version : counters_.dropped_malformed).add();
}

}  // namespace wattring::actor
