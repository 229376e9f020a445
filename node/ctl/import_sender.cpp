// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/import_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kAnswerMs = 60'000;  // a node may take half a minute to be sure of a batch
constexpr std::int64_t kPauseMs = 1000;

ApiRequest request_for(const ImportArguments& arguments, ImportFormat format, const Globals& globals) {
  ApiRequest request;
  request.method = "POST";
  request.connect_ms = globals.timeout_ms;
  request.timeout_ms = std::max(kAnswerMs, globals.timeout_ms);
  switch (format) {
    case ImportFormat::line:
      request.target = "/api/v2/write?precision=" + (arguments.precision.empty() ? "ns" : arguments.precision);
      request.content_type = "text/plain; charset=utf-8";
      break;
    case ImportFormat::ndjson:
      request.target = "/api/v1/readings";
      request.content_type = "application/x-ndjson";
      break;
    case ImportFormat::json_array:
      request.target = "/api/v1/readings";
      request.content_type = "application/json";
      break;
    case ImportFormat::p1:
      request.target = "/api/v1/telegrams";
      if (!arguments.meter.empty()) request.target += "?meter=" + percent_encode(arguments.meter);
      request.content_type = "text/plain";
      break;
  }
  return request;
}

}  // namespace

ImportSender::ImportSender(const ImportArguments& arguments, ImportFormat format, const Context& context,
                           const Globals& globals)
    : arguments_(arguments),
      format_(format),
      context_(context),
      globals_(globals),
      request_(request_for(arguments, format, globals)) {}

Outcome<ImportSender::Try> ImportSender::judge(const NodeAddress& node, const ApiResponse& response,
                                               const Json& body) const {
  const std::int64_t wait_ms = response.retry_after_s ? *response.retry_after_s * 1000 : kPauseMs;
  const bool told = body["refused_total"].is_integer();
  if (response.status == 204 || (told && (response.status == 200 || response.status == 400))) {
    if (body["unknown_total"].integer() == 0) return Try{};
    return Try{true, wait_ms, fmt::format("{} readings may or may not be stored", body["unknown_total"].integer()),
               false};
  }
  if (response.status == 503) {
    const std::string& code = body["error"]["code"].string();
    return Try{true, wait_ms, fmt::format("{} is turning readings away: {}", node.address, code.empty() ? "503" : code),
               false};
  }
  Trouble trouble = Session::refused(node.address, response.status, body);
  if (response.status == 413)
    trouble.text += "Send smaller requests with --chunk-bytes, or raise http.body_max there.\n";
  return tl::unexpected(std::move(trouble));
}

Outcome<ImportSender::Try> ImportSender::try_once(const Chunk& chunk, Json& reply) {
  std::vector<Silence> silent;
  for (std::size_t i = 0; i < globals_.nodes.size(); ++i) {
    const NodeAddress& node = globals_.nodes[node_];
    request_.body = chunk.body;
    const auto response = context_.api.send(node.address, request_);
    ++tally_.requests;
    if (response) {
      auto body = parse_json(response->body);
      reply = body ? std::move(*body) : Json();
      return judge(node, *response, reply);
    }
    silent.push_back({node, response.error().message});
    node_ = (node_ + 1) % globals_.nodes.size();
  }
  // Before the first answer it is more likely a wrong address than a node that restarts.
  if (tally_.items == 0) return tl::unexpected(Session(context_, globals_).nobody_answered(silent));
  return Try{true, kPauseMs, fmt::format("{}: {}", silent.back().node.address, silent.back().reason), true};
}

std::vector<ImportTally::Refused> ImportSender::count(const Chunk& chunk, const Json& reply) {
  tally_.items += chunk.items();
  tally_.bytes += chunk.body.size();
  tally_.stored_is_known = tally_.stored_is_known && reply["stored"].is_integer();
  tally_.stored += static_cast<std::uint64_t>(reply["stored"].integer());
  tally_.refused += static_cast<std::uint64_t>(reply["refused_total"].integer());
  if (const std::string& ack = reply["class"].string(); !ack.empty() && ack != "NONE")
    tally_.ack = weaker_ack(tally_.ack, ack);
  std::vector<ImportTally::Refused> refused;
  for (const Json& one : reply["refused"].items()) {
    const std::int64_t line = one["line"].integer();
    const bool known = line >= 1 && line <= static_cast<std::int64_t>(chunk.items());
    const std::uint64_t item = known ? chunk.first_item + static_cast<std::uint64_t>(line) - 1 : 0;
    refused.push_back({item, one["reason"].string(), one["got"].string(), one["limit"].string()});
    ++tally_.reasons[refused.back().reason];
    if (tally_.first.size() < ImportTally::kKeptMax) tally_.first.push_back(refused.back());
  }
  return refused;
}

Trouble ImportSender::gave_up(const Chunk& chunk, const Try& last) const {
  return {last.silent ? kExitNoAnswer : kExitTimeIsUp,
          fmt::format("Gave up on {} {} after {}: {}\n"
                      "What stands before it is dealt with. Import the file again later: repeats are harmless.\n",
                      item_name(format_), chunk.first_item, format_duration_ms(arguments_.retry_ms), last.why)};
}

Outcome<std::vector<ImportTally::Refused>> ImportSender::send(const Chunk& chunk) {
  const std::int64_t start_ns = context_.clock.monotonic_ns();
  bool told = false;
  while (true) {
    Json reply;
    const auto tried = try_once(chunk, reply);
    if (!tried) return tl::unexpected(tried.error());
    if (!tried->again) return count(chunk, reply);
    const std::int64_t waited_ms = (context_.clock.monotonic_ns() - start_ns) / 1'000'000;
    if (waited_ms + tried->wait_ms > arguments_.retry_ms) return tl::unexpected(gave_up(chunk, *tried));
    if (!told) context_.err << tried->why << "; trying again\n";
    told = true;
    ++tally_.retries;
    context_.sleep(tried->wait_ms);
  }
}

}  // namespace wattring::ctl
