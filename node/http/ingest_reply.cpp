// SPDX-License-Identifier: Apache-2.0
#include "node/http/ingest_reply.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json_writer.hpp"
#include "node/gateway/write_token.hpp"

namespace wattring::http {
namespace {

using gateway::IngestReply;
using gateway::Reason;
using gateway::Refusal;
using gateway::Refusals;

constexpr std::size_t kShownMax = 3;  ///< refusals in the text of a partial write

/// Both in one: what is listed first, then the mere numbers of the rest by reason.
void append(Refusals& to, const Refusals& from, std::uint32_t lines_before) {
  std::array<std::uint64_t, gateway::kReasonCount + 1> listed{};
  for (const Refusal& refusal : from.listed()) {
    to.add(refusal.line + lines_before, refusal.reason, refusal.got, refusal.limit);
    ++listed[static_cast<std::size_t>(refusal.reason)];
  }
  for (std::size_t i = 1; i < listed.size(); ++i) {
    const auto reason = static_cast<Reason>(i);
    for (std::uint64_t n = listed[i]; n < from.count(reason); ++n) to.add(0, reason, {});
  }
}

void write_outcome(JsonWriter& json, const IngestReply& reply) {
  json.key("stored").count(reply.stored).array("refused");
  for (const Refusal& refusal : reply.refusals.listed()) {
    json.begin_object().key("line").count(refusal.line).field("reason", gateway::to_string(refusal.reason));
    json.field("got", refusal.got).field("limit", refusal.limit).end_object();
  }
  json.end_array().key("refused_total").count(reply.refusals.total());
  // Which lines they are is not known here; a sender repeats the request, and repeats are harmless.
  json.array("unknown").end_array().key("unknown_total").count(reply.unknown_total);
  json.field("class", gateway::to_string(reply.ack)).key("copies").integer(reply.copies).field("token", reply.token);
}

ErrorText trouble(const IngestReply& reply) {
  if (reply.turned_away == Reason::disk_reserve)
    return {"DISK_RESERVE", "the disk's reserve is reached; readings were turned away",
            "send it again later; repeats are harmless"};
  if (reply.turned_away)
    return {std::string(gateway::to_string(*reply.turned_away)),
            reply.why.empty() ? "the node has as much in flight as it may; readings were turned away" : reply.why,
            "send it again after Retry-After; repeats are harmless"};
  return {"NOT_ENOUGH_COPIES", std::to_string(reply.unknown_total) + " readings may or may not be stored",
          "send it again; repeats are harmless"};
}

Response retry_later(const IngestOutcome& outcome) {
  const ErrorText error = trouble(outcome.total);
  Response response = retry_response(error, outcome.retry_after_ms);
  response.body.clear();
  JsonWriter json(response.body);
  json.begin_object().object("error").field("code", error.code).field("message", error.message);
  json.field("hint", error.hint).end_object();
  write_outcome(json, outcome.total);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

std::string partial_write_text(const IngestReply& reply) {
  std::string text = "partial write: " + std::to_string(reply.refusals.total()) + " readings refused, " +
                     std::to_string(reply.stored) + " stored";
  const auto& listed = reply.refusals.listed();
  for (std::size_t i = 0; i < std::min(kShownMax, listed.size()); ++i) {
    text.append("; line ").append(std::to_string(listed[i].line)).append(": ").append(to_string(listed[i].reason));
    if (!listed[i].got.empty()) text += ", got \"" + listed[i].got + "\"";
    if (!listed[i].limit.empty()) text += ", accepted: " + listed[i].limit;
  }
  return text;
}

}  // namespace

void IngestOutcome::add(IngestReply&& reply, std::uint32_t lines_before) {
  append(total.refusals, reply.refusals, lines_before);
  if (reply.stored > 0) {
    total.ack = total.stored == 0 ? reply.ack : std::min(total.ack, reply.ack);
    total.copies = total.stored == 0 ? reply.copies : std::min(total.copies, reply.copies);
  }
  total.stored += reply.stored;
  total.unknown_total += reply.unknown_total;
  if (!reply.token.empty()) total.token = gateway::merge_write_tokens(total.token, reply.token);
  if (reply.turned_away) total.turned_away = reply.turned_away;
  if (!reply.why.empty()) total.why = std::move(reply.why);
  retry_after_ms = std::max(retry_after_ms, reply.retry_after_ms);
}

Response native_response(const IngestOutcome& outcome) {
  const IngestReply& reply = outcome.total;
  if (reply.turned_away || (reply.stored == 0 && reply.unknown_total > 0)) return retry_later(outcome);
  Response response;
  JsonWriter json(response.body);
  json.begin_object();
  write_outcome(json, reply);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

Response influx_response(const IngestOutcome& outcome) {
  const IngestReply& reply = outcome.total;
  if (reply.turned_away || reply.unknown_total > 0) return retry_later(outcome);
  Response response;
  if (reply.refusals.total() == 0) {
    response.status = 204;
    return response;
  }
  response.status = 400;
  const std::string text = partial_write_text(reply);
  JsonWriter json(response.body);
  json.begin_object().field("error", text).field("code", "invalid").field("message", text);
  write_outcome(json, reply);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

}  // namespace wattring::http
