// SPDX-License-Identifier: Apache-2.0
#include "node/app/node.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "persistence/recovery.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kRateWindowNs = 10'000'000'000;
constexpr std::int64_t kRetentionEveryMs = kMsPerHour;
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
  snapshot->reset();

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
  auto guard = FoldGuard::open((std::filesystem::path(options_.data_dir) / "fold-guard").string());
  if (!guard) return Failure(guard.error());
  guard_ = std::move(*guard);
  ShardWorkers::Options worker_options;
  worker_options.guard = guard_.get();
  worker_options.extension = alerts_->extension();
  worker_options.workers = worker_count(config);
  worker_options.unsealed_bytes_max = config.store.unsealed_bytes_max;
  worker_options.journal_bytes_max = config.store.journal_bytes_max;
  worker_options.passivate_after_ms = config.meters.passivate_after_ms;
  worker_options.resident_bytes_max = config.meters.resident_bytes_max;
  workers_ =
      std::make_unique<ShardWorkers>(worker_options, *key_, directory_->journal(), *writer_, clock_, metrics_, log_);
  IngestPipeline::Options pipeline_options{config.ingest.accept_past_ms, config.ingest.accept_future_ms,
                                           config.ingest.in_flight_bytes_max, Lsn{next->value - 1}};
  pipeline_ = std::make_unique<IngestPipeline>(pipeline_options, *key_, writer, *writer_, *workers_, clock_, metrics_,
                                               [this] { failed_ = true; });
  query_ = std::make_unique<QueryService>(*key_, *workers_, directory_->journal(), clock_);
  register_metrics();
  if (auto attached = alerts_->attach(*workers_, *pipeline_); !attached) return attached;
  writer_->start();
  workers_->start();
  return {};
}

Result<void> Node::listen(Prng& prng) {
  const Config& config = options_.config;
  auto membership = PortReservation::take(config.listen.membership, "listen.membership");
  if (!membership) return Failure(membership.error());
  auto peers = PortReservation::take(config.listen.peers, "listen.peers");
  if (!peers) return Failure(peers.error());
  endpoints_.membership = membership->address();
  endpoints_.peers = peers->address();
  reservations_.push_back(std::move(*membership));
  reservations_.push_back(std::move(*peers));

  gateway::ZmqGateway::Options zmq;
  zmq.endpoint = config.listen.ingest.text();
  zmq.node_name = directory_->identity().node_name;
  zmq.credit_batches = config.ingest.credit_batches;
  zmq.connections_max = config.ingest.connections_max;
  zmq.frame_bytes_max = config.ingest.batch_bytes_max;
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
  http_ = std::make_unique<http::HttpServer>(http, *pipeline_, *this, clock_, metrics_, log_, &alerts_->service());
  auto http_address = http_->start();
  if (!http_address) return Failure(http_address.error());
  endpoints_.http = *http_address;
  alerts_->start(options_.version, endpoints_.http);

  gateway::P1SourceService::Options p1;
  for (const P1Source& source : config.p1)
    p1.sources.push_back(
        {source.name, source.connect.text(), source.meter, source.zone.empty() ? config.meters.zone : source.zone});
  p1_ = std::make_unique<gateway::P1SourceService>(p1, *pipeline_, clock_, prng, metrics_, log_);
  return p1_->start();
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
  if (workers_) workers_->stop(!failed_);
  if (alerts_) alerts_->stop();
  if (writer_) writer_->stop();
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

void Node::retain(std::int64_t now_ms) {
  const Config::Retention& keep = options_.config.retention;
  if ((!keep.raw_ms && !keep.intervals_ms) || now_ms < next_retention_ms_) return;
  next_retention_ms_ = now_ms + kRetentionEveryMs;
  meter::RetentionDays days;
  if (keep.raw_ms) days.raw = day_of(now_ms - *keep.raw_ms);
  if (keep.intervals_ms) days.intervals = day_of(now_ms - *keep.intervals_ms);
  workers_->request_retention(days);
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

void Node::tick() {
  alerts_->service().tick();
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
  status.last_lsn = pipeline_->last_lsn();
  const std::uint64_t first_lsn = std::max(first_lsn_found_.value, workers_->truncated_before().value);
  status.journal_records = status.last_lsn + 1 - std::min(first_lsn, status.last_lsn + 1);
  status.unsealed_facts = workers_->unsealed_facts();
  status.disk_reserve = writer_->reserve_reached();
  status.insecure = options_.config.insecure;
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
    status.problems.push_back({"JOURNAL_FAILED", "critical", node,
                               "a commit ended without a known outcome; the node stops and must be started again",
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
                               "listeners off loopback without authentication (insecure = true)",
                               "listen on 127.0.0.1, or keep the network closed", started_ms_});
}

}  // namespace wattring::app
