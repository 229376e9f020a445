// SPDX-License-Identifier: Apache-2.0
#include "node/app/node.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

#include "cluster/message.hpp"
#include "node/app/config_validate.hpp"
#include "node/app/follow_routes.hpp"
#include "node/app/listen_address.hpp"
#include "node/app/shard_marks.hpp"
#include "node/app/write_and_wait.hpp"
#include "node/http/query_api.hpp"
#include "node/http/relay.hpp"
#include "persistence/recovery.hpp"
#include "sharding/ring_message.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kRateWindowNs = 10'000'000'000;
constexpr std::int64_t kLeaveMs = 1'000;
constexpr std::size_t kJournalQueueRecords = 16'384;

std::uint32_t worker_count(const Config& config) {
  if (config.store.workers != 0) return config.store.workers;
  return std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
}

std::uint64_t volume_bytes(const std::string& path) {
  std::error_code error;
  const auto space = std::filesystem::space(path, error);
  return error ? 0 : space.capacity;
}

/// A disk whose generation is lost may have told others more than it holds: nothing of it counts as whole.
void forget_claims(std::string_view rings, std::size_t shard_count, RecoveredHoldings& holdings) {
  const auto known = sharding::decode_ring_state(rings);
  if (!known || known->rings.empty() || known->rings.back().members.size() == 1) return;
  std::map<ShardId, sharding::Replica::Held> all;
  for (std::size_t i = 0; i < shard_count; ++i) {
    const ShardId shard{static_cast<std::uint16_t>(i)};
    all[shard].shard = shard;
  }
  for (sharding::Replica::Held& held : holdings.held) all[held.shard] = std::move(held);
  holdings.held.clear();
  for (auto& [shard, held] : all) {
    held.filled_ring = sharding::effect::kRecovering;
    holdings.held.push_back(std::move(held));
  }
}

}  // namespace

Node::Node(Options options, Clock& clock, std::shared_ptr<Log> log)
    : options_(std::move(options)), clock_(clock), log_(std::move(log)), started_ms_(clock.wall_ms()) {}

Node::~Node() {
  stop();
}

Result<std::unique_ptr<Node>> Node::start(Options options, Clock& clock, WriterId writer, Prng prng,
                                          std::shared_ptr<Log> log) {
  std::unique_ptr<Node> node(new Node(std::move(options), clock, std::move(log)));
  if (auto opened = node->open(writer, prng); !opened) return Failure(opened.error());
  if (auto listening = node->listen(prng); !listening) return Failure(listening.error());
  return node;
}

