// SPDX-License-Identifier: Apache-2.0
#include "node/app/alert_system.hpp"

#include <algorithm>
#include <utility>

#include "base/http_url.hpp"
#include "node/app/alert_extension.hpp"

namespace wattring::app {
namespace {

constexpr std::int64_t kFailingIsAProblemMs = kMsPerMinute;

alert::SinkKind kind_of(const std::string& name) {
  if (name == "webhook") return alert::SinkKind::webhook;
  if (name == "alertmanager") return alert::SinkKind::alertmanager;
  return alert::SinkKind::log;
}

/// The configured sinks, and the log in any case: nothing is ever told to nobody.
std::vector<alert::SinkOptions> options_of(const std::vector<AlertSink>& sinks) {
  std::vector<alert::SinkOptions> all;
  bool log = false;
  for (const AlertSink& sink : sinks) {
    alert::SinkOptions options;
    options.name = sink.name;
    options.kind = kind_of(sink.kind);
    // Validated with the configuration.
    if (const auto url = parse_http_url(sink.url)) options.url = *url;
    options.token_file = sink.token_file;
    options.timeout_ms = sink.timeout_ms;
    options.min_severity = alert::parse_severity(sink.min_severity).value_or(alert::Severity::info);
    options.resend_ms = sink.resend_ms;
    options.give_up_after_ms = sink.give_up_after_ms;
    log = log || options.kind == alert::SinkKind::log;
    all.push_back(std::move(options));
  }
  if (!log) {
    alert::SinkOptions options;
    options.name = "log";
    all.push_back(std::move(options));
  }
  return all;
}

}  // namespace

AlertSystem::AlertSystem(const Doors& doors, const Config& config, Prng prng, std::uint64_t next_outbox_sequence)
    : doors_(doors),
      sinks_(options_of(config.sinks)),
      prng_(prng),
      hub_(doors.key, doors.writer, doors.metrics, doors.log, next_outbox_sequence, {config.retention.alerts_ms}) {}

Result<std::unique_ptr<AlertSystem>> AlertSystem::open(const Doors& doors, const Config& config, Prng prng) {
  auto snapshot = doors.disk.read();
  if (!snapshot) return Failure(snapshot.error());
  const auto next = OutboxStore::next_sequence(**snapshot);
  if (!next) return Failure(next.error());
  return std::unique_ptr<AlertSystem>(new AlertSystem(doors, config, prng, *next));
}

std::function<std::unique_ptr<ShardExtension>(ShardId)> AlertSystem::extension() {
  return [this](ShardId shard) { return std::make_unique<AlertExtension>(shard, hub_); };
}

Result<void> AlertSystem::attach(ShardWorkers& workers, gateway::IngestDoor& ingest) {
  std::vector<alert::Route> routes;
  routes.reserve(sinks_.size());
  for (const alert::SinkOptions& sink : sinks_) routes.push_back({sink.name, sink.min_severity});
  workers_ = &workers;
  service_ =
      std::make_unique<AlertService>(hub_, workers, doors_.disk, ingest, doors_.clock, prng_.fork(), std::move(routes));
  outbox_ = std::make_unique<OutboxStore>(
      doors_.disk, doors_.writer, [this] { return hub_.outbox_settled_below(); },
      [this] { return service_->open_alerts(); });
  outbox_->speak_by(
      [this](const alert::OutboxRow& row) {
        return hub_.may_tell(hub_.key.shard_of(row.notification.alert.meter), row.sequence);
      },
      [this](const std::vector<alert::Notification>& told) {
        if (marks_) marks_->told(told);
      });
  return service_->open();
}

void AlertSystem::decide_by(WriteDoor& door, const WriterId& writer) {
  decisions_ = std::make_unique<DecisionWriter>(writer, door);
  marks_ = std::make_unique<ToldMarks>(hub_, *decisions_, doors_.metrics);
  service_->decide_by(*decisions_);
}

void AlertSystem::confirm_by(AskCompleteness ask) {
  hub_.set_confirm([this, ask = std::move(ask)](ShardId shard, std::int64_t asked_ms) {
    return ask(shard, [this, shard, asked_ms](bool complete) {
      // Behind everything that the workers were given until now.
      (void)workers_->post_extension(shard, [complete, asked_ms](meter::ShardFold&, ShardExtension& extension) {
        static_cast<AlertExtension&>(extension).confirmed(complete, asked_ms);
      });
    });
  });
}

void AlertSystem::tick() {
  service_->tick();
  if (marks_) marks_->retry(doors_.clock.monotonic_ns());
}

std::string AlertSystem::summary_of(const alert::Alert& alert) const {
  const auto policy = hub_.policy();
  for (const alert::Timeline& timeline : policy->timelines())
    if (timeline.newest().name == alert.rule) return timeline.newest().summary;
  return {};
}

std::vector<http::ActorRow> AlertSystem::sink_actors(std::string_view path, std::size_t depth) const {
  std::vector<http::ActorRow> rows;
  const auto tree = delivery_->actors(path, static_cast<std::uint32_t>(std::min<std::size_t>(depth, 64)));
  if (!tree) return rows;
  for (const actor::ActorRow& row : tree->rows)
    rows.push_back({row.path, actor::to_string(row.state), row.mailbox_messages, row.oldest_age_ms, row.restarts,
                    row.last_failure, row.children});
  return rows;
}

void AlertSystem::start(const std::string& version, const std::string& http_address) {
  alert::DeliveryService::Options options;
  options.sinks = sinks_;
  options.context.version = version;
  options.context.generator = "http://" + http_address + "/api/v1/alerts/";
  options.context.summary_of = [this](const alert::Alert& alert) { return summary_of(alert); };
  options.context.log = doors_.log;
  options.seed = prng_.next();
  delivery_ = std::make_unique<alert::DeliveryService>(
      options, alert::DeliveryDoors{*outbox_, doors_.clock, doors_.metrics, doors_.log});
  hub_.set_on_outbox([this] { delivery_->wake(); });
  delivery_->start();
  service_->show_sinks([this](std::string_view path, std::size_t depth) { return sink_actors(path, depth); });
}

void AlertSystem::stop() {
  hub_.set_on_outbox(nullptr);
  if (delivery_) delivery_->stop();
}

std::vector<alert::SinkState> AlertSystem::failing_sinks() const {
  std::vector<alert::SinkState> failing;
  if (!delivery_) return failing;
  const std::int64_t now_ms = doors_.clock.wall_ms();
  for (const alert::SinkState& state : delivery_->sink_states())
    if (!state.ok() && now_ms - state.failing_since_ms > kFailingIsAProblemMs) failing.push_back(state);
  return failing;
}

}  // namespace wattring::app
