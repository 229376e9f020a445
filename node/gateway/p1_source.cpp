// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_source.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

#include "base/units.hpp"

namespace wattring::gateway {
namespace {

constexpr std::size_t kReadBytes = 16'384;

std::string labels(const std::string& source, std::string_view result = {}) {
  std::string text = "source=\"" + source + "\"";
  if (!result.empty()) text += ",result=\"" + std::string(result) + "\"";
  return text;
}
Counter& telegrams(Metrics& metrics, const std::string& source, std::string_view result) {
  return metrics.counter("wattring_p1_telegrams_total", "Telegrams of a P1 source, by how they ended",
                         labels(source, result));
}

}  // namespace

P1Source::P1Source(std::size_t index, P1SourceService::Source config, HostPort address, meter::Zone zone, Prng prng,
                   Metrics& metrics, Shared shared)
    : index_(index),
      config_(std::move(config)),
      address_(std::move(address)),
      zone_(std::move(zone)),
      prng_(prng),
      shared_(std::move(shared)),
      delay_(shared_.options.reconnect_min_ms, shared_.options.reconnect_max_ms),
      vitals_(config_.name, config_.meter),
      good_(telegrams(metrics, config_.name, "good")),
      bad_crc_(telegrams(metrics, config_.name, "bad_crc")),
      refused_(telegrams(metrics, config_.name, "refused")),
      dropped_bytes_(metrics.counter("wattring_p1_dropped_bytes_total", "Bytes of a P1 source in no whole telegram",
                                     labels(config_.name))),
      reconnects_(metrics.counter("wattring_p1_reconnects_total", "Connections to a P1 source that were lost or failed",
                                  labels(config_.name))),
      turned_away_(metrics.counter("wattring_p1_turned_away_total",
                                   "Times a telegram was not taken and is offered again", labels(config_.name))),
      bad_ratio_(metrics.gauge("wattring_p1_bad_ratio", "Share of bad telegrams over the last 15 minutes",
                               labels(config_.name))),
      connected_(metrics.gauge("wattring_p1_connected", "1 while a P1 source is connected", labels(config_.name))) {
  for (std::size_t i = 0; i < kP1FrameFaultCount; ++i)
    faults_[i] = &telegrams(metrics, config_.name, to_string(static_cast<P1FrameFault>(i)));
}

short P1Source::events() const {
  if (state_ == State::connecting) return POLLOUT;
  return state_ == State::connected && !held_ ? POLLIN : short{0};
}

std::int64_t P1Source::next_deadline_ns() const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  if (held_ && held_->retry_ns) next = *held_->retry_ns;
  // While a batch is held the source is not read, so its silence is ours.
  const bool timed = state_ == State::waiting || state_ == State::connecting || (state_ == State::connected && !held_);
  return timed ? std::min(next, deadline_ns_) : next;
}

void P1Source::proceed(std::int64_t now_ns, short revents) {
  bad_ratio_.set(bad_share_.share(now_ns));
  if (held_ && held_->retry_ns && *held_->retry_ns <= now_ns) offer();
  switch (state_) {
    case State::waiting:
      if (deadline_ns_ <= now_ns) dial(now_ns);
      return;
    case State::connecting:
      if (revents != 0) return finish_connecting(now_ns);
      if (deadline_ns_ <= now_ns) lose(now_ns, "cannot connect to " + peer_.text() + ": no answer");
      return;
    case State::connected:
      if (held_) return;
      if (revents != 0) return read(now_ns);
      if (deadline_ns_ <= now_ns)
        lose(now_ns, "no whole telegram for " + format_duration_ms(shared_.options.idle_timeout_ms));
      return;
    case State::resolving:
    case State::closed:
      return;
  }
}

void P1Source::take(std::int64_t now_ns, P1Mail::Item&& item) {
  if (item.reply) {
    if (held_ && !held_->retry_ns && item.number == offer_) settle(now_ns, *item.reply);
    return;
  }
  if (state_ != State::resolving || item.number != look_up_) return;
  if (!item.addresses) return lose(now_ns, item.addresses.error().text());
  // Another of its addresses at each attempt.
  connect_to(now_ns, (*item.addresses)[attempts_++ % item.addresses->size()]);
}

void P1Source::close() {
  socket_.reset();
  connected_.set(0);
  state_ = State::closed;
}

void P1Source::dial(std::int64_t now_ns) {
  if (address_.is_numeric()) return connect_to(now_ns, address_);
  state_ = State::resolving;
  resolve_elsewhere();
}

/// A look-up may take many seconds, in which the other sources must be read; it touches nothing but the mail.
void P1Source::resolve_elsewhere() {
  resolver_ = std::jthread([mail = shared_.mail, index = index_, number = ++look_up_, name = address_] {
    if (mail->queue.try_push(P1Mail::Item{index, number, std::nullopt, resolve(name)})) mail->wake.signal();
  });
}

void P1Source::connect_to(std::int64_t now_ns, const HostPort& address) {
  peer_ = address;
  auto socket = start_connect(address);
  if (!socket) return lose(now_ns, socket.error().text());
  socket_ = std::move(*socket);
  state_ = State::connecting;
  deadline_ns_ = now_ns + shared_.options.connect_timeout_ms * kNsPerMs;
}

