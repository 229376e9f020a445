// SPDX-License-Identifier: Apache-2.0
#include "node/app/backup_desk.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "node/alert/alert.hpp"
#include "node/meter/transfer_row.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

constexpr std::chrono::seconds kSureWait{2};
constexpr std::chrono::seconds kSealWait{20};
constexpr std::chrono::milliseconds kRowsPatience{20'000};
constexpr std::int64_t kSessionIdleNs = 60'000'000'000;
constexpr std::int64_t kRateWaitNs = 2'000'000'000;

Failure cannot_give(std::string what, std::string hint) {
  return fail(ErrorCode::busy, std::move(what), std::move(hint));
}

Failure no_such_row(std::string what) {
  return fail(ErrorCode::invalid_argument, std::move(what), "send what wattringctl backup restore sends");
}

/// The meter whose shard the row belongs to; an alert's is in its payload.
Result<std::string> meter_of_row(const meter::TransferItem& item) {
  if (const auto* snapshot = std::get_if<meter::TransferSnapshot>(&item)) return std::string(snapshot->meter);
  if (const auto* day = std::get_if<meter::TransferIntervals>(&item)) {
    const auto key = persistence::parse_interval_key(day->key);
    if (!key) return Failure(key.error());
    return std::string(key->meter_id);
  }
  if (const auto* limit = std::get_if<meter::TransferLimit>(&item)) {
    const auto* erasure = std::get_if<meter::Erasure>(&limit->limit);
    return erasure != nullptr ? Result<std::string>(erasure->meter)
                              : no_such_row("how long readings stay is not restored");
  }
  if (const auto* alert = std::get_if<meter::TransferAlert>(&item)) {
    const auto decoded = alert::decode_alert(alert->payload);
    if (!decoded || decoded->id != alert->id) return no_such_row("an alert that is none");
    return decoded->meter;
  }
  return no_such_row("readings and texts are restored as readings");
}

alert::Event event_told(alert::State state) {
  if (state == alert::State::firing) return alert::Event::firing;
  return state == alert::State::resolved ? alert::Event::resolved : alert::Event::retracted;
}

}  // namespace

BackupDesk::BackupDesk(Options options, const Doors& doors)
    : options_(std::move(options)),
      doors_(doors),
      rows_(options_.rows_writer, doors.replication),
      decisions_(options_.decisions_writer, doors.replication) {}

void BackupDesk::forget_idle() {
  const std::int64_t now_ns = doors_.clock.monotonic_ns();
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& one) { return now_ns - one.second.used_ns > kSessionIdleNs; });
}

Result<std::shared_ptr<BackupDesk::Session>> BackupDesk::session_of(const Wanted& wanted) {
  const Key key{wanted.shard.value, wanted.session};
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(key);
  if (found != open_.end()) {
    found->second.used_ns = doors_.clock.monotonic_ns();
    return found->second.session;
  }
  if (wanted.part != 1)
    return fail(ErrorCode::not_found,
                "nobody is reading shard " + std::to_string(wanted.shard.value) +
                    " under this "
                    "number (any more)",
                "begin it anew, from part 1");
  if (open_.size() >= kSessionsMax)
    return cannot_give(std::to_string(kSessionsMax) + " shards are being read already", "ask again in a while");
  auto session = std::make_shared<Session>();
  open_[key] = {session, doors_.clock.monotonic_ns()};
  return session;
}

Result<void> BackupDesk::begin(ShardId shard, Session& session) {
  const auto routes = doors_.replication.routes();
  if (routes->ring == nullptr) return cannot_give("this node does not know the ring yet", "ask another node");
  const auto owners = routes->ring->owners(shard);
  if (shard.value >= doors_.key.shard_count() || std::ranges::find(owners, options_.self) == owners.end())
    return cannot_give("this node does not own shard " + std::to_string(shard.value), "ask one that does");
  session.taken_ms = doors_.clock.wall_ms();
  auto exchange = doors_.replication.exchange(shard, false);
  session.complete = exchange.wait_for(kSureWait) == std::future_status::ready && exchange.get().complete;
  using Snapshot = Result<std::unique_ptr<persistence::ReadTransaction>>;
  const auto given = std::make_shared<std::promise<Snapshot>>();
  auto sealed = given->get_future();
  const bool asked =
      doors_.workers.post_export(shard, [given](Snapshot snapshot) { given->set_value(std::move(snapshot)); });
  if (!asked || sealed.wait_for(kSealWait) != std::future_status::ready)
    return cannot_give("shard " + std::to_string(shard.value) + " cannot be sealed now", "ask again, or another owner");
  auto snapshot = sealed.get();
  if (!snapshot) return Failure(snapshot.error());
  auto source = meter::ShardExport::open(std::move(*snapshot), shard);
  if (!source) return Failure(source.error());
  session.source = std::make_unique<meter::ShardExport>(std::move(*source));
  return {};
}

