// SPDX-License-Identifier: Apache-2.0
#include "node/app/ingest_pipeline.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "node/app/batch_limits.hpp"
#include "node/app/entry_encoder.hpp"
#include "node/gateway/write_token.hpp"
#include "persistence/record.hpp"

namespace wattring::app {
namespace {

using gateway::AckClass;
using gateway::IngestReply;
using gateway::Reason;

constexpr std::uint32_t kRetryBusyMs = 100;
constexpr std::uint32_t kRetryCopiesMs = 1000;
constexpr std::uint32_t kRetryDiskMs = 5000;
/// A batch is charged at least this, so that queues are bounded in tasks too.
constexpr std::uint64_t kChargeBytesMin = 4096;

std::string why_closed(const Admission& admission) {
  if (!admission.knows_ring)
    return "this node does not know yet which nodes keep the readings; readings were turned away";
  return std::to_string(admission.reachable) + " of " + std::to_string(admission.members) +
         " nodes can be reached, and each reading must be on " + std::to_string(admission.acks) +
         "; readings were turned away";
}

AckClass ack_of(WriteOutcome::Class worst) {
  switch (worst) {
    case WriteOutcome::Class::single:
      return AckClass::single;
    case WriteOutcome::Class::held:
      return AckClass::held;
    case WriteOutcome::Class::durable:
      return AckClass::durable;
    case WriteOutcome::Class::unknown:
      break;
  }
  return AckClass::none;
}

/// Facts of the batch in these shards; both are in the order of the shards.
std::uint64_t facts_of(const CutBatch& cut, const std::vector<ShardId>& shards) {
  std::uint64_t facts = 0;
  auto slice = cut.slices.begin();
  for (const ShardId shard : shards) {
    slice = std::find_if(slice, cut.slices.end(), [&](const CutBatch::Slice& one) { return one.shard == shard; });
    if (slice == cut.slices.end()) break;
    for (std::uint32_t i = slice->first; i < slice->first + slice->count; ++i)
      facts += cut.batch.runs()[cut.order[i]].fact_count;
  }
  return facts;
}

/// Names what is acknowledged.
gateway::WriteToken token_of(const CutBatch& cut, const WriteOutcome& outcome) {
  gateway::WriteToken token{cut.writer, outcome.worst != WriteOutcome::Class::held, false, {}};
  token.entries.reserve(cut.slices.size());
  for (const CutBatch::Slice& slice : cut.slices)
    if (!std::ranges::binary_search(outcome.unknown, slice.shard) &&
        !std::ranges::binary_search(outcome.refused, slice.shard))
      token.entries.push_back({slice.shard, slice.sequence});
  return token;
}

}  // namespace

IngestPipeline::IngestPipeline(Options options, const sharding::ShardKey& key, WriterId writer, WriteDoor& door,
                               const ShardWorkers& workers, const Clock& clock, Metrics& metrics)
    : options_(options),
      key_(key),
      door_(door),
      workers_(workers),
      clock_(clock),
      budget_(options.in_flight_bytes_max),
      stored_(metrics.counter("wattring_readings_total", "Readings by outcome", R"(result="acked")")),
      unknown_(metrics.counter("wattring_readings_total", "Readings by outcome", R"(result="unknown")")),
      batches_(metrics.counter("wattring_batches_total", "Batches that are kept")),
      ack_latency_(metrics.histogram("wattring_ack_latency_seconds", "From a decoded batch to its acknowledgement")),
      writer_(writer),
      streams_(key.shard_count()) {
  for (int reason = 1; reason <= gateway::kReasonCount; ++reason) {
    const std::string label = "reason=\"" + std::string(to_string(static_cast<Reason>(reason))) + "\"";
    refused_[static_cast<std::size_t>(reason)] =
        &metrics.counter("wattring_rejected_total", "Readings refused, by reason", label);
  }
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

void IngestPipeline::turn_away(std::uint64_t facts, gateway::Refusals&& refusals, Refusing refusing,
                               const ReplyFunction& reply) {
  refused_[static_cast<std::size_t>(refusing.reason)]->add(facts);
  IngestReply answer;
  answer.refusals = std::move(refusals);
  answer.turned_away = refusing.reason;
  answer.retry_after_ms = refusing.retry_after_ms;
  answer.why = std::move(refusing.why);
  reply(std::move(answer));
}

/// Before anything of the batch is written: why nothing of it would be acknowledged now.
std::optional<IngestPipeline::Refusing> IngestPipeline::closed_now(const gateway::Batch& batch) const {
  if (batch.facts().empty()) return std::nullopt;
  const Admission admission = door_.admission();
  if (admission.disk_reserve) return Refusing{Reason::disk_reserve, kRetryDiskMs, {}};
  if (!admission.can_write) return Refusing{Reason::busy, kRetryCopiesMs, why_closed(admission)};
  if (closed_ || workers_.unsealed_full()) return Refusing{Reason::busy, kRetryBusyMs, {}};
  return std::nullopt;
}

void IngestPipeline::submit(gateway::Batch&& batch, ReplyFunction reply) {
  refuse_expired(batch, key_, workers_.watermarks());
  if (batch.facts().empty()) {
    count_refusals(batch.refusals);
    IngestReply answer;
    answer.refusals = std::move(batch.refusals);
    reply(std::move(answer));
    return;
  }
  const std::uint64_t facts = batch.facts().size();
  if (auto refusing = closed_now(batch))
    return turn_away(facts, std::move(batch.refusals), std::move(*refusing), reply);
  const std::uint64_t charge = std::max<std::uint64_t>(batch.memory_bytes(), kChargeBytesMin);
  if (!budget_.try_take(charge))
    return turn_away(facts, std::move(batch.refusals), {Reason::busy, kRetryBusyMs, {}}, reply);

  // Shared, because what is not handed on is answered here.
  const auto waiting =
      std::make_shared<Waiting>(Waiting{std::move(batch.refusals), clock_.monotonic_ns(), std::move(reply)});
  const auto cut = std::make_shared<CutBatch>(std::move(batch), key_);
  cut->budget = &budget_;
  cut->budget_bytes = charge;
  const bool handed_on = hand_on(
      cut, clock_.wall_ms(), [this, cut, waiting](const WriteOutcome& outcome) { answer(*cut, outcome, *waiting); });
  if (!handed_on) turn_away(facts, std::move(waiting->refusals), {Reason::busy, kRetryBusyMs, {}}, waiting->reply);
}

bool IngestPipeline::hand_on(const std::shared_ptr<CutBatch>& cut, std::int64_t received_at_ms,
                             WriteDoor::OnDone done) {
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
  auto pack = std::make_shared<const std::string>(builder.finish());
  cut->record_bytes = pack->size();
  if (!door_.write(std::move(pack), cut, std::move(done))) return false;  // the sequences were not used
  for (std::size_t i = 0; i < cut->slices.size(); ++i)
    streams_[cut->slices[i].shard.value] = {cut->slices[i].sequence.value, chains[i]};
  return true;
}

void IngestPipeline::answer(const CutBatch& cut, const WriteOutcome& outcome, Waiting& waiting) {
  IngestReply answer;
  const std::uint64_t facts = cut.batch.facts().size();
  const std::uint64_t refused = facts_of(cut, outcome.refused);
  if (refused == facts)
    return turn_away(facts, std::move(waiting.refusals), {Reason::disk_reserve, kRetryDiskMs, {}}, waiting.reply);
  answer.refusals = std::move(waiting.refusals);
  for (std::uint64_t i = 0; i < refused; ++i) answer.refusals.add(0, Reason::disk_reserve, {});
  count_refusals(answer.refusals);
  answer.unknown_total = outcome.failed ? facts : facts_of(cut, outcome.unknown);
  unknown_.add(answer.unknown_total);
  answer.stored = facts - refused - answer.unknown_total;
  if (answer.stored != 0) {
    stored_.add(answer.stored);
    batches_.add();
    ack_latency_.record_ns(static_cast<std::uint64_t>(clock_.monotonic_ns() - waiting.started_ns));
    answer.ack = ack_of(outcome.worst);
    answer.copies = static_cast<int>(outcome.copies);
    answer.token = encode(token_of(cut, outcome));
  }
  waiting.reply(std::move(answer));
}

}  // namespace wattring::app
