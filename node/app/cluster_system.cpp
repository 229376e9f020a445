// SPDX-License-Identifier: Apache-2.0
#include "node/app/cluster_system.hpp"

#include <utility>

#include "base/json_writer.hpp"
#include "base/queued_log.hpp"
#include "node/app/advertise.hpp"
#include "node/app/cluster_identity.hpp"
#include "node/app/key_file.hpp"
#include "node/app/listen_address.hpp"

namespace wattring::app {
namespace {

/// What others may want to know of this node and nothing depends on.
std::string metadata(const std::string& version, std::int64_t started_ms) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().field("version", version).key("started_ms").integer(started_ms).end_object();
  return text;
}

std::string what_to_do(cluster::RejectReason reason) {
  switch (reason) {
    case cluster::RejectReason::duplicate_id:
      return "was the data directory copied? give this node one of its own: wattringd init --join";
    case cluster::RejectReason::cluster_mismatch:
      return "check cluster.join and --join: they name a node of another cluster";
    case cluster::RejectReason::version:
      return "run the release that the cluster runs";
    default:
      return "see the log of the node that refused";
  }
}

}  // namespace

ClusterSystem::ClusterSystem(Options options, const Doors& doors, Prng prng)
    : options_(std::move(options)),
      // Whoever reads the log may stand still; membership may not.
      doors_{doors.clock, doors.metrics, std::make_shared<QueuedLog>(doors.log)},
      prng_(prng),
      file_(options_.data_dir, *doors_.log) {}

ClusterSystem::~ClusterSystem() {
  stop();
}

Result<std::unique_ptr<ClusterSystem>> ClusterSystem::open(Options options, const Doors& doors, Prng prng) {
  std::unique_ptr<ClusterSystem> system(new ClusterSystem(std::move(options), doors, prng));
  auto context = cluster::ZmqContext::create();
  if (!context) return Failure(context.error());
  system->context_ = std::move(*context);
  if (auto loaded = system->load_keys(); !loaded) return Failure(loaded.error());
  if (auto bound = system->bind(); !bound) return Failure(bound.error());
  return system;
}

Result<void> ClusterSystem::load_keys() {
  const std::string& path = options_.config.cluster.keys;
  if (path.empty()) return {};
  auto keys = read_key_file(path);
  if (!keys) return Failure(keys.error());
  auto security = cluster::ZmqSecurity::start(context_, options_.identity.cluster_name, std::move(*keys),
                                              doors_.metrics, doors_.log);
  if (!security) return Failure(security.error());
  security_ = std::move(*security);
  return {};
}

Result<void> ClusterSystem::bind() {
  const Endpoint& wanted = options_.config.listen.membership;
  const auto address = numeric_listener(wanted, "listen.membership");
  if (!address) return Failure(address.error());
  cluster::ZmqTransport::Options transport;
  transport.endpoint = *address;
  auto opened = cluster::ZmqTransport::open(transport, context_, security_, doors_.clock, doors_.metrics, doors_.log);
  if (!opened) return Failure(cannot_listen(wanted, "listen.membership", opened.error()));
  transport_ = std::move(*opened);
  endpoint_ = transport_->endpoint();
  return {};
}

cluster::Swim::Self ClusterSystem::self(const cluster::Endpoints& listening, std::uint64_t epoch) {
  cluster::Swim::Self self;
  self.cluster = cluster_object_of(options_.identity);
  self.metadata = metadata(options_.version, doors_.clock.wall_ms());
  cluster::Record& record = self.record;
  record.id = options_.identity.node;
  record.life = {epoch, prng_.next()};
  record.weight = static_cast<std::uint16_t>(options_.config.cluster.weight);
  record.name = options_.identity.node_name;
  record.zone = options_.config.cluster.zone;
  record.endpoints = advertised(options_.config.advertise, listening);
  return self;
}

