// SPDX-License-Identifier: Apache-2.0
#include "node/http/ingest_api.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.hpp"
#include "node/gateway/equipment_memory.hpp"
#include "node/gateway/gunzip.hpp"
#include "node/gateway/json_readings.hpp"
#include "node/gateway/line_protocol.hpp"
#include "node/gateway/p1_mapping.hpp"
#include "node/http/answers.hpp"
#include "node/http/backup_api.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"
#include "node/http/slices.hpp"

namespace wattring::http {
namespace {

constexpr std::size_t kSampleBytes = 4096;  ///< of a body, to judge how many lines it has
constexpr std::array<std::string_view, 2> kTelegramParams{"meter", "zone"};
/// Of both Influx APIs. Where there is nothing to choose, what a client says is accepted.
constexpr std::array<std::string_view, 9> kInfluxParams{"precision",   "db",  "rp",    "u",     "p",
                                                        "consistency", "org", "orgID", "bucket"};

std::uint32_t lines_in(std::string_view text) {
  std::uint32_t lines = 0;
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) ++lines;
  return lines;
}

/// About how many lines the text has, judged by its beginning.
std::size_t estimate_lines(std::string_view text) {
  const std::size_t in_sample = lines_in(text.substr(0, kSampleBytes)) + 1;
  const std::size_t lines = text.size() / kSampleBytes * in_sample + in_sample;
  return std::min(lines, kBatchReadingsMax);
}

}  // namespace

std::optional<Response> IngestApi::unpack(Request& request, BodyBudget::Share& share) {
  const std::string& coding = request.content_encoding;
  if (coding.empty() || coding == "identity") return std::nullopt;
  if (coding != "gzip" && coding != "x-gzip" && coding != "deflate")
    return error_response(415, {"UNSUPPORTED_ENCODING",
                                "Content-Encoding \"" + coding.substr(0, 40) + "\" is not accepted", "accepted: gzip"});
  // Most bodies shrink to a tenth; what may be a bomb is given its room only when that was not enough.
  const std::size_t likely = std::min(options_.unpacked_bytes_max, request.body.size() * 24 + (64U << 10U));
  std::string plain;
  std::optional<gateway::Reason> fault;
  for (const std::size_t limit : {likely, options_.unpacked_bytes_max}) {
    if (!share.grow_to(limit))
      return retry_response(
          {"BUSY", "too many request bodies are in memory", "send it again; nothing of it was stored"}, 1000);
    fault = gateway::gunzip(request.body, limit, plain);
    if (fault != gateway::Reason::too_large) break;
  }
  if (fault == gateway::Reason::too_large)
    return error_response(
        413,
        {"TOO_LARGE", "unpacked, the body is larger than " + std::to_string(options_.unpacked_bytes_max) + " bytes",
         "send it in parts"});
  if (fault)
    return error_response(400, {"BAD_FRAME", "the gzip body is damaged or cut off", "nothing of it was stored"});
  share.shrink_to(plain.size());
  request.body = std::move(plain);
  return std::nullopt;
}

Response IngestApi::run(Request& request, const Decode& decode, Render render) {
  BodyBudget::Share unpacked(budget_);
  if (auto refusal = unpack(request, unpacked)) return std::move(*refusal);
  Submission submission(door_, clock_, options_.wait_ms, cancelled_);
  decode(request.body, submission);
  // What waits for the disk is the batches; the text has done its work.
  request.body = std::string();
  unpacked.shrink_to(0);
  return render(submission.finish());
}

Response IngestApi::telegrams(Request& request) {
  const auto params = Params::parse(request.query, kTelegramParams);
  if (!params) return respond_to(params.error());
  const std::string_view meter = params->get("meter").value_or("");
  if (!meter.empty() && !gateway::valid_meter_id(meter))
    return bad_request("the meter id is not accepted", "1 to 64 bytes of UTF-8 without control characters");
  const auto zone = meter::Zone::find(params->get("zone").value_or(options_.telegram_zone));
  if (!zone) return bad_request(zone.error().message, zone.error().hint);
  gateway::EquipmentMemory memory;
  gateway::P1Context context;
  context.meter = meter;
  context.zone = &*zone;
  context.window = door_.accept_window();
  context.receive_ms = clock_.wall_ms();
  context.memory = &memory;
  return run(
      request,
      [&](std::string_view body, Submission& submission) {
        std::uint32_t telegrams_before = 0;
        do {
          gateway::Batch batch;
          const gateway::TelegramStats stats = decode_telegrams(take_telegrams(body), context, batch);
          submission.submit(std::move(batch), telegrams_before);
          telegrams_before += static_cast<std::uint32_t>(stats.telegrams + stats.refused);
        } while (!body.empty() && !submission.stopped());
      },
      native_response);
}

Response IngestApi::json(Request& request) {
  const auto params = Params::parse(request.query, {});
  if (!params) return respond_to(params.error());
  const gateway::JsonContext context{door_.accept_window(), 0};
  return run(
      request,
      [&](std::string_view body, Submission& submission) {
        if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);  // a byte order mark
        const std::size_t first = body.find_first_not_of(" \t\r\n");
        const bool array = first != body.npos && body[first] == '[';
        std::uint32_t lines_before = 0;
        do {
          const std::string_view slice = array ? std::exchange(body, {}) : take_objects(body);
          gateway::Batch batch;
          decode_json(slice, context, batch);
          submission.submit(std::move(batch), lines_before);
          if (!body.empty()) lines_before += lines_in(slice);
        } while (!body.empty() && !submission.stopped());
      },
      native_response);
}

Response IngestApi::restored(Request& request) {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  BodyBudget::Share unpacked(budget_);
  if (auto refusal = unpack(request, unpacked)) return std::move(*refusal);
  auto batch = batch_of_entry(request.body);
  if (!batch) return respond_to(batch.error());
  Submission submission(door_, clock_, options_.wait_ms, cancelled_);
  submission.submit(std::move(*batch), 0);
  return native_response(submission.finish());
}

Response IngestApi::lines(Request& request) {
  const auto params = Params::parse(request.query, kInfluxParams);
  if (!params) return respond_to(params.error());
  const auto precision = gateway::parse_line_precision(params->get("precision").value_or(""));
  if (!precision)
    return bad_request(
        "precision=" + std::string(params->get("precision").value_or("").substr(0, 40)) + " is not accepted",
        "accepted: ns, us, ms, s, m, h; without it ns");
  const gateway::LineContext context{clock_.wall_ms(), door_.accept_window(), *precision,
                                     options_.line_overwrite_latest};
  return run(
      request,
      [&](std::string_view body, Submission& submission) {
        std::uint32_t lines_before = 0;
        do {
          const std::string_view slice = take_lines(body);
          gateway::Batch batch;
          const std::size_t lines = estimate_lines(slice);
          batch.reserve(lines, lines);
          decode_lines(slice, context, batch);
          submission.submit(std::move(batch), lines_before);
          if (!body.empty()) lines_before += lines_in(slice);
        } while (!body.empty() && !submission.stopped());
      },
      influx_response);
}

}  // namespace wattring::http
