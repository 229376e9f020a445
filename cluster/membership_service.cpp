// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_service.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/bounded_queue.hpp"
#include "cluster/endpoint.hpp"
#include "cluster/membership_errands_service.hpp"

namespace wattring::cluster {
namespace {

using Command = std::function<void(Swim&, std::int64_t now_ns, Effects&)>;

constexpr int kNice = -10;
constexpr std::int64_t kLeaveGraceNs = kNsPerSecond;

/// A node whose cores are full of ingest must not look dead to the others. Without the right to it nothing is lost but
/// that.
void ask_for_priority(Log& log) {
  const auto thread = static_cast<id_t>(gettid());
  const bool granted = setpriority(PRIO_PROCESS, thread, kNice) == 0;
  log.debug("membership_priority", granted ? "nice -10" : "as any other thread: no right to raise it");
}

std::vector<std::string> names_of(const std::vector<std::string>& seeds) {
  std::vector<std::string> names;
  for (const std::string& seed : seeds)
    if (!is_numeric_endpoint(seed)) names.push_back(seed);
  return names;
}

Swim::Self self_of(const MembershipService::Options& options) {
  Swim::Self self = options.self;
  self.seeds_pending = !names_of(options.seeds).empty();
  return self;
}

std::vector<std::string> numeric_of(const MembershipService::Options& options) {
  std::vector<std::string> numeric;
  for (const std::string& seed : options.seeds)
    if (is_numeric_endpoint(seed)) numeric.push_back(seed);
  numeric.insert(numeric.end(), options.peers.begin(), options.peers.end());
  return numeric;
}

/// What is seen before Swim begins.
std::shared_ptr<const View> alone(const Record& self, std::int64_t now_ns) {
  View view;
  view.at_ns = now_ns;
  view.self = self.id;
  MemberView member;
  member.record = std::make_shared<const Record>(self);
  member.self = true;
  member.since_ns = now_ns;
  view.members.push_back(std::move(member));
  return std::make_shared<const View>(std::move(view));
}

}  // namespace

class MembershipService::Impl {
 public:
  Impl(Options options, std::unique_ptr<Transport> transport, MembershipStore& store, const Clock& clock,
       Metrics& metrics, std::shared_ptr<Log> log, Prng prng, MembershipListener listener)
      : options_(std::move(options)),
        transport_(std::move(transport)),
        clock_(clock),
        log_(std::move(log)),
        listener_(std::move(listener)),
        counters_(metrics),
        swim_(options_.settings, self_of(options_), options_.catalog, prng),
        turns_({*transport_, store, clock_, counters_, *log_}, swim_, listen()),
        commands_(kCommandsMax),
        view_(alone(options_.self.record, clock_.monotonic_ns())),
        errands_(
            names_of(options_.seeds), [this](std::vector<std::string> found) { on_addresses(std::move(found)); }, store,
            log_) {}

  void start() {
    std::vector<std::string> seeds = numeric_of(options_);
    // With names alone the first of them have to be looked up: before that this node does not know whom to ask.
    if (!seeds.empty() || options_.seeds.empty()) begin(std::move(seeds));
    errands_.start();
    thread_ = std::thread([this] { run(); });
  }

  void leave() {
    if (!thread_.joinable()) return;
    const bool asked = command([](Swim& swim, std::int64_t now_ns, Effects& out) { swim.leave(now_ns, out); });
    const auto limit = std::chrono::nanoseconds(options_.settings.leave_timeout_ns + kLeaveGraceNs);
    std::unique_lock lock(mutex_);
    if (asked && !gone_.wait_for(lock, limit, [&] { return left_; }))
      log_->warn("leave_unheard", "nobody answered the farewell: the others will find this node silent");
    lock.unlock();
    stop();
  }

  void stop() {
    errands_.stop();
    stopping_ = true;
    transport_->wake();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool command(Command command) {
    if (!commands_.try_push(std::move(command))) return false;
    transport_->wake();
    return true;
  }

  [[nodiscard]] std::shared_ptr<const View> view() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }
  [[nodiscard]] std::vector<LoggedEvent> events(std::uint64_t after, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    return events_.after(after, limit);
  }

 private:
  void begin(std::vector<std::string> seeds) {
    begun_ = true;
    // Nothing else is in the queue yet.
    (void)command([seeds = std::move(seeds)](Swim& swim, std::int64_t now_ns, Effects& out) mutable {
      swim.start(now_ns, std::move(seeds), out);
    });
  }

  void on_addresses(std::vector<std::string> found) {
    if (!begun_) return begin(std::move(found));
    if (found.empty()) return;
    const bool told = command([found = std::move(found)](Swim& swim, std::int64_t now_ns, Effects& out) mutable {
      swim.add_seeds(now_ns, std::move(found), out);
    });
    if (!told) log_->warn("seeds_not_taken", "too many commands wait; the addresses of seeds are dropped");
  }