Result<void> Node::open(WriterId writer, Prng& prng) {
  const Config& config = options_.config;
  persistence::DataDirectory::Options directory_options;
  directory_options.journal.map_bytes = config.store.map_size_bytes;
  auto directory = persistence::DataDirectory::open(options_.data_dir, directory_options);
  if (!directory) return Failure(directory.error());
  directory_ = std::move(*directory);
  // One that a killed process left behind names ports that are not ours.
  std::error_code ignored;
  std::filesystem::remove(std::filesystem::path(options_.data_dir) / "endpoints.json", ignored);
  const persistence::Identity& identity = directory_->identity();
  key_ = std::make_unique<sharding::ShardKey>(identity.hash_key, identity.shard_count);

  auto snapshot = directory_->journal().read();
  if (!snapshot) return Failure(snapshot.error());
  const auto next = persistence::next_lsn(**snapshot);
  if (!next) return Failure(next.error());
  const auto first = persistence::first_lsn(**snapshot);
  if (!first) return Failure(first.error());
  first_lsn_found_ = *first;
  auto holdings = recover_holdings(**snapshot, identity.shard_count);
  if (!holdings) return Failure(holdings.error());
  auto rings = read_ring_state(**snapshot);
  if (!rings) return Failure(rings.error());
  const auto rings_from = read_rings_needed_from(**snapshot);
  if (!rings_from) return Failure(rings_from.error());
  snapshot->reset();
  if (auto opened = open_cluster(prng); !opened) return opened;

  persistence::JournalWriter::Options writer_options;
  writer_options.queue_records_max = kJournalQueueRecords;
  writer_options.reserve_bytes = config.store.reserve.bytes_of(volume_bytes(options_.data_dir));
  writer_options.on_usage = [this](const persistence::JournalUsage& usage, std::uint64_t reserve) {
    directory_->mind_ballast(usage, reserve);
  };
  writer_ = std::make_unique<persistence::JournalWriter>(directory_->journal(), *next, writer_options, clock_, metrics_,
                                                         log_);
  auto alerts =
      AlertSystem::open({*key_, directory_->journal(), *writer_, clock_, metrics_, log_}, config, prng.fork());
  if (!alerts) return Failure(alerts.error());
  alerts_ = std::move(*alerts);
  alerts_->await_homes();
  if (auto opened = open_workers(); !opened) return opened;
  writer_->start();
  if (auto opened = open_replication(std::move(*holdings), {std::move(*rings), *rings_from}, prng); !opened)
    return opened;
  const IngestPipeline::Options pipeline_options{config.ingest.accept_past_ms, config.ingest.accept_future_ms,
                                                 config.ingest.in_flight_bytes_max};
  pipeline_ =
      std::make_unique<IngestPipeline>(pipeline_options, *key_, writer, *replication_, *workers_, clock_, metrics_);
  query_ = std::make_unique<QueryService>(*key_, *workers_, directory_->journal(), clock_,
                                          [this](ShardId shard) { replication_->suspect(shard); });
  register_metrics();
  if (auto attached = alerts_->attach(*workers_, *pipeline_); !attached) return attached;
  share_alerts();
  workers_->start();
  replication_->start();
  return {};
}

Result<void> Node::open_workers() {
  const Config& config = options_.config;
  auto guard = FoldGuard::open((std::filesystem::path(options_.data_dir) / "fold-guard").string());
  if (!guard) return Failure(guard.error());
  guard_ = std::move(*guard);
  ShardWorkers::Options worker_options;
  worker_options.guard = guard_.get();
  worker_options.extension = alerts_->extension();
  worker_options.on_unreadable = [this](ShardId shard, const sharding::Coverage& unreadable) {
    replication_->damaged(shard, unreadable);
  };
  worker_options.on_damaged = [this](ShardId shard) { replication_->suspect(shard); };
  worker_options.on_unrecovered = [this] { failed_ = true; };
  worker_options.workers = worker_count(config);
  worker_options.unsealed_bytes_max = config.store.unsealed_bytes_max;
  worker_options.journal_bytes_max = config.store.journal_bytes_max;
  worker_options.passivate_after_ms = config.meters.passivate_after_ms;
  worker_options.resident_bytes_max = config.meters.resident_bytes_max;
  workers_ =
      std::make_unique<ShardWorkers>(worker_options, *key_, directory_->journal(), *writer_, clock_, metrics_, log_);
  return {};
}

/// A data directory without a ring is either its cluster's founder, in this release or an older one, or has yet to hear
/// of the ring from those it joined.
Result<void> Node::open_replication(RecoveredHoldings holdings, FoundRings found, Prng& prng) {
  const persistence::Identity& identity = directory_->identity();
  const Config& config = options_.config;
  std::string& rings = found.state;
  std::vector<persistence::OwnedOp> rows;
  if (!holdings.generation) forget_claims(rings, identity.shard_count, holdings);
  if (rings.empty() && cluster_->founded()) {
    sharding::RingMember founder{identity.node, static_cast<std::uint16_t>(config.cluster.weight), config.cluster.zone};
    rings = founding_state(sharding::founding_ring(std::move(founder), identity.copies, identity.acks));
    rows.push_back(ring_state_row(rings));
  }
  if (!holdings.generation) {
    holdings.generation = prng.next();
    rows.push_back(generation_row(*holdings.generation));
  }
  if (!rows.empty())
    if (auto written = write_and_wait(*writer_, rows); !written) return written;

  auto address = numeric_listener(config.listen.data, "listen.data");
  if (!address) return Failure(address.error());
  auto transport = open_data_transport(*address, cluster_->context(), cluster_->security(), clock_, metrics_, log_);
  if (!transport) return Failure(cannot_listen(config.listen.data, "listen.data", transport.error()));
  ReplicationService::Options options;
  options.self = identity.node;
  options.cluster = cluster::cluster_hash(identity.cluster, identity.cluster_name);
  options.turns.self = identity.node;
  options.turns.generation = *holdings.generation;
  options.turns.shard_count = identity.shard_count;
  options.turns.rings = {identity.node, identity.shard_count, identity.hash_key, config.placement.automatic,
                         found.needed_from};
  options.turns.ring_state = std::move(rings);
  options.turns.transfers.bytes_per_second = config.placement.transfer_bytes_per_second;
  auto made = ReplicationService::make(options,
                                       {*writer_, *workers_, *key_, clock_, metrics_, log_, [this] { failed_ = true; }},
                                       std::move(*transport), std::move(holdings), directory_->journal(), prng.fork());
  if (!made) return Failure(made.error());
  replication_ = std::move(*made);
  endpoints_.data = replication_->endpoint();
  replication_->on_call([this](const NodeId& /*from*/, std::string_view question) { return answer_node(question); });
  return {};
}