Result<void> ClusterSystem::start(const cluster::Endpoints& listening, CatalogPort& catalog, OnView on_view) {
  const cluster::MembershipMemory memory = file_.memory();
  const std::uint64_t epoch = cluster::next_epoch(memory.epoch, doors_.clock.wall_ms());
  // A full disk is no reason to stay away: without the file epochs come from the clock.
  if (auto kept = file_.keep_epoch(epoch); !kept) doors_.log->error("membership_not_kept", kept.error().text());
  cluster::MembershipService::Options options;
  options.self = self(listening, epoch);
  for (const Endpoint& seed : options_.config.cluster.join) options.seeds.push_back(seed.text());
  options.seeds.insert(options.seeds.end(), memory.seeds.begin(), memory.seeds.end());
  options.peers = memory.peers;
  options.catalog = catalog.initial();
  cluster::MembershipListener listener;
  listener.on_view = std::move(on_view);
  listener.on_catalog = [&catalog](std::vector<cluster::Document> documents) { catalog.on_grew(std::move(documents)); };
  listener.on_stop = [this](cluster::RejectReason reason, const std::string& text) { on_stop(reason, text); };
  auto service =
      std::make_unique<cluster::MembershipService>(std::move(options), std::move(transport_), file_, doors_.clock,
                                                   doors_.metrics, doors_.log, prng_.fork(), std::move(listener));
  service->start();
  catalog_ = &catalog;
  const auto told = [log = doors_.log](const Result<cluster::Catalog::Added>& added) {
    if (!added) log->error("document_not_spread", added.error().text());
  };
  catalog.spread_by([running = service.get(), told](const cluster::Document& document) {
    return running->publish(document, told).has_value();
  });
  const std::lock_guard lock(mutex_);
  service_ = std::move(service);
  return {};
}

void ClusterSystem::reload_keys() {
  if (!security_) return;
  auto keys = read_key_file(options_.config.cluster.keys);
  {
    const std::lock_guard lock(mutex_);
    keys_trouble_ = keys ? "" : keys.error().text();
  }
  if (!keys) return doors_.log->error("keys_not_reloaded", keys.error().text() + "; the old ones stay in force");
  security_->reload(std::move(*keys));
  doors_.log->info("keys_reloaded", options_.config.cluster.keys);
}

std::string ClusterSystem::keys_summary() const {
  if (!security_) return "none";
  const std::lock_guard lock(mutex_);
  return security_->keys_summary() + (keys_trouble_.empty() ? "" : "; refused: " + keys_trouble_);
}

cluster::MembershipService* ClusterSystem::service() const {
  const std::lock_guard lock(mutex_);
  return service_.get();
}

Result<void> ClusterSystem::set_draining(bool draining) {
  cluster::MembershipService* const running = service();
  if (running == nullptr) return fail(ErrorCode::busy, "membership has not started yet", "try again in a moment");
  return running->set_draining(draining);
}

void ClusterSystem::leave_cluster() {
  if (cluster::MembershipService* const running = service()) running->leave();
}

void ClusterSystem::stop() {
  if (catalog_ != nullptr) catalog_->spread_by(nullptr);
  if (cluster::MembershipService* const running = service()) running->stop();
}

std::shared_ptr<const cluster::View> ClusterSystem::view() {
  const cluster::MembershipService* const running = service();
  return running == nullptr ? nullptr : running->view();
}

std::vector<http::ClusterEvent> ClusterSystem::events(std::uint64_t after, std::size_t limit) {
  std::vector<http::ClusterEvent> out;
  const cluster::MembershipService* const running = service();
  if (running == nullptr) return out;
  for (cluster::LoggedEvent& one : running->events(after, limit))
    out.push_back({one.sequence, one.wall_ms, std::move(one.event)});
  return out;
}

std::optional<Error> ClusterSystem::expelled() const {
  const std::lock_guard lock(mutex_);
  return expelled_;
}

void ClusterSystem::on_stop(cluster::RejectReason reason, const std::string& text) {
  const std::lock_guard lock(mutex_);
  expelled_ = Error{ErrorCode::wrong_identity, std::string(to_string(reason)) + ": " + text, what_to_do(reason)};
}

}  // namespace wattring::app
