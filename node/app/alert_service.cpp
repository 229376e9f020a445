// SPDX-License-Identifier: Apache-2.0
#include "node/app/alert_service.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>

#include "node/app/actor_rows.hpp"
#include "node/app/alert_extension.hpp"
#include "node/app/document_rows.hpp"
#include "node/app/gathering.hpp"
#include "node/app/meter_history.hpp"
#include "node/app/outbox_store.hpp"
#include "node/gateway/batch.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

using alert::Alert;
using alert::State;

constexpr std::size_t kIdDigitsMin = 4;
constexpr std::chrono::seconds kCopiesWait{8};
constexpr std::size_t kTrialMetersMax = 1000;
constexpr std::int64_t kSilenceMax = 366 * kMsPerDay;
/// The register of an announcement: a meter that should read (node/meter/register_rows.hpp).
constexpr Register kAnnounced = obis(0, 0, 199, 128, 3);

bool in_state(const Alert& alert, std::string_view wanted) {
  return wanted.empty() || state_name(alert) == wanted || (wanted == "firing" && alert.state == State::firing);
}

bool matches(const http::AlertQuery& query, const Alert& alert) {
  if (!query.history && query.state.empty() && alert.state != State::firing) return false;
  return in_state(alert, query.state) && (query.rule.empty() || alert::matches_pattern(query.rule, alert.rule)) &&
         (query.meter.empty() || alert::matches_pattern(query.meter, alert.meter)) && alert.onset_ms >= query.from_ms &&
         (query.to_ms == 0 || alert.onset_ms < query.to_ms);
}

/// Whether a version is the one that counts now.
bool is_current(const std::vector<alert::Rule>& versions, const alert::Rule& rule, std::int64_t now_ms) {
  const auto rank = [](const alert::Rule& r) { return std::tuple(r.effective_ms, r.revision, r.document); };
  if (rule.effective_ms > now_ms) return false;
  return std::none_of(versions.begin(), versions.end(), [&](const alert::Rule& other) {
    return other.name == rule.name && other.effective_ms <= now_ms && rank(other) > rank(rule);
  });
}

/// Makes meters resident that are on the disk only and match, as many as a trial looks at.
void bring_back_matching(meter::ShardFold& fold, const persistence::ReadTransaction& disk,
                         const sharding::ShardKey& key, const std::string& pattern) {
  if (fold.passivated_count() == 0) return;
  std::vector<std::string> ids;
  (void)disk.scan(persistence::Table::meter, persistence::shard_key(fold.shard()),
                  [&](std::string_view row, std::string_view) {
                    const auto parsed = persistence::parse_meter_key(row);
                    if (!parsed || parsed->shard != fold.shard() || ids.size() > kTrialMetersMax) return false;
                    if (alert::matches_pattern(pattern, parsed->meter_id)) ids.emplace_back(parsed->meter_id);
                    return true;
                  });
  std::vector<meter::ShardFold::Wanted> wanted;
  wanted.reserve(ids.size());
  for (const std::string& id : ids) wanted.push_back({id, key.hash(id)});
  std::vector<std::string> damaged;
  (void)fold.bring_back(std::move(wanted), disk, damaged);
}

}  // namespace

AlertService::AlertService(AlertHub& hub, ShardWorkers& workers, const persistence::Journal& disk,
                           gateway::IngestDoor& ingest, const Clock& clock, Prng prng, std::vector<alert::Route> routes)
    : hub_(hub),
      workers_(workers),
      disk_(disk),
      ingest_(ingest),
      clock_(clock),
      routes_(std::move(routes)),
      prng_(prng) {}