/// A request that another node passes on.
std::string Node::answer_node(std::string_view question) {
  auto request = http::decode_request(question);
  if (!request) return http::encode_response(http::respond_to(request.error()));
  http::HttpServer* const server = answering_.load();
  if (server == nullptr)
    return http::encode_response(http::retry_response({"BUSY", "the node is starting", "send it again"}, 1000));
  return http::encode_response(server->answer_relayed(std::move(*request)));
}

Result<void> Node::listen(Prng& prng) {
  if (auto nodes = listen_to_nodes(prng); !nodes) return nodes;
  if (auto clients = listen_to_clients(); !clients) return clients;
  alerts_->start(options_.version, endpoints_.http);
  gateway::P1SourceService::Options p1;
  for (const P1Source& source : options_.config.p1)
    p1.sources.push_back({source.name, source.connect.text(), source.meter,
                          source.zone.empty() ? options_.config.meters.zone : source.zone});
  p1_ = std::make_unique<gateway::P1SourceService>(p1, *pipeline_, clock_, prng, metrics_, log_);
  if (auto started = p1_->start(); !started) return started;
  // Last: with the first word to the others this node is up for them.
  return cluster_->start(endpoints_, alerts_->service(), [this](const std::shared_ptr<const cluster::View>& view) {
    remote_->set_view(view);
    replication_->set_view(view);
  });
}

Result<void> Node::open_cluster(Prng& prng) {
  auto cluster = ClusterSystem::open({options_.data_dir, options_.config, directory_->identity(), options_.version},
                                     {clock_, metrics_, log_}, prng.fork());
  if (!cluster) return Failure(cluster.error());
  cluster_ = std::move(*cluster);
  endpoints_.membership = cluster_->endpoint();
  return {};
}

Result<void> Node::listen_to_nodes(Prng& prng) {
  const Config& config = options_.config;
  const persistence::Identity& identity = directory_->identity();
  auto address = numeric_listener(config.listen.peers, "listen.peers");
  if (!address) return Failure(address.error());
  const std::uint64_t hash = cluster::cluster_hash(identity.cluster, identity.cluster_name);
  auto remote = RemoteSystem::start({identity.node, hash, *address, prng.next()},
                                    {cluster_->context(), cluster_->security(), clock_, metrics_, log_, nullptr});
  if (!remote) return Failure(cannot_listen(config.listen.peers, "listen.peers", remote.error()));
  remote_ = std::move(*remote);
  endpoints_.peers = remote_->endpoint();
  return {};
}