void P1Source::finish_connecting(std::int64_t now_ns) {
  const auto outcome = connect_outcome(socket_, peer_);
  if (!outcome) return lose(now_ns, outcome.error().text());
  state_ = State::connected;
  deadline_ns_ = now_ns + shared_.options.idle_timeout_ms * kNsPerMs;
  connected_.set(1);
}

void P1Source::read(std::int64_t now_ns) {
  std::array<char, kReadBytes> buffer;
  const ssize_t size = ::read(socket_.get(), buffer.data(), buffer.size());
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  std::vector<P1Piece> pieces;
  if (size > 0) {
    framer_.feed({buffer.data(), static_cast<std::size_t>(size)}, pieces);
    return handle(now_ns, pieces);
  }
  const std::string why = size == 0 ? "the source closed the connection" : std::generic_category().message(errno);
  lose(now_ns, why);
}

void P1Source::handle(std::int64_t now_ns, const std::vector<P1Piece>& pieces) {
  P1Context context;
  context.meter = config_.meter;
  context.zone = &zone_;
  context.window = shared_.door.accept_window();
  context.receive_ms = shared_.clock.wall_ms();
  context.memory = &shared_.memory;
  Batch batch;
  TelegramStats stats;
  for (const P1Piece& piece : pieces)
    if (!piece.fault) decoder_.decode(piece.bytes, piece.number, context, batch, stats);
  count(now_ns, stats, batch);
  if (!pieces.empty()) vitals_.observe(context.receive_ms, bad_share_.share(now_ns), batch);
  if (batch.facts().empty()) return;
  held_ = Held{std::move(batch), std::nullopt};
  offer();
}

/// The door gets a copy: until it says that the readings are stored, they are ours.
void P1Source::offer() {
  held_->retry_ns.reset();
  shared_.door.submit(Batch(held_->batch),
                      [mail = shared_.mail, index = index_, number = ++offer_](IngestReply&& reply) {
                        P1Mail::Item item{index, number, std::move(reply), std::vector<HostPort>{}};
                        if (mail->queue.try_push(std::move(item))) mail->wake.signal();
                      });
}

void P1Source::settle(std::int64_t now_ns, const IngestReply& reply) {
  if (reply.turned_away || reply.unknown_total > 0) {
    turned_away_.add();
    shared_.log.warn("p1_telegram_held", "telegrams of P1 source " + config_.name +
                                             " were not taken; they are offered again and the source waits");
    const auto wait_ms = std::max<std::int64_t>(std::int64_t{reply.retry_after_ms}, shared_.options.busy_retry_min_ms);
    held_->retry_ns = now_ns + wait_ms * kNsPerMs;
    return;
  }
  held_.reset();
  deadline_ns_ = state_ == State::connected ? now_ns + shared_.options.idle_timeout_ms * kNsPerMs : deadline_ns_;
}

void P1Source::lose(std::int64_t now_ns, const std::string& why) {
  socket_.reset();
  connected_.set(0);
  reconnects_.add();
  state_ = State::waiting;
  const std::int64_t delay_ms = delay_.next_ms(prng_);
  deadline_ns_ = now_ns + delay_ms * kNsPerMs;
  const std::string text = "P1 source " + config_.name + " at " + address_.text() + " is lost: " + why +
                           "; next attempt in " + std::to_string(delay_ms) + " ms";
  // Told once; the attempts that follow say nothing new.
  shared_.log.write(std::exchange(trouble_told_, true) ? LogLevel::debug : LogLevel::warn, "p1_source_lost", text);
  std::vector<P1Piece> pieces;
  framer_.finish(pieces);
  handle(now_ns, pieces);
}

void P1Source::count(std::int64_t now_ns, const TelegramStats& stats, const Batch& batch) {
  const P1Framer::Counters& now = framer_.counters();
  std::uint64_t bad = stats.refused;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    faults_[i]->add(now.faults[i] - counted_.faults[i]);
    bad += now.faults[i] - counted_.faults[i];
  }
  const std::uint64_t bad_crc = std::min(batch.refusals.count(Reason::bad_crc), stats.refused);
  bad_crc_.add(bad_crc);
  refused_.add(stats.refused - bad_crc);
  good_.add(stats.telegrams);
  dropped_bytes_.add(now.dropped_bytes - counted_.dropped_bytes);
  if (stats.telegrams + bad > 0) bad_share_.add(now_ns, stats.telegrams, bad);
  if (now.telegrams > counted_.telegrams && state_ == State::connected) {
    deadline_ns_ = now_ns + shared_.options.idle_timeout_ms * kNsPerMs;
    delay_.reset();
    if (std::exchange(trouble_told_, false) || counted_.telegrams == 0)
      shared_.log.info("p1_source_heard", "P1 source " + config_.name + " sends telegrams");
  }
  if (bad > 0)
    shared_.log.warn("p1_bad_telegram", std::to_string(bad) + " bad telegrams from P1 source " + config_.name +
                                            (batch.refusals.listed().empty()
                                                 ? std::string()
                                                 : ": " + std::string(to_string(batch.refusals.listed()[0].reason))));
  counted_ = now;
}

}  // namespace wattring::gateway
