// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_security.hpp"

#include <zmq.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/sockets.hpp"

namespace wattring::cluster {
namespace {

constexpr const char* kHandlerAddress = "inproc://zeromq.zap.01";
// ZMQ_ZAP_ENFORCE_DOMAIN, which Debian's header keeps to itself: no handler, no connection.
constexpr int kZapEnforceDomain = 93;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyText = 41;

// Added to the domain of a listener that lets clients in, which is how the handler knows it.
constexpr const char* kClientsToo = "/clients";

struct Keys {
  CurveKeys curve;
  std::unordered_map<std::string, AllowedKey> allowed;  ///< by public key

  /// Null when the list has no such key.
  [[nodiscard]] const AllowedKey* find(const std::string& key) const {
    const auto found = allowed.find(key);
    return found == allowed.end() ? nullptr : &found->second;
  }
};

bool lets_in(Callers callers, const AllowedKey& key) {
  return key.role == KeyRole::node || callers == Callers::nodes_and_clients;
}

std::shared_ptr<const Keys> make_keys(CurveKeys curve) {
  auto keys = std::make_shared<Keys>();
  for (const AllowedKey& one : curve.allowed) keys->allowed.emplace(one.public_key, one);
  keys->curve = std::move(curve);
  return keys;
}

std::string key_text(std::string_view raw) {
  std::array<char, kKeyText> text{};
  std::array<std::uint8_t, kKeyBytes> bytes{};
  if (raw.size() != bytes.size()) return {};
  std::copy(raw.begin(), raw.end(), bytes.begin());
  return zmq_z85_encode(text.data(), bytes.data(), bytes.size()) == nullptr ? std::string{} : std::string(text.data());
}

/// A question of libzmq (ZeroMQ RFC 27).
struct Question {
  std::string version;
  std::string request;
  std::string domain;
  std::string address;
  std::string mechanism;
  std::string key;  ///< Z85; empty when there is none
};

}  // namespace

void secure_dialer(ZmqSocket& socket, const CurveKeys& keys, unsigned attempt) {
  socket.set(ZMQ_CURVE_SERVERKEY, keys.cluster_public.at(attempt % keys.cluster_public.size()));
  socket.set(ZMQ_CURVE_PUBLICKEY, keys.own.public_key);
  socket.set(ZMQ_CURVE_SECRETKEY, keys.own.secret_key);
}

class ZmqSecurity::Impl {
 public:
  Impl(ZmqSocket socket, std::string domain, CurveKeys keys, Metrics& metrics, std::shared_ptr<Log> log)
      : domain_(std::move(domain)),
        log_(std::move(log)),
        let_in_(count(metrics, "yes")),
        refused_(count(metrics, "no")),
        keys_(make_keys(std::move(keys))),
        socket_(std::move(socket)),
        thread_([this] { run(); }) {}
  ~Impl() {
    stop_.signal();
    thread_.join();
  }

  void reload(CurveKeys curve) {
    auto keys = make_keys(std::move(curve));
    const std::lock_guard lock(mutex_);
    if (keys->curve.own.public_key != keys_->curve.own.public_key) ++own_changes_;
    keys_ = std::move(keys);
  }
  [[nodiscard]] std::uint64_t own_changes() const { return own_changes_; }
  [[nodiscard]] std::shared_ptr<const Keys> keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
  }
  [[nodiscard]] const std::string& domain() const { return domain_; }

 private:
  static Counter& count(Metrics& metrics, const char* let_in) {
    return metrics.counter("wattring_transport_keys_checked_total",
                           "Connections that showed a key, by whether it is allowed",
                           std::string("allowed=\"") + let_in + "\"");
  }

  void run() {
    std::array<zmq_pollitem_t, 2> items{zmq_pollitem_t{socket_.handle(), 0, ZMQ_POLLIN, 0},
                                        zmq_pollitem_t{nullptr, stop_.fd(), ZMQ_POLLIN, 0}};
    for (;;) {
      if (zmq_poll(items.data(), static_cast<int>(items.size()), -1) < 0) continue;
      if (items[1].revents != 0) break;
      while (const auto question = ask()) answer(*question);
    }
    socket_.close();
  }

  /// Takes a question off the socket.
  std::optional<Question> ask() {
    std::vector<std::string> frames;
    bool more = true;
    while (more) {
      ZmqFrame frame;
      if (!socket_.receive(frame)) return std::nullopt;
      frames.emplace_back(frame.bytes());
      more = frame.more();
    }
    frames.resize(7);
    return Question{frames[0], frames[1], frames[2], frames[3], frames[5], key_text(frames[6])};
  }