Result<void> Node::listen_to_clients() {
  const Config& config = options_.config;
  gateway::ZmqGateway::Options zmq;
  zmq.endpoint = config.listen.ingest.text();
  zmq.node_name = directory_->identity().node_name;
  zmq.credit_batches = config.ingest.credit_batches;
  zmq.connections_max = config.ingest.connections_max;
  zmq.frame_bytes_max = config.ingest.batch_bytes_max;
  zmq.context = cluster_->context();
  zmq.security = cluster_->security();
  zmq_ = std::make_unique<gateway::ZmqGateway>(zmq, *pipeline_, clock_, metrics_, log_);
  auto ingest_address = zmq_->start();
  if (!ingest_address) return Failure(ingest_address.error());
  endpoints_.ingest = *ingest_address;

  http::HttpServer::Options http;
  http.listen = config.listen.http.text();
  http.threads = config.http.threads;
  http.body_bytes_max = config.http.body_bytes_max;
  http.unpacked_bytes_max = config.http.body_bytes_max;
  http.telegram_zone = config.meters.zone;
  http.line_overwrite_latest = config.ingest.line_overwrite_latest;
  http.node_name = directory_->identity().node_name;
  http.version = options_.version;
  http.membership_address = endpoints_.membership;
  http.peers_address = endpoints_.peers;
  http.ingest_address = endpoints_.ingest;
  http.data_address = endpoints_.data;
  http.tokens_file = config.http.tokens;
  http.metrics_open = config.http.metrics_open;
  const auto& told = config.advertise;
  http.names = {config.listen.http.host, told.http.host, told.membership.host, told.peers.host, told.ingest.host};
  auto audit = AuditLog::open(options_.data_dir);
  if (!audit) return Failure(audit.error());
  audit_ = std::move(*audit);
  const persistence::Identity& identity = directory_->identity();
  reads_ = std::make_unique<PeerReads>(
      PeerReads::Doors{identity.node, *key_, *replication_, [this] { return cluster_->view(); }, clock_});
  shards_ =
      std::make_unique<ShardDesk>(ShardDesk::Options{identity.node, identity.hash_key, config.placement.automatic},
                                  ShardDesk::Doors{*replication_, *cluster_, reads_.get(), *key_, clock_});
  limits_ = std::make_unique<LimitDesk>(WriterId{os_random_128()},
                                        LimitDesk::Doors{*replication_, *workers_, directory_->journal(), *key_});
  open_backups();
  http_ = std::make_unique<http::HttpServer>(http, *pipeline_, *this, clock_, metrics_, log_,
                                             http::Doors{&alerts_->service(), cluster_.get(), audit_.get(),
                                                         reads_.get(), shards_.get(), limits_.get(), backups_.get()});
  auto http_address = http_->start();
  if (!http_address) return Failure(http_address.error());
  answering_ = http_.get();
  endpoints_.http = *http_address;
  return {};
}

void Node::stop() {
  if (std::exchange(stopped_, true)) return;
  if (p1_) p1_->stop();
  if (zmq_) zmq_->stop();
  if (http_) http_->stop();
  if (pipeline_) pipeline_->close();
  // Committed batches reach the workers from the writer's thread, and sealing needs the writer: fold and seal first,
  // with the doors closed nothing new comes.
  while (pipeline_ && pipeline_->in_flight().used() != 0 && !failed_)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  // Whoever is home from now on tells what is not told.
  if (const auto routes = replication_ ? replication_->routes() : nullptr;
      routes && routes->ring != nullptr && routes->ring->ring().effective_copies() > 1)
    alerts_->homes().set_all(HomeRole::away);
  // The others hear of it before this node falls silent; what they had sent is still kept and receipted.
  if (cluster_ && (failed_ || cluster_->expelled())) cluster_->stop();
  if (cluster_) cluster_->leave_cluster();
  if (replication_ && !failed_) replication_->leave(kLeaveMs);
  if (workers_) workers_->stop(!failed_);
  if (alerts_) alerts_->stop();
  if (writer_) writer_->stop();
  if (replication_) replication_->stop();
  if (remote_) remote_->stop();
}

