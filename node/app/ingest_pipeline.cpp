// SPDX-License-Identifier: Apache-2.0
#include "node/app/ingest_pipeline.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "node/app/entry_encoder.hpp"
#include "persistence/record.hpp"

namespace wattring::app {
namespace {

using gateway::AckClass;
using gateway::IngestReply;
using gateway::Reason;
using persistence::CommitStatus;

constexpr std::uint32_t kRetryBusyMs = 100;
constexpr std::uint32_t kRetryDiskMs = 5000;
/// A batch is charged at least this, so that queues are bounded in tasks too.
constexpr std::uint64_t kChargeBytesMin = 4096;

}  // namespace

IngestPipeline::IngestPipeline(Options options, const sharding::ShardKey& key, WriterId writer,
                               persistence::JournalWriter& journal, ShardWorkers& workers, const Clock& clock,
                               Metrics& metrics, std::function<void()> on_unknown)
    : options_(options),
      key_(key),
      journal_(journal),
      workers_(workers),
      clock_(clock),
      on_unknown_(std::move(on_unknown)),
      budget_(options.in_flight_bytes_max),
      stored_(metrics.counter("wattring_readings_total", "Readings by outcome", R"(result="acked")")),
      unknown_(metrics.counter("wattring_readings_total", "Readings by outcome", R"(result="unknown")")),
      batches_(metrics.counter("wattring_batches_total", "Batches that reached the journal")),
      ack_latency_(metrics.histogram("wattring_ack_latency_seconds", "From a decoded batch to its acknowledgement")),
      writer_(writer),
      streams_(key.shard_count()) {
  for (int reason = 1; reason <= gateway::kReasonCount; ++reason) {
    const std::string label = "reason=\"" + std::string(to_string(static_cast<Reason>(reason))) + "\"";
    refused_[static_cast<std::size_t>(reason)] =
        &metrics.counter("wattring_rejected_total", "Readings refused, by reason", label);
  }
  last_lsn_ = options.last_lsn.value;
  metrics.gauge_function("wattring_ingest_in_flight_bytes", "Bytes of batches between admission and fold",
                         [this] { return static_cast<double>(budget_.used()); });
}

gateway::AcceptWindow IngestPipeline::accept_window() const {
  const std::int64_t now_ms = clock_.wall_ms();
  return {now_ms - options_.accept_past_ms, now_ms + options_.accept_future_ms};
}

std::uint64_t IngestPipeline::refused_total() const {
  std::uint64_t sum = 0;
  for (const Counter* counter : refused_)
    if (counter != nullptr) sum += counter->value();
  return sum;
}

void IngestPipeline::count_refusals(const gateway::Refusals& refusals) {
  if (refusals.total() == 0) return;
  for (int reason = 1; reason <= gateway::kReasonCount; ++reason)
    refused_[static_cast<std::size_t>(reason)]->add(refusals.count(static_cast<Reason>(reason)));
}

void IngestPipeline::turn_away(gateway::Batch&& batch, Reason reason, std::uint32_t retry_after_ms,
                               ReplyFunction& reply) {
  refused_[static_cast<std::size_t>(reason)]->add(batch.facts().size());
  IngestReply answer;
  answer.refusals = std::move(batch.refusals);
  answer.turned_away = reason;
  answer.retry_after_ms = retry_after_ms;
  reply(std::move(answer));
}

void IngestPipeline::submit(gateway::Batch&& batch, ReplyFunction reply) {
  if (batch.facts().empty()) {
    count_refusals(batch.refusals);
    IngestReply answer;
    answer.refusals = std::move(batch.refusals);
    reply(std::move(answer));
    return;
  }
  if (journal_.reserve_reached()) return turn_away(std::move(batch), Reason::disk_reserve, kRetryDiskMs, reply);
  const std::uint64_t charge = std::max<std::uint64_t>(batch.memory_bytes(), kChargeBytesMin);
  if (closed_ || workers_.unsealed_full() || !budget_.try_take(charge))
    return turn_away(std::move(batch), Reason::busy, kRetryBusyMs, reply);

  const std::int64_t started_ns = clock_.monotonic_ns();
  const auto cut = std::make_shared<CutBatch>(std::move(batch), key_);
  cut->budget = &budget_;
  cut->budget_bytes = charge;
  // Shared, because a refused append gives the function back by not having called it.
  const auto shared_reply = std::make_shared<ReplyFunction>(std::move(reply));
  const auto appended =
      append(cut, clock_.wall_ms(), [this, cut, started_ns, shared_reply](const persistence::Appended& outcome) {
        answer(cut, outcome, started_ns, *shared_reply);
      });
  if (appended) return;
  const bool full_disk = appended.error().code == ErrorCode::no_space;
  turn_away(std::move(cut->batch), full_disk ? Reason::disk_reserve : Reason::busy,
            full_disk ? kRetryDiskMs : kRetryBusyMs, *shared_reply);
}

Result<void> IngestPipeline::append(const std::shared_ptr<CutBatch>& cut, std::int64_t received_at_ms,
                                    std::function<void(const persistence::Appended&)> done) {
  EntryEncoder encoder(*cut, received_at_ms);
  persistence::RecordBuilder builder(writer_, encoder.bytes_estimate());
  std::vector<std::uint64_t> chains;
  chains.reserve(cut->slices.size());
  cut->writer = writer_;

  const std::lock_guard lock(streams_mutex_);
  for (CutBatch::Slice& slice : cut->slices) {
    const Stream& stream = streams_[slice.shard.value];
    slice.sequence = Sequence{stream.sequence + 1};
    encoder.append_payload(slice,
                           builder.begin_entry(slice.shard, slice.sequence, EntryEncoder::kFormat, stream.chain));
    chains.push_back(builder.end_entry());
  }
  std::string record = builder.finish();
  cut->record_bytes = record.size();
  auto queued = journal_.append(std::move(record), std::move(done));
  if (!queued) return queued;  // the sequences were not used
  for (std::size_t i = 0; i < cut->slices.size(); ++i)
    streams_[cut->slices[i].shard.value] = {cut->slices[i].sequence.value, chains[i]};
  return {};
}

void IngestPipeline::answer(const std::shared_ptr<CutBatch>& cut, const persistence::Appended& appended,
                            std::int64_t started_ns, ReplyFunction& reply) {
  IngestReply answer;
  const std::uint64_t facts = cut->batch.facts().size();
  if (appended.status == CommitStatus::refused)
    return turn_away(std::move(cut->batch), Reason::disk_reserve, kRetryDiskMs, reply);
  count_refusals(cut->batch.refusals);
  answer.refusals = std::move(cut->batch.refusals);
  if (appended.status == CommitStatus::unknown) {
    unknown_.add(facts);
    answer.unknown_total = facts;
    reply(std::move(answer));
    on_unknown_();
    return;
  }
  cut->lsn = appended.lsn;
  cut->committed_ns = clock_.monotonic_ns();
  last_lsn_.store(appended.lsn.value, std::memory_order_relaxed);
  workers_.dispatch(cut);
  stored_.add(facts);
  batches_.add();
  ack_latency_.record_ns(static_cast<std::uint64_t>(cut->committed_ns - started_ns));
  answer.stored = facts;
  answer.ack = AckClass::single;
  answer.copies = 1;
  answer.token = "1." + to_hex(writer_.bytes).substr(0, 16) + "." + std::to_string(appended.lsn.value);
  reply(std::move(answer));
}

}  // namespace wattring::app
