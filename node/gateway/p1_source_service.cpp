// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_source_service.hpp"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>
#include <thread>
#include <utility>

#include "base/units.hpp"
#include "node/gateway/p1_source.hpp"

namespace wattring::gateway {
namespace {

constexpr std::int64_t kRoundMs = 1'000;

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Failure bad_source(const P1SourceService::Source& source, const std::string& why, std::string hint = {}) {
  return fail(ErrorCode::invalid_argument, "P1 source \"" + source.name + "\": " + why, std::move(hint));
}

}  // namespace

class P1SourceService::Impl {
 public:
  Impl(Options options, IngestDoor& door, const Clock& clock, Prng prng, Metrics& metrics, std::shared_ptr<Log> log)
      : options_(std::move(options)),
        door_(door),
        clock_(clock),
        prng_(prng),
        metrics_(metrics),
        log_(std::move(log)),
        // A source has at most one question open, and late look-ups of earlier ones.
        mail_(std::make_shared<P1Mail>(4 * options_.sources.size() + 16)) {}
  ~Impl() { stop(); }

  Result<void> start() {
    std::set<std::string> names;
    for (const Source& source : options_.sources) {
      if (!valid_name(source.name)) return bad_source(source, "not a name", "use letters, digits, _ and -");
      if (!names.insert(source.name).second) return bad_source(source, "this name is there twice");
      if (!source.meter.empty() && !valid_meter_id(source.meter))
        return bad_source(source, "\"" + source.meter + "\" is no meter id",
                          "1 to 64 bytes without control characters");
      const auto address = parse_host_port(source.address);
      if (!address) return bad_source(source, address.error().message, address.error().hint);
      const auto zone = meter::Zone::find(source.zone);
      if (!zone) return bad_source(source, zone.error().message, zone.error().hint);
      sources_.emplace_back(sources_.size(), source, *address, *zone, prng_.fork(), metrics_,
                            P1Source::Shared{options_, door_, clock_, *log_, memory_, mail_});
    }
    if (!sources_.empty()) thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    mail_->wake.signal();
    thread_.join();
  }

 private:
  void run() {
    while (!stopping_.load()) turn(clock_.monotonic_ns() + kRoundMs * kNsPerMs);
    for (P1Source& source : sources_) source.close();
    const auto holds = [](const P1Source& source) { return source.holds(); };
    const std::int64_t deadline_ns = clock_.monotonic_ns() + options_.stop_deadline_ms * kNsPerMs;
    while (clock_.monotonic_ns() < deadline_ns && std::any_of(sources_.begin(), sources_.end(), holds))
      turn(deadline_ns);
    for (const P1Source& source : sources_)
      if (source.holds())
        log_->warn("p1_stop_unstored",
                   "telegrams of P1 source " + source.name() + " were not stored before the stop deadline");
    mail_->queue.close();
  }

  /// Waits for something to happen, at most until then, and lets every source go on.
  void turn(std::int64_t until_ns) {
    std::vector<pollfd> items{{mail_->wake.fd(), POLLIN, 0}};
    for (const P1Source& source : sources_) {
      until_ns = std::min(until_ns, source.next_deadline_ns());
      // A negative descriptor is passed over: a held source's hang-up must not wake us again and again.
      items.push_back({source.events() != 0 ? source.fd() : -1, source.events(), 0});
    }
    const std::int64_t wait_ns = std::clamp<std::int64_t>(until_ns - clock_.monotonic_ns(), 0, kRoundMs * kNsPerMs);
    ::poll(items.data(), items.size(), static_cast<int>((wait_ns + kNsPerMs - 1) / kNsPerMs));
    const std::int64_t now_ns = clock_.monotonic_ns();
    mail_->wake.clear();
    for (P1Mail::Item& item : mail_->queue.drain()) {
      P1Source& source = sources_[item.source];
      source.take(now_ns, std::move(item));
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) sources_[i].proceed(now_ns, items[i + 1].revents);
  }

  const Options options_;
  IngestDoor& door_;
  const Clock& clock_;
  Prng prng_;
  Metrics& metrics_;
  const std::shared_ptr<Log> log_;
  const std::shared_ptr<P1Mail> mail_;
  EquipmentMemory memory_;
  std::deque<P1Source> sources_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

P1SourceService::P1SourceService(Options options, IngestDoor& door, const Clock& clock, Prng prng, Metrics& metrics,
                                 std::shared_ptr<Log> log)
    : impl_(std::make_unique<Impl>(std::move(options), door, clock, prng, metrics, std::move(log))) {}
P1SourceService::~P1SourceService() = default;
Result<void> P1SourceService::start() {
  return impl_->start();
}
void P1SourceService::stop() {
  impl_->stop();
}

}  // namespace wattring::gateway