  void answer(const Question& question) {
    const auto known = keys();
    const AllowedKey* const found = known->find(question.key);
    const Callers callers = question.domain == domain_ ? Callers::nodes : Callers::nodes_and_clients;
    const bool ours = callers == Callers::nodes || question.domain == domain_ + kClientsToo;
    const bool fine = question.version == "1.0" && ours && question.mechanism == "CURVE" && found != nullptr &&
                      lets_in(callers, *found);
    (fine ? let_in_ : refused_).add();
    if (fine) {
      log_->debug("key_allowed", found->name + " connected from " + question.address);
    } else {
      log_->warn("key_refused",
                 "a connection from " + question.address + " was refused: its key " + what_is_wrong(question, found));
    }
    socket_.send(question.version, true);
    socket_.send(question.request, true);
    socket_.send(fine ? "200" : "400", true);
    socket_.send(fine ? "OK" : "key not allowed", true);
    socket_.send(fine ? question.key : std::string{}, true);
    socket_.send({});
  }

  static std::string what_is_wrong(const Question& question, const AllowedKey* found) {
    const std::string to_do = " (to let it in: add an allow line to the key file and reload)";
    if (question.key.empty()) return "is missing" + to_do;
    if (found == nullptr) return question.key + " is not on the list" + to_do;
    return question.key + " is the client " + found->name +
           "'s, which may send readings and not speak as a node (allow-client; a node's line says allow)";
  }

  const std::string domain_;
  const std::shared_ptr<Log> log_;
  Counter& let_in_;
  Counter& refused_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Keys> keys_;  ///< guarded by mutex_
  std::atomic<std::uint64_t> own_changes_{0};
  ZmqSocket socket_;  ///< of the thread
  const WakeUp stop_;
  std::thread thread_;
};

Result<std::shared_ptr<ZmqSecurity>> ZmqSecurity::start(std::shared_ptr<ZmqContext> context, std::string domain,
                                                        CurveKeys keys, Metrics& metrics, std::shared_ptr<Log> log) {
  if (zmq_has("curve") == 0)
    return fail(ErrorCode::io, "this libzmq was built without CURVE", "install Debian's libzmq5");
  auto socket = ZmqSocket::open(std::move(context), ZmqSocket::Kind::reply);
  if (!socket) return Failure(socket.error());
  socket->set(ZMQ_LINGER, 0);
  if (zmq_bind(socket->handle(), kHandlerAddress) != 0)
    return fail(ErrorCode::already_exists, "this context already holds connections to a list of keys");
  return std::shared_ptr<ZmqSecurity>(new ZmqSecurity(
      std::make_unique<Impl>(std::move(*socket), std::move(domain), std::move(keys), metrics, std::move(log))));
}

ZmqSecurity::ZmqSecurity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZmqSecurity::~ZmqSecurity() = default;

void ZmqSecurity::reload(CurveKeys keys) {
  impl_->reload(std::move(keys));
}

std::uint64_t ZmqSecurity::own_changes() const {
  return impl_->own_changes();
}

std::string ZmqSecurity::keys_summary() const {
  return summary(impl_->keys()->curve);
}

Result<void> ZmqSecurity::secure_listener(ZmqSocket& socket, Callers callers) const {
  const auto keys = impl_->keys();
  if (keys->curve.cluster_secret.empty())
    return fail(ErrorCode::invalid_argument,
                "the key file is a client's: it has no cluster-secret, so nobody could connect",
                "make a node's with wattringctl keygen --like");
  socket.set(ZMQ_CURVE_SERVER, 1);
  socket.set(ZMQ_CURVE_SECRETKEY, keys->curve.cluster_secret);
  socket.set(ZMQ_ZAP_DOMAIN, impl_->domain() + (callers == Callers::nodes_and_clients ? kClientsToo : ""));
  socket.set(kZapEnforceDomain, 1);
  return {};
}

void ZmqSecurity::secure_dialer(ZmqSocket& socket, unsigned attempt) const {
  cluster::secure_dialer(socket, impl_->keys()->curve, attempt);
}

std::optional<std::string> ZmqSecurity::name_of(std::string_view key, Callers callers) const {
  const auto keys = impl_->keys();
  const AllowedKey* const found = keys->find(std::string(key));
  if (found == nullptr || !lets_in(callers, *found)) return std::nullopt;
  return found->name;
}

}  // namespace wattring::cluster
