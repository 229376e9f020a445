// SPDX-License-Identifier: Apache-2.0
#include "node/sim/http_sender.hpp"

#include <tuple>
#include <utility>

#include "node/sim/json.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kDefaultRetryMs = 200;

// 200, and 400 of the Influx endpoints: the good lines were kept. 503 is either BUSY, nothing taken, or unknown.
SendReply from_answer(const IngestAnswer& answer, const std::function<RefusedRange(std::uint64_t)>& range_of) {
  SendReply out;
  out.unknown = answer.unknown_total;
  out.promise = {{}, answer.ack_class, answer.copies, answer.token};
  std::uint64_t listed_items = 0;
  for (const IngestAnswer::Refused& refused : answer.refused) {
    if (out.trouble.empty()) out.trouble = refused.reason + " in line " + std::to_string(refused.line);
    RefusedRange range = range_of(refused.line);
    if (range.count == 0) continue;
    ++listed_items;
    out.refused += range.count;
    range.reason = refused.reason;
    out.listed.push_back(std::move(range));
  }
  // Not all are listed: at least one reading each, and which ones is not known.
  if (answer.refused_total > listed_items) out.refused += answer.refused_total - listed_items;
  return out;
}

SendReply refused_as_a_whole(std::size_t readings, std::string why) {
  SendReply out;
  out.refused = readings;
  out.trouble = std::move(why);
  return out;
}

class HttpSender final : public Sender {
 public:
  HttpSender(HttpClient client, SendAs as, const MeterNames& names)
      : client_(std::move(client)), as_(as), names_(names) {}

  std::uint32_t credit() const override { return replies_.empty() ? 1 : 0; }

  Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) override {
    encode_body(as_, readings, names_, body_);
    const char* target = "/api/v1/readings";
    const char* type = "application/x-ndjson";
    if (as_ == SendAs::p1) std::tie(target, type) = std::pair("/api/v1/telegrams", "text/plain");
    if (as_ == SendAs::line) std::tie(target, type) = std::pair("/write?precision=ms", "text/plain; charset=utf-8");
    SendReply reply = interpret_reply(client_.post(target, body_.bytes, type), readings.size(),
                                      [&](std::uint64_t line) { return body_.range_of(line, readings.size()); });
    reply.ticket = ticket;
    replies_.push_back(std::move(reply));
    return {};
  }

  std::vector<SendReply> receive(std::int64_t /*timeout_ms*/) override { return std::exchange(replies_, {}); }

 private:
  HttpClient client_;
  SendAs as_;
  MeterNames names_;
  Body body_;
  std::vector<SendReply> replies_;
};

}  // namespace

SendReply interpret_reply(const Result<HttpReply>& reply, std::size_t readings,
                          const std::function<RefusedRange(std::uint64_t line)>& range_of) {
  SendReply lost;
  lost.kind = SendReply::Kind::lost;
  if (!reply) {
    lost.trouble = reply.error().text();
    return lost;
  }
  if (reply->status == 204) return {};
  const Result<IngestAnswer> answer = parse_ingest_answer(reply->body);
  if ((reply->status == 200 || reply->status == 400) && answer) return from_answer(*answer, range_of);
  const std::string why = error_text(reply->status, reply->body);
  if (reply->status >= 400 && reply->status < 500 && reply->status != 429) return refused_as_a_whole(readings, why);
  if (reply->status != 503 && reply->status != 429) {
    lost.trouble = why;
    return lost;
  }
  SendReply out = answer ? from_answer(*answer, range_of) : SendReply{};
  // Something may be stored: not BUSY, where nothing was taken.
  if (!answer || (answer->stored == 0 && answer->unknown_total == 0)) out.kind = SendReply::Kind::busy;
  out.retry_after_ms = reply->retry_after_ms > 0 ? reply->retry_after_ms : kDefaultRetryMs;
  out.trouble = why;
  return out;
}

std::unique_ptr<Sender> make_http_sender(HttpClient client, SendAs as, const MeterNames& names) {
  return std::make_unique<HttpSender>(std::move(client), as, names);
}

}  // namespace wattring::sim