/// What was sent is paid for by the pause after it.
Result<void> BackupDesk::wait_for_turn(std::size_t bytes) {
  std::int64_t wait_ns = 0;
  {
    const std::int64_t now_ns = doors_.clock.monotonic_ns();
    const std::lock_guard lock(mutex_);
    wait_ns = std::max<std::int64_t>(0, may_send_ns_ - now_ns);
    if (wait_ns > kRateWaitNs)
      return cannot_give("shards are given away no faster than allowed", "ask again in a while");
    const double cost_ns = static_cast<double>(bytes) * 1e9 / static_cast<double>(options_.bytes_per_second);
    may_send_ns_ = std::max(may_send_ns_, now_ns) + static_cast<std::int64_t>(cost_ns);
  }
  std::this_thread::sleep_for(std::chrono::nanoseconds(wait_ns));
  return {};
}

Result<backup::PartMessage> BackupDesk::give(const Wanted& wanted) {
  auto session = session_of(wanted);
  if (!session) return Failure(session.error());
  const auto forget = [&] {
    const std::lock_guard lock(mutex_);
    open_.erase({wanted.shard.value, wanted.session});
  };
  const std::lock_guard lock((*session)->mutex);
  if ((*session)->source == nullptr) {
    if (auto begun = begin(wanted.shard, **session); !begun) {
      forget();
      return Failure(begun.error());
    }
  }
  auto part = (*session)->source->part(wanted.part);
  if (!part) {
    forget();
    return Failure(part.error());
  }
  if (auto turn = wait_for_turn(*part ? (*part)->size() : 0); !turn) return Failure(turn.error());
  backup::PartMessage message{!*part, (*session)->complete, (*session)->taken_ms, {}, {}};
  if (*part) message.part = std::move(**part);
  if (message.last) {
    // Whoever does not get it begins anew.
    message.claim = (*session)->source->claim();
    forget();
  }
  return message;
}

Result<std::size_t> BackupDesk::restore_rows(std::string_view part) {
  const auto rows = meter::read_transfer_part(part);
  if (!rows) return no_such_row(rows.error().message);
  std::map<ShardId, meter::TransferPartWriter> of_shard;
  DecisionWriter::OfShard told;
  std::map<ShardId, std::vector<meter::Limit>> limits;
  for (const meter::TransferRow& row : *rows) {
    const auto item = meter::decode_transfer_row(row);
    if (!item) return no_such_row(item.error().message);
    const auto meter = meter_of_row(*item);
    if (!meter) return no_such_row(meter.error().message);
    const ShardId shard = doors_.key.shard_of(*meter);
    if (const auto* limit = std::get_if<meter::TransferLimit>(&*item)) {
      limits[shard].push_back(limit->limit);
      continue;
    }
    of_shard[shard].add(row);
    const auto* about = std::get_if<meter::TransferAlert>(&*item);
    if (about == nullptr) continue;
    const auto alert = alert::decode_alert(about->payload);
    for (const std::string& sink : options_.sinks)
      told[shard].push_back(
          alert::ToldMark{alert->id, doors_.clock.wall_ms(), event_told(alert->state), sink, alert->revision, {}});
  }
  // First what keeps it from being told.
  if (auto decided = decisions_.write(told, kRowsPatience); !decided) return Failure(decided.error());
  EntryWriter::OfShard entries;
  for (const auto& [shard, some] : limits) entries[shard] = meter::encode_limits(some);
  if (auto written = rows_.write(meter::kLimitEntryFormat, entries, kRowsPatience, "what was erased"); !written)
    return Failure(written.error());
  entries.clear();
  for (auto& [shard, writer] : of_shard) entries[shard] = writer.finish();
  if (auto written = rows_.write(meter::kRestoredRowsFormat, entries, kRowsPatience, "what a backup brings"); !written)
    return Failure(written.error());
  return rows->size();
}

}  // namespace wattring::app