Result<void> AlertService::open() {
  auto snapshot = disk_.read();
  if (!snapshot) return Failure(snapshot.error());
  std::vector<std::string> damaged;
  auto documents = load_documents(**snapshot, damaged);
  if (!documents) return Failure(documents.error());
  auto silences = load_silences(**snapshot, damaged);
  if (!silences) return Failure(silences.error());
  for (const std::string& what : damaged) hub_.log->error("corrupt_value", what + " does not verify and was left out");
  const std::lock_guard lock(mutex_);
  documents_ = std::move(*documents);
  catalog_ = {{}, {}, std::move(*silences)};
  for (const auto& [hash, document] : documents_.documents())
    if (auto taken = take_document(document, catalog_); !taken)
      hub_.log->warn("document_not_understood", taken.error().text());
  publish();
  return {};
}

void AlertService::publish() {
  alert::Policy::Parts parts{catalog_.rules, catalog_.profiles, catalog_.silences, routes_};
  const std::int64_t now_ms = clock_.wall_ms();
  next_effective_ms_ = std::numeric_limits<std::int64_t>::max();
  const auto is_to_come = [&](const auto& version) {
    if (version.effective_ms <= now_ms) return false;
    next_effective_ms_ = std::min(next_effective_ms_, version.effective_ms);
    return true;
  };
  std::erase_if(parts.rules, is_to_come);
  std::erase_if(parts.profiles, is_to_come);
  hub_.set_policy(std::make_shared<const alert::Policy>(std::move(parts)));
}

void AlertService::tick() {
  take_in();
  hand_on();
  const std::lock_guard lock(mutex_);
  if (clock_.wall_ms() >= next_effective_ms_) publish();
}

Result<void> AlertService::install(Catalog catalog, const std::vector<persistence::OwnedOp>& operations) {
  if (!operations.empty())
    if (auto written = write_and_wait(hub_.writer, operations); !written) return written;
  catalog_ = std::move(catalog);
  publish();
  return {};
}

Result<std::vector<Alert>> AlertService::gather(std::function<bool(const Alert&)> wanted) {
  const auto gathering = std::make_shared<Gathering<Alert>>(hub_.key.shard_count());
  const bool posted =
      workers_.post_extensions([gathering, wanted = std::move(wanted)](meter::ShardFold&, ShardExtension& extension) {
        std::vector<Alert> found;
        for (const auto& [id, alert] : static_cast<AlertExtension&>(extension).book().all())
          if (wanted(alert)) found.push_back(alert);
        gathering->give(std::move(found));
      });
  if (!posted) return workers_are_busy();
  auto found = gathering->wait();
  if (!found) return workers_are_busy();
  return std::move(*found);
}

Result<http::AlertList> AlertService::alerts(const http::AlertQuery& query) {
  auto found = gather([query](const Alert& alert) { return matches(query, alert); });
  if (!found) return tl::unexpected(found.error());
  http::AlertList list{std::move(*found), 0};
  list.total = list.alerts.size();
  const auto rank = [&](const Alert& alert) {
    return std::tuple(query.history ? 0 : -static_cast<int>(alert.severity), -alert.onset_ms,
                      std::string_view(alert.id));
  };
  std::sort(list.alerts.begin(), list.alerts.end(), [&](const Alert& a, const Alert& b) { return rank(a) < rank(b); });
  if (list.alerts.size() > query.limit) list.alerts.resize(query.limit);
  return list;
}

std::vector<Alert> AlertService::open_alerts() {
  auto found = gather([this](const Alert& alert) {
    const HomeRole role = hub_.homes.of(hub_.key.shard_of(alert.meter));
    return alert.state == State::firing && alert.told && (role == HomeRole::home || role == HomeRole::alone);
  });
  return found ? std::move(*found) : std::vector<Alert>{};
}

