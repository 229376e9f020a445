// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_inquiry.hpp"

#include <algorithm>
#include <optional>

#include "cluster/codec.hpp"
#include "cluster/settings.hpp"

namespace wattring::cluster {
namespace {

constexpr std::int64_t kAskEveryNs = 500 * kNsPerMs;

/// What was learned while nobody answered: it decides what the operator is told.
struct Seen {
  std::optional<ConnectOutcome> connect;
  bool link = false;
  std::optional<ClusterObject> object;
  std::optional<Error> refusal;
};

void take_message(const std::string& bytes, const ClusterInquiry& inquiry, Seen& seen) {
  const auto message = decode(bytes);
  if (!message) {
    if (message.error().kind == DecodeError::version)
      seen.refusal = Error{ErrorCode::newer_format, "the node at " + inquiry.asked + " " + message.error().why,
                           "run the same release here"};
    return;
  }
  if (const auto* ack = std::get_if<JoinAck>(&message->body)) seen.object = ack->object;
  if (const auto* reject = std::get_if<Reject>(&message->body); reject && reject->reason != RejectReason::busy)
    seen.refusal = Error{
        ErrorCode::wrong_identity,
        "the node at " + inquiry.asked + " refuses: " + std::string(to_string(reject->reason)) + ": " + reject->text,
        {}};
}

void take(const Input& input, const ClusterInquiry& inquiry, Seen& seen) {
  if (const auto* received = std::get_if<input::Received>(&input)) take_message(received->bytes, inquiry, seen);
  if (const auto* checked = std::get_if<input::ConnectChecked>(&input)) seen.connect = checked->outcome;
  if (const auto* link = std::get_if<input::LinkChanged>(&input)) seen.link = link->change == LinkChange::up;
}

Failure nobody_answered(const ClusterInquiry& inquiry, const Seen& seen) {
  const std::string waited = " within " + format_duration_ms(inquiry.timeout_ns / kNsPerMs);
  if (seen.connect == ConnectOutcome::refused)
    return fail(ErrorCode::not_found, "nothing listens at " + inquiry.asked + waited,
                "is a node running there, and is it the address of its listen.membership?");
  if (seen.link)
    return fail(ErrorCode::io, "the node at " + inquiry.asked + " took the connection and did not answer" + waited,
                "is it overloaded or stopped? its log says more");
  if (seen.connect == ConnectOutcome::accepted)
    return fail(ErrorCode::io, "what listens at " + inquiry.asked + " let nobody in" + waited,
                inquiry.keys ? "are the keys those of that cluster, and is this node's key on its allow-list?"
                             : "is it a node's listen.membership? if that cluster has keys, set cluster.keys");
  return fail(ErrorCode::io, inquiry.asked + " cannot be reached" + waited, "is the address right and the network up?");
}

}  // namespace

Result<ClusterObject> ask_for_cluster(Transport& transport, const Clock& clock, const ClusterInquiry& inquiry) {
  Message question;
  question.header.source = inquiry.self.id;
  question.header.source_nonce = inquiry.self.life.nonce;
  question.body = JoinReq{std::make_shared<const Record>(inquiry.self), true};
  const std::string frame = encode(question);
  Seen seen;
  std::vector<Input> inputs;
  std::int64_t now_ns = clock.monotonic_ns();
  const std::int64_t end_ns = now_ns + inquiry.timeout_ns;
  std::int64_t ask_ns = now_ns;
  for (std::size_t turn = 0; now_ns < end_ns; now_ns = clock.monotonic_ns()) {
    if (now_ns >= ask_ns) {
      const std::string& endpoint = inquiry.endpoints[turn++ % inquiry.endpoints.size()];
      // Whether it can be sent yet shows in what comes back.
      (void)transport.send(Route::to(endpoint), frame);
      transport.check_connect(endpoint);
      ask_ns = now_ns + kAskEveryNs;
    }
    inputs.clear();
    transport.receive(std::min(ask_ns, end_ns) - now_ns, inputs);
    for (const Input& input : inputs) take(input, inquiry, seen);
    if (seen.object) return *seen.object;
    if (seen.refusal) return Failure(*seen.refusal);
  }
  return nobody_answered(inquiry, seen);
}

}  // namespace wattring::cluster