void Node::register_metrics() {
  metrics_.gauge("wattring_build_info", "Version of this program", "version=\"" + options_.version + "\"").set(1);
  metrics_.gauge_function("wattring_unsealed_facts", "Facts in the journal that are not in chunks yet",
                          [this] { return static_cast<double>(workers_->unsealed_facts()); });
  metrics_.gauge_function("wattring_unsealed_bytes", "Memory of facts that are not in chunks yet",
                          [this] { return static_cast<double>(workers_->unsealed_bytes()); });
  metrics_.gauge_function("wattring_meter_table_bytes", "Memory of the meters' resident state",
                          [this] { return static_cast<double>(workers_->resident_bytes()); });
  metrics_.gauge_function("wattring_shard_workers_recovering", "Shard workers that still read the journal",
                          [this] { return static_cast<double>(workers_->recovering_workers()); });
}

void Node::show_meters() {
  const auto gauge = [&](std::string_view state) -> Gauge& {
    return metrics_.gauge("wattring_meters", "Meters known to this node: in memory, or only on its disk",
                          "state=\"" + std::string(state) + "\"");
  };
  const std::uint64_t passivated = workers_->passivated_meters();
  gauge("active").set(static_cast<double>(workers_->meters() - passivated));
  gauge("passivated").set(static_cast<double>(passivated));
}

/// Of all nodes that have a shard one tells its alerts, and the others hear of it.
void Node::share_alerts() {
  alerts_->decide_by(*replication_, WriterId{os_random_128()});
  alerts_->confirm_by([this](ShardId shard, std::function<void(bool)> done) {
    return replication_->exchange(shard, [done = std::move(done)](const Completeness& found) { done(found.complete); });
  });
}

void Node::follow_homes() {
  const auto view = cluster_->view();
  if (view == nullptr) return;
  follow_routes(*replication_->routes(), *view, directory_->identity().node, clock_.monotonic_ns(), alerts_->homes());
}