Result<Alert> AlertService::acknowledge(std::string_view id, std::string_view user, std::string_view note) {
  if (id.size() < kIdDigitsMin)
    return fail(ErrorCode::invalid_argument, "\"" + std::string(id) + "\" is too short for an alert's id",
                "give at least 4 of its digits");
  const auto found = gather([wanted = std::string(id)](const Alert& alert) { return alert.id.starts_with(wanted); });
  if (!found) return tl::unexpected(found.error());
  if (found->empty())
    return fail(ErrorCode::not_found, "no alert \"" + std::string(id) + "\"", "see: wattringctl alerts");
  if (found->size() > 1)
    return fail(ErrorCode::invalid_argument,
                "\"" + std::string(id) + "\" is the beginning of " + std::to_string(found->size()) + " alerts' ids",
                "give more digits");
  const auto written = std::make_shared<std::promise<void>>();
  const auto answer = std::make_shared<std::promise<Result<Alert>>>();
  auto on_disk = written->get_future();
  auto answered = answer->get_future();
  const bool posted =
      workers_.post_extension(hub_.key.shard_of(found->front().meter),
                              [=, id = found->front().id, user = std::string(user), note = std::string(note),
                               now_ms = clock_.wall_ms()](meter::ShardFold&, ShardExtension& extension) {
                                answer->set_value(static_cast<AlertExtension&>(extension).acknowledge(
                                    id, user, note, now_ms, [written] { written->set_value(); }));
                              });
  if (!posted) return workers_are_busy();
  auto acked = wait_for(answered);
  if (!acked) return workers_are_busy();
  if (!*acked) return std::move(*acked);
  if (on_disk.wait_for(kWorkerWait) != std::future_status::ready) return workers_are_busy();
  if (decisions_ == nullptr) return std::move(*acked);
  const Alert& alert = **acked;
  const alert::AckMark mark{alert.id, alert.acked_ms, alert.acked_by, alert.ack_note};
  if (auto kept = decisions_->write({{hub_.key.shard_of(alert.meter), {mark}}}, kCopiesWait); !kept)
    return tl::unexpected(kept.error());
  return std::move(*acked);
}

Result<std::vector<alert::Silence>> AlertService::silences() {
  const std::lock_guard lock(mutex_);
  return catalog_.silences;
}

Result<alert::Silence> AlertService::silence(alert::Silence wanted) {
  const std::int64_t now_ms = clock_.wall_ms();
  if (wanted.from_ms == 0) wanted.from_ms = now_ms;
  if (wanted.until_ms <= std::max(now_ms, wanted.from_ms))
    return fail(ErrorCode::invalid_argument,
                "a silence that ends at " + format_rfc3339(wanted.until_ms) + " never begins",
                "give an end in the future");
  if (wanted.until_ms - wanted.from_ms > kSilenceMax)
    return fail(ErrorCode::invalid_argument, "a silence of more than a year", "end it earlier, or disable the rule");
  const std::lock_guard lock(mutex_);
  Catalog next = catalog_;
  wanted.id = to_hex([this] {
                std::array<std::uint8_t, 16> bytes{};
                for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(prng_.next());
                return bytes;
              }())
                  .substr(0, 8);
  // Those that ended a while ago go with the occasion.
  std::vector<persistence::OwnedOp> ops{put_silence(wanted)};
  std::erase_if(next.silences, [&](const alert::Silence& old) {
    if (old.until_ms > now_ms - kMsPerDay) return false;
    ops.push_back(erase_silence(old.id));
    return true;
  });
  next.silences.push_back(wanted);
  if (auto installed = install(std::move(next), ops); !installed) return tl::unexpected(installed.error());
  return wanted;
}

Result<void> AlertService::unsilence(std::string_view id) {
  const std::lock_guard lock(mutex_);
  Catalog next = catalog_;
  if (std::erase_if(next.silences, [&](const alert::Silence& silence) { return silence.id == id; }) == 0)
    return fail(ErrorCode::not_found, "no silence \"" + std::string(id) + "\"", "see: wattringctl alerts silences");
  return install(std::move(next), {erase_silence(id)});
}

