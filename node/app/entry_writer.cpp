// SPDX-License-Identifier: Apache-2.0
#include "node/app/entry_writer.hpp"

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "persistence/record.hpp"

namespace wattring::app {
namespace {

Failure nobody_keeps(const char* what) {
  return fail(ErrorCode::busy, std::string("too few nodes keep ") + what,
              "ask again; wattringctl status shows which nodes are away");
}

}  // namespace

std::vector<gateway::WriteToken::Entry> EntryWriter::hand_on(std::uint8_t format, const OfShard& entries,
                                                             WriteDoor::OnDone done) {
  const std::lock_guard lock(mutex_);
  persistence::RecordBuilder builder(writer_);
  std::vector<std::pair<ShardId, Stream>> drawn;
  for (const auto& [shard, payload] : entries) {
    Stream& stream = streams_[shard];
    const std::uint64_t sequence = stream.sequence + 1;
    builder.begin_entry(shard, Sequence{sequence}, format, stream.chain) += payload;
    drawn.push_back({shard, {sequence, builder.end_entry()}});
  }
  if (!door_.write(std::make_shared<const std::string>(builder.finish()), nullptr, std::move(done))) return {};
  std::vector<gateway::WriteToken::Entry> names;
  for (const auto& [shard, stream] : drawn) {
    streams_[shard] = stream;
    names.push_back({shard, Sequence{stream.sequence}});
  }
  return names;
}

std::optional<EntryWriter::Written> EntryWriter::try_write(std::uint8_t format, const OfShard& entries,
                                                           std::chrono::milliseconds patience) {
  const auto answer = std::make_shared<std::promise<WriteOutcome>>();
  auto answered = answer->get_future();
  auto names = hand_on(format, entries, [answer](const WriteOutcome& outcome) { answer->set_value(outcome); });
  if (names.empty() || answered.wait_for(patience) != std::future_status::ready) return std::nullopt;
  WriteOutcome outcome = answered.get();
  gateway::WriteToken token{writer_, outcome.worst != WriteOutcome::Class::held, false, std::move(names)};
  return Written{std::move(outcome), std::move(token)};
}

Result<void> EntryWriter::write(std::uint8_t format, const OfShard& entries, std::chrono::milliseconds patience,
                                const char* what) {
  if (entries.empty()) return {};
  const auto written = try_write(format, entries, patience);
  if (!written || !written->is_kept()) return nobody_keeps(what);
  return {};
}

}  // namespace wattring::app