void Node::tick() {
  follow_homes();
  alerts_->tick();
  backups_->forget_idle();
  show_meters();
  retain(clock_.wall_ms());
  const std::lock_guard lock(rate_mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  rate_samples_.push_back({now_ns, pipeline_->stored_total()});
  while (rate_samples_.size() > 2 && rate_samples_.front().at_ns < now_ns - kRateWindowNs) rate_samples_.pop_front();
  if (!writer_->reserve_reached()) reserve_since_ms_.reset();
  if (writer_->reserve_reached() && !reserve_since_ms_) reserve_since_ms_ = clock_.wall_ms();
}

Result<http::MeterPage> Node::meters(std::string_view prefix, std::string_view after, std::size_t limit) {
  return query_->meters(prefix, after, limit);
}
Result<http::MeterSummary> Node::meter(std::string_view id) {
  return query_->meter(id);
}
Result<http::ReadingsAnswer> Node::readings(const http::ReadingsQuery& query) {
  return query_->readings(query);
}
Result<http::IntervalsAnswer> Node::intervals(const http::IntervalsQuery& query) {
  return query_->intervals(query);
}

http::NodeStatus Node::status() {
  const persistence::Identity& identity = directory_->identity();
  http::NodeStatus status;
  status.cluster = identity.cluster_name;
  status.node = identity.node_name;
  status.node_id = to_hex(identity.node.bytes);
  status.version = options_.version;
  status.now_ms = clock_.wall_ms();
  status.started_ms = started_ms_;
  status.shards = identity.shard_count;
  status.shards_recovering = identity.shard_count * workers_->recovering_workers() / workers_->worker_count();
  // Ready = takes writes; what is still being folded says so in its own figure.
  status.ready = !failed_ && !stopped_;
  status.meters = workers_->meters();
  status.stored_total = pipeline_->stored_total();
  status.refused_total = pipeline_->refused_total();
  status.duplicate_total = workers_->duplicates();
  status.in_flight_bytes = pipeline_->in_flight().used();
  status.in_flight_bytes_max = pipeline_->in_flight().max();
  status.ack_p50_s = pipeline_->ack_latency().quantile_seconds(0.5);
  status.ack_p99_s = pipeline_->ack_latency().quantile_seconds(0.99);
  status.commit_p99_s = metrics_.histogram("wattring_journal_commit_seconds", "").quantile_seconds(0.99);
  status.last_lsn = writer_->next_lsn().value - 1;
  const std::uint64_t first_lsn = std::max(first_lsn_found_.value, workers_->truncated_before().value);
  status.journal_records = status.last_lsn + 1 - std::min(first_lsn, status.last_lsn + 1);
  status.unsealed_facts = workers_->unsealed_facts();
  status.disk_reserve = writer_->reserve_reached();
  status.insecure = !open_listeners(options_.config).empty();
  status.turned_away = turned_away();
  if (const auto usage = directory_->journal().usage()) {
    status.used_bytes = usage->used_bytes;
    status.reusable_bytes = usage->reusable_bytes;
    status.file_bytes = usage->file_bytes;
    status.map_bytes = usage->map_bytes;
    status.disk_free_bytes = usage->disk_free_bytes;
  }
  {
    const std::lock_guard lock(rate_mutex_);
    if (rate_samples_.size() >= 2) {
      const RateSample& first = rate_samples_.front();
      const RateSample& last = rate_samples_.back();
      const double seconds = static_cast<double>(last.at_ns - first.at_ns) * 1e-9;
      if (seconds >= 1) status.stored_per_s = static_cast<double>(last.stored - first.stored) / seconds;
    }
  }
  add_problems(status);
  return status;
}

void Node::add_problems(http::NodeStatus& status) {
  const std::string& node = status.node;
  if (failed_)
    status.problems.push_back(
        {"JOURNAL_FAILED", "critical", node,
         "a commit ended without a known outcome, or the disk did not give the shards back; the node stops "
         "and must be started again",
         "look at the disk and the kernel log, then start the node", status.now_ms});
  if (status.disk_reserve) {
    const std::lock_guard lock(rate_mutex_);
    status.problems.push_back(
        {"DISK_RESERVE", "critical", node,
         "the volume is full up to the reserve: new readings are refused, nothing stored is at risk",
         "make room on the volume; ingest goes on by itself", reserve_since_ms_.value_or(status.now_ms)});
  }
  if (status.shards_recovering != 0)
    status.problems.push_back(
        {"SHARDS_RECOVERING", "warn", node,
         std::to_string(status.shards_recovering) + " shards read the journal; writes are taken, queries wait",
         "wait a few seconds", started_ms_});
  if (const std::uint64_t stopped = workers_->stopped_shards(); stopped != 0)
    status.problems.push_back({"FOLD_STOPPED", "critical", node,
                               std::to_string(stopped) +
                                   " shards ended the process again and again while they were folded: their readings "
                                   "are acknowledged and stay in the journal, answers about them are not complete",
                               "wattringctl actors shows which; after an upgrade resume them", started_ms_});
  if (workers_->damaged() != 0)
    status.problems.push_back({"CORRUPT_VALUE", "critical", node,
                               std::to_string(workers_->damaged()) + " stored values did not verify and were left out",
                               "see the log for which; wattringd journal verify lists all", started_ms_});
  for (const P1Source& source : options_.config.p1) {
    const Gauge& connected = metrics_.gauge("wattring_p1_connected", "", "source=\"" + source.name + "\"");
    if (connected.value() != 0) continue;
    status.problems.push_back(
        {"P1_SOURCE_DOWN", "warn", source.name,
         "no connection to " + source.connect.text() + "; its telegrams of this time are not recorded",
         "check the port server's power, network and cable", status.now_ms});
  }
  for (const alert::SinkState& sink : alerts_->failing_sinks())
    status.problems.push_back({"ALERT_SINK_DOWN", "warn", sink.name,
                               "alerts wait for this sink (" + std::to_string(sink.pending) + "): " + sink.last_error,
                               "look at the receiver; what waits is told when it answers", sink.failing_since_ms});
  if (!status.ready)
    status.problems.push_back(
        {"NOT_READY", "warn", node, "the node is stopping", "send to it again when it is back", status.now_ms});
  if (status.insecure)
    status.problems.push_back({"INSECURE", "warn", node,
                               fmt::format("{} off loopback, and callers are not authenticated (insecure = true)",
                                           fmt::join(open_listeners(options_.config), ", ")),
                               "set cluster.keys and http.tokens, or listen on 127.0.0.1", started_ms_});
}

}  // namespace wattring::app