Result<std::vector<http::RuleVersion>> AlertService::rules() {
  const auto firing = gather([](const Alert& alert) { return alert.state == State::firing; });
  if (!firing) return tl::unexpected(firing.error());
  std::vector<alert::Rule> versions;
  {
    const std::lock_guard lock(mutex_);
    versions = catalog_.rules;
  }
  std::sort(versions.begin(), versions.end(), [](const alert::Rule& a, const alert::Rule& b) {
    return std::tie(a.name, a.effective_ms, a.revision, a.document) <
           std::tie(b.name, b.effective_ms, b.revision, b.document);
  });
  const auto policy = hub_.policy();
  const auto counted = std::make_shared<Gathering<std::string>>(hub_.key.shard_count());
  const bool posted = workers_.post_extensions([counted, policy](meter::ShardFold& fold, ShardExtension&) {
    std::vector<std::string> applying;
    for (const auto meter : fold.meters().ordered())
      for (const alert::Timeline& timeline : policy->timelines())
        if (policy->applies(timeline, fold.meters().id(meter))) applying.push_back(timeline.newest().name);
    counted->give(std::move(applying));
  });
  const auto applying = posted ? counted->wait() : std::nullopt;
  std::vector<http::RuleVersion> list;
  for (const alert::Rule& rule : versions) {
    http::RuleVersion version{rule, to_toml(rule), is_current(versions, rule, clock_.wall_ms()), 0, 0};
    const auto same = [&](const std::string& name) { return name == rule.name; };
    if (version.current && applying)
      version.meters = static_cast<std::uint64_t>(std::count_if(applying->begin(), applying->end(), same));
    if (version.current)
      version.firing = static_cast<std::uint64_t>(
          std::count_if(firing->begin(), firing->end(), [&](const Alert& alert) { return same(alert.rule); }));
    list.push_back(std::move(version));
  }
  return list;
}

Result<std::vector<alert::Profile>> AlertService::profiles() {
  return hub_.policy()->parts().profiles;
}

Result<http::Applied> AlertService::apply(const alert::Documents& documents) {
  const std::lock_guard lock(mutex_);
  Catalog next = catalog_;
  CatalogChange change = add_versions(next, documents);
  http::Applied applied{std::move(change.created), std::move(change.unchanged)};
  if (applied.created.empty()) return applied;
  cluster::Catalog all = documents_;
  std::vector<persistence::OwnedOp> operations;
  for (const cluster::Document& document : change.documents) {
    if (auto room = all.room_to_publish(document); !room) return tl::unexpected(room.error());
    if (auto added = all.add(document); !added) return tl::unexpected(added.error());
    operations.push_back(put_document(document));
  }
  if (auto installed = install(std::move(next), operations); !installed) return tl::unexpected(installed.error());
  documents_ = std::move(all);
  const std::lock_guard port(port_mutex_);
  std::move(change.documents.begin(), change.documents.end(), std::back_inserter(published_));
  return applied;
}

Result<http::RuleTrial> AlertService::try_rule(const alert::Rule& rule, std::string_view meter, std::int64_t from_ms,
                                               std::int64_t to_ms) {
  alert::Rule tried = rule;
  tried.effective_ms = from_ms;
  tried.disabled = false;
  const auto policy =
      std::make_shared<const alert::Policy>(alert::Policy::Parts{{tried}, hub_.policy()->parts().profiles, {}, {}});
  const auto meters = std::make_shared<std::atomic<std::uint64_t>>(0);
  const auto gathering = std::make_shared<Gathering<Alert>>(hub_.key.shard_count());
  const std::int64_t now_ms = clock_.wall_ms();
  const bool posted =
      workers_.post_extensions([=, this, pattern = std::string(meter)](meter::ShardFold& fold, ShardExtension&) {
        std::vector<Alert> found;
        auto snapshot = disk_.read();
        if (snapshot) bring_back_matching(fold, **snapshot, hub_.key, pattern);
        for (const auto index : fold.meters().ordered()) {
          const std::string id(fold.meters().id(index));
          const auto segments = policy->segments(policy->timelines().front(), id);
          if (!snapshot || segments.empty() || !alert::matches_pattern(pattern, id)) continue;
          if (meters->fetch_add(1) >= kTrialMetersMax) break;
          ResidentHistory history(fold, index, **snapshot);
          auto verdict = alert::evaluate(segments, id, history, {from_ms, to_ms}, {}, std::min(now_ms, to_ms));
          if (!verdict) continue;
          std::move(verdict->alerts.begin(), verdict->alerts.end(), std::back_inserter(found));
        }
        gathering->give(std::move(found));
      });
  auto found = posted ? gathering->wait() : std::nullopt;
  if (!found) return workers_are_busy();
  http::RuleTrial trial{rule.name, std::move(*found), std::min<std::uint64_t>(*meters, kTrialMetersMax),
                        *meters <= kTrialMetersMax};
  std::sort(trial.alerts.begin(), trial.alerts.end(), [](const Alert& a, const Alert& b) {
    return std::tie(a.onset_ms, a.meter, a.phase) < std::tie(b.onset_ms, b.meter, b.phase);
  });
  return trial;
}

