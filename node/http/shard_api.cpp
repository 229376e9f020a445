// SPDX-License-Identifier: Apache-2.0
#include "node/http/shard_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "node/http/answers.hpp"
#include "node/http/node_seen.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"
#include "node/http/ring_api.hpp"

namespace wattring::http {
namespace {

constexpr std::size_t kIdShown = 8;
constexpr std::array<std::string_view, 2> kShardsParams{"meter", "form"};

template <std::size_t N>
std::string_view word(const std::array<std::string_view, N>& words, std::size_t index) {
  return index < N ? words[index] : std::string_view("?");
}

std::optional<std::uint16_t> number(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void write_members(JsonWriter& json, const ShardBoard& board) {
  json.array("members");
  for (const RingSeat& seat : board.members) {
    json.begin_object().field("node", seat.name).field("id", to_hex(seat.id.bytes));
    json.key("weight").count(seat.weight).field("zone", seat.zone).key("self").boolean(seat.self);
    json.key("reachable").boolean(seat.reachable).key("draining").boolean(seat.draining);
    json.key("lagging").boolean(seat.lagging).key("homes").count(seat.homes).key("copies").count(seat.copies);
    json.end_object();
  }
  json.end_array();
}

void write_counts(JsonWriter& json, const ShardBoard& board) {
  const auto in_state = [&](ShardState state) { return std::ranges::count(board.shards, state, &ShardRow::state); };
  json.object("counts");
  for (const ShardState state : {ShardState::ok, ShardState::degraded, ShardState::filling, ShardState::nobody})
    json.key(to_string(state)).integer(in_state(state));
  json.key("missing").count(board.missing).key("held").count(board.held).key("owned").count(board.owned);
  json.key("homes").count(board.homes).key("filled_in_s");
  if (board.filled_in_s) {
    json.integer(*board.filled_in_s);
  } else {
    json.null();
  }
  json.end_object();
}

void write_row(JsonWriter& json, const ShardBoard& board, std::size_t shard) {
  const ShardRow& row = board.shards[shard];
  json.key("shard").count(shard).key("home");
  if (row.home == ShardRow::kNobody) {
    json.null();
  } else {
    json.string(board.members[row.home].name);
  }
  json.array("owners");
  for (const std::uint16_t owner : row.owners) json.string(board.members[owner].name);
  json.end_array().key("reachable").count(row.reachable).field("state", to_string(row.state));
  json.field("ack", to_string(row.ack)).field("here", to_string(row.role));
  if (!row.arriving) return;
  json.object("arriving").field("from", row.arriving->from).key("bytes").count(row.arriving->bytes);
  json.key("for_s").integer(row.arriving->for_s).end_object();
}

std::string self_name(const ShardBoard& board) {
  const auto self = std::ranges::find(board.members, true, &RingSeat::self);
  return self == board.members.end() ? std::string() : self->name;
}

/// For other nodes: what each shard is here, a letter each.
Response roles_of(const ShardBoard& board) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = fmt::format("{:016x} ", board.ring_id);
  for (const ShardRow& row : board.shards) response.body += to_string(row.role).front();
  return response;
}

}  // namespace

std::string_view to_string(ShardState state) {
  static constexpr std::array<std::string_view, 4> kWords{"ok", "degraded", "filling", "nobody"};
  return word(kWords, static_cast<std::size_t>(state));
}
std::string_view to_string(WriteClass ack) {
  static constexpr std::array<std::string_view, 4> kWords{"none", "single", "held", "durable"};
  return word(kWords, static_cast<std::size_t>(ack));
}
std::string_view to_string(ShardRole role) {
  static constexpr std::array<std::string_view, 4> kWords{"none", "owner", "filling", "holder"};
  return word(kWords, static_cast<std::size_t>(role));
}
std::string RingSeat::called() const {
  return name == to_hex(id.bytes).substr(0, kIdShown) ? name + " (of its id; its name is not known here)" : name;
}
std::string_view to_string(RingOutcome outcome) {
  static constexpr std::array<std::string_view, 3> kWords{"decided", "other_decided", "no_majority"};
  return word(kWords, static_cast<std::size_t>(outcome));
}

void write_ring(JsonWriter& json, const ShardBoard& board) {
  json.object("ring").key("version").count(board.ring_version).field("id", hash_text(board.ring_id));
  json.key("members").count(board.members.size());
  json.key("copies").count(board.copies).key("acks").count(board.acks);
  json.key("copies_wanted").count(board.copies_wanted).key("acks_wanted").count(board.acks_wanted);
  json.key("in_ring").boolean(board.in_ring).key("fenced").boolean(board.fenced);
  WriteClass worst = WriteClass::durable;
  for (const ShardRow& row : board.shards) worst = std::min(worst, row.ack);
  json.field("worst_ack", to_string(board.shards.empty() ? WriteClass::none : worst)).end_object();
}

Response ShardApi::handle(Target target, const Request& request, std::string_view id) const {
  if (shards_ == nullptr)
    return retry_response({"UNAVAILABLE", "this node knows of no ring and no shards", "see GET /api/v1/status"}, 1'000);
  const RingApi ring(*shards_, cluster_, clock_);
  switch (target) {
    case Target::shards:
      return shards(request);
    case Target::shard:
      return shard(id);
    case Target::promises:
      return promises();
    case Target::ring:
      return ring.show();
    case Target::ring_plan:
      return ring.plan(request);
    case Target::ring_commit:
      return ring.commit(request);
    case Target::drain:
      return drain(true);
    case Target::resume:
      return drain(false);
    default:
      return error_response(500, {"INTERNAL", "no handler", ""});
  }
}

Response ShardApi::shards(const Request& request) const {
  const auto params = Params::parse(request.query, kShardsParams);
  if (!params) return respond_to(params.error());
  if (const auto meter = params->get("meter")) return shard(std::to_string(shards_->shard_of(*meter)));
  const auto board = shards_->board();
  if (const auto form = params->get("form")) {
    if (*form == "roles") return roles_of(*board);
    return respond_to({ErrorCode::invalid_argument, "form=" + std::string(form->substr(0, 40)) + " is not accepted",
                       "roles, or nothing"});
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.shards/1").field("node", self_name(*board));
  json.field("at", format_rfc3339(clock_.wall_ms()));
  write_ring(json, *board);
  write_members(json, *board);
  write_counts(json, *board);
  json.array("shards");
  for (std::size_t i = 0; i < board->shards.size(); ++i) {
    json.begin_object();
    write_row(json, *board, i);
    json.end_object();
  }
  json.end_array().end_object();
  return line_of(std::move(body));
}

Response ShardApi::shard(std::string_view id) const {
  const auto board = shards_->board();
  const auto wanted = number(id);
  if (!wanted || *wanted >= board->shards.size())
    return error_response(
        404, {"NOT_FOUND", "no shard \"" + std::string(id.substr(0, 40)) + "\"",
              board->shards.empty() ? "this node knows no ring yet"
                                    : fmt::format("shards are numbered 0 to {}", board->shards.size() - 1)});
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.shard/1").field("node", self_name(*board));
  json.field("at", format_rfc3339(clock_.wall_ms()));
  write_ring(json, *board);
  write_row(json, *board, *wanted);
  json.end_object();
  return line_of(std::move(body));
}

Response ShardApi::promises() const {
  const auto board = shards_->board();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.promises/1").field("at", format_rfc3339(clock_.wall_ms()));
  write_ring(json, *board);
  json.array("promises");
  for (const PromiseRow& row : shards_->promises()) {
    json.begin_object().key("failed").count(row.failed).key("zone");
    if (row.zone.empty()) {
      json.null();
    } else {
      json.string(row.zone);
    }
    json.key("acked").boolean(row.acked);
    json.key("held").number(row.held).key("held_worst").number(row.held_worst);
    json.key("incomplete").number(row.incomplete).key("incomplete_worst").number(row.incomplete_worst);
    json.key("nobody").number(row.nobody).key("nobody_worst").number(row.nobody_worst);
    json.key("at_risk").number(row.at_risk).key("at_risk_worst").number(row.at_risk_worst);
    json.key("sets").count(row.sets).key("exact").boolean(row.exact).end_object();
  }
  json.end_array().end_object();
  return line_of(std::move(body));
}

Response ShardApi::drain(bool on) const {
  if (const auto done = shards_->drain(on); !done) return respond_to(done.error());
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.node-drain/1").field("node", self_name(*shards_->board()));
  json.key("draining").boolean(on).end_object();
  return line_of(std::move(body));
}

}  // namespace wattring::http
