// SPDX-License-Identifier: Apache-2.0
#include "node/http/backup_api.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/json_writer.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "node/http/answers.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"
#include "node/meter/reading_entry.hpp"

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 2> kPartParams{"session", "part"};
/// An entry's registers are numbered with 16 bits.
constexpr std::size_t kEntryRegistersMax = 4096;
constexpr std::int64_t kYear2200Ms = 7'258'118'400'000;

std::optional<std::uint64_t> number_in(std::optional<std::string_view> text, int base) {
  if (!text || text->empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value, base);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

Failure refused_entry(const char* what) {
  return fail(ErrorCode::invalid_argument, std::string("entry of readings: ") + what,
              "send what wattringctl backup restore sends");
}

bool is_sound(const Fact& fact) {
  return fact.start_ms >= 0 && fact.start_ms <= fact.end_ms && fact.end_ms < kYear2200Ms;
}

}  // namespace

Response BackupApi::part(const Request& request, std::string_view shard) const {
  if (door_ == nullptr) return retry_response({"UNAVAILABLE", "this node gives no shards", ""}, 1'000);
  const auto params = Params::parse(request.query, kPartParams);
  if (!params) return respond_to(params.error());
  const auto id = number_in(shard, 10);
  const auto session = number_in(params->get("session"), 16);
  const auto part = number_in(params->get("part"), 10);
  if (!id || *id >= kShardsMax || !session || !part || *part == 0)
    return bad_request("a part of a shard is asked for with its number, a session and the part's number",
                       "GET /api/v1/backup/shards/12?session=HEX&part=1");
  const auto given = door_->give({ShardId{static_cast<std::uint16_t>(*id)}, *session, *part});
  if (!given) return respond_to(given.error());
  Response response;
  response.content_type = "application/octet-stream";
  response.body = backup::encode(*given);
  return response;
}

Response BackupApi::rows(const Request& request) const {
  if (door_ == nullptr) return retry_response({"UNAVAILABLE", "this node takes no shards", ""}, 1'000);
  const auto rows = door_->restore_rows(request.body);
  if (!rows) return respond_to(rows.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.restore-rows/1").key("rows").count(*rows).end_object();
  response.body.push_back('\n');
  return response;
}

Result<gateway::Batch> batch_of_entry(std::string_view payload) {
  const auto entry = meter::decode_entry(payload);
  if (!entry) return refused_entry("malformed");
  if (entry->facts.size() > kBatchReadingsMax) return refused_entry("more readings than a batch may have");
  std::set<Register> registers;
  for (const Fact& fact : entry->facts) {
    if (!is_sound(fact)) return refused_entry("a reading of no time that a node takes");
    registers.insert(fact.reg);
    if (registers.size() > kEntryRegistersMax) return refused_entry("too many registers");
  }
  gateway::Batch batch;
  batch.reserve(entry->facts.size(), entry->runs.size());
  for (const std::string_view text : entry->texts) {
    if (text.size() > kTextBytesMax) return refused_entry("a text that is too long");
    batch.know_text(text);
  }
  for (const meter::EntryRuns::Run& run : entry->runs) {
    if (!gateway::valid_meter_id(run.id)) return refused_entry("a meter id that no node takes");
    batch.meter(run.id);
    for (const Fact& fact : entry->facts_of(run)) batch.add(fact);
  }
  return batch;
}

}  // namespace wattring::http