Result<std::vector<http::ActorRow>> AlertService::actors(std::string_view path, std::size_t depth) {
  const bool root = path.empty() || path == "/";
  std::vector<http::ActorRow> rows;
  if (root) rows.push_back({"/", "running", 0, 0, 0, {}, 2});
  if (root && depth == 0) return rows;
  const std::size_t below = root ? depth - 1 : depth;
  if (root || path.starts_with("/alerts")) {
    SinkActors ask;
    {
      const std::lock_guard lock(mutex_);
      ask = sink_actors_;
    }
    auto sinks = ask ? ask(root ? "/alerts" : path, below) : std::vector<http::ActorRow>{};
    if (!root && sinks.empty())
      return fail(ErrorCode::not_found, "no actor \"" + std::string(path) + "\"", "see: wattringctl actors");
    std::move(sinks.begin(), sinks.end(), std::back_inserter(rows));
  }
  if (root || !path.starts_with("/alerts")) {
    auto shards = workers_.actors(root ? "/shards" : path, below);
    if (!shards) return shards;
    std::move(shards->begin(), shards->end(), std::back_inserter(rows));
  }
  return rows;
}

void AlertService::show_sinks(SinkActors sinks) {
  const std::lock_guard lock(mutex_);
  sink_actors_ = std::move(sinks);
}

Result<void> AlertService::resume_actor(std::string_view path) {
  const auto parsed = ActorPath::parse(path, hub_.key.shard_count());
  if (!parsed) return tl::unexpected(parsed.error());
  if (!parsed->shard || !parsed->meter.empty())
    return fail(ErrorCode::invalid_argument, "\"" + std::string(path) + "\" is no shard",
                "only a shard stops folding: /shards/<number>");
  return workers_.resume(*parsed->shard);
}

Result<std::vector<http::QuarantineRow>> AlertService::quarantine() {
  return workers_.quarantine_list();
}

Result<void> AlertService::release(std::string_view id) {
  return workers_.release(id);
}

Result<void> AlertService::drop(std::string_view id) {
  return workers_.drop(id);
}

Result<void> AlertService::announce(std::string_view meter) {
  if (!gateway::valid_meter_id(meter))
    return fail(ErrorCode::invalid_argument, "\"" + std::string(meter.substr(0, 80)) + "\" is no meter id",
                "1 to 64 bytes of UTF-8 without control characters");
  gateway::Batch batch;
  batch.meter(meter);
  batch.add_text(kAnnounced, clock_.wall_ms(), "announced");
  const auto done = std::make_shared<std::promise<gateway::IngestReply>>();
  auto replied = done->get_future();
  ingest_.submit(std::move(batch), [done](gateway::IngestReply&& reply) { done->set_value(std::move(reply)); });
  const auto reply = wait_for(replied);
  if (!reply || reply->stored == 0)
    return fail(ErrorCode::busy, "the announcement was not stored", "try again in a moment");
  return {};
}

}  // namespace wattring::app