  /// Those of earlier starts that were not met in this one stay: they may come back later than the others.
  std::vector<std::string> with_remembered(std::vector<std::string> peers) const {
    for (const std::string& peer : options_.peers) {
      if (peers.size() >= MembershipMemory::kPeersMax) break;
      if (std::ranges::find(peers, peer) == peers.end()) peers.push_back(peer);
    }
    return peers;
  }

  void run() {
    ask_for_priority(*log_);
    while (!stopping_) {
      for (const Command& command : commands_.drain()) turns_.command(command);
      turns_.turn();
    }
  }

  MembershipListener listen() {
    MembershipListener own;
    own.on_view = [this](std::shared_ptr<const View> view) {
      {
        const std::lock_guard lock(mutex_);
        view_ = view;
      }
      if (listener_.on_view) listener_.on_view(std::move(view));
    };
    own.on_event = [this](const MemberEvent& event) {
      {
        const std::lock_guard lock(mutex_);
        events_.add(clock_.wall_ms(), event);
      }
      if (listener_.on_event) listener_.on_event(event);
    };
    own.on_left = [this] {
      {
        const std::lock_guard lock(mutex_);
        left_ = true;
      }
      gone_.notify_all();
      if (listener_.on_left) listener_.on_left();
    };
    own.on_catalog = listener_.on_catalog;
    own.on_stop = [this](RejectReason reason, const std::string& text) {
      {
        const std::lock_guard lock(mutex_);
        left_ = true;  // there is nobody to say goodbye to
      }
      gone_.notify_all();
      if (listener_.on_stop) listener_.on_stop(reason, text);
    };
    own.on_peers = [this](std::vector<std::string> peers) { errands_.keep_peers(with_remembered(std::move(peers))); };
    return own;
  }

  const Options options_;
  const std::unique_ptr<Transport> transport_;
  const Clock& clock_;
  const std::shared_ptr<Log> log_;
  const MembershipListener listener_;
  MembershipCounters counters_;
  Swim swim_;              // the membership thread's
  MembershipTurns turns_;  // likewise
  BoundedQueue<Command> commands_;
  std::atomic<bool> stopping_{false};
  bool begun_ = false;  // the starting thread's, then the errands' one

  mutable std::mutex mutex_;
  std::condition_variable gone_;
  std::shared_ptr<const View> view_;  // guarded by mutex_
  EventLog events_;                   // guarded by mutex_
  bool left_ = false;                 // guarded by mutex_

  std::thread thread_;
  MembershipErrands errands_;
};

MembershipService::MembershipService(Options options, std::unique_ptr<Transport> transport, MembershipStore& store,
                                     const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log, Prng prng,
                                     MembershipListener listener)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(transport), store, clock, metrics, std::move(log),
                                   prng, std::move(listener))) {}

MembershipService::~MembershipService() {
  stop();
}
void MembershipService::start() {
  impl_->start();
}
void MembershipService::leave() {
  impl_->leave();
}
void MembershipService::stop() {
  impl_->stop();
}
std::shared_ptr<const View> MembershipService::view() const {
  return impl_->view();
}
std::vector<LoggedEvent> MembershipService::events(std::uint64_t after, std::size_t limit) const {
  return impl_->events(after, limit);
}

namespace {

Result<void> taken(bool queued) {
  if (queued) return {};
  return fail(ErrorCode::busy, "too many commands wait for membership", "try again in a moment");
}

}  // namespace

Result<void> MembershipService::publish(Document document, std::function<void(Result<Catalog::Added>)> done) {
  return taken(impl_->command(
      [document = std::move(document), done = std::move(done)](Swim& swim, std::int64_t now_ns, Effects& out) {
        auto added = swim.publish(now_ns, document, out);
        if (done) done(std::move(added));
      }));
}

Result<void> MembershipService::set_metadata(std::string document) {
  if (document.size() > kMetadataBytesMax)
    return fail(ErrorCode::invalid_argument, "metadata of " + std::to_string(document.size()) + " bytes",
                "at most " + std::to_string(kMetadataBytesMax));
  return taken(impl_->command([document = std::move(document)](Swim& swim, std::int64_t now_ns, Effects& out) {
    swim.set_metadata(now_ns, document, out);
  }));
}

Result<void> MembershipService::set_draining(bool draining) {
  return taken(impl_->command(
      [draining](Swim& swim, std::int64_t now_ns, Effects& out) { swim.set_draining(now_ns, draining, out); }));
}

Result<void> MembershipService::add_seeds(std::vector<std::string> numeric) {
  return taken(impl_->command([numeric = std::move(numeric)](Swim& swim, std::int64_t now_ns, Effects& out) {
    swim.add_seeds(now_ns, numeric, out);
  }));
}

}  // namespace wattring::cluster
