// SPDX-License-Identifier: Apache-2.0
#include "node/sim/native_sender.hpp"

#include <algorithm>

#include "node/gateway/batch.hpp"

namespace wattring::sim {
namespace {

class NativeSender final : public Sender {
 public:
  NativeSender(std::unique_ptr<gateway::NativeClient> client, const MeterNames& names)
      : client_(std::move(client)), names_(names) {}

  std::uint32_t credit() const override { return client_->credit(); }
  Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) override;
  std::vector<SendReply> receive(std::int64_t timeout_ms) override;

 private:
  struct Sent {
    std::uint64_t client_id;
    std::uint64_t ticket;
  };
  std::unique_ptr<gateway::NativeClient> client_;
  MeterNames names_;
  gateway::Batch batch_;
  std::vector<Sent> sent_;
};

Result<void> NativeSender::send(std::uint64_t ticket, std::span<const Reading> readings) {
  build_batch(readings, names_, batch_);
  const Result<std::uint64_t> id = client_->send(batch_);
  if (!id) return Failure(id.error());
  sent_.push_back({*id, ticket});
  return {};
}

SendReply translate(const gateway::IngestReply& reply) {
  SendReply out;
  if (reply.turned_away) {
    out.kind = SendReply::Kind::busy;
    out.retry_after_ms = std::max<std::int64_t>(reply.retry_after_ms, 1);
    return out;
  }
  out.refused = reply.refusals.total();
  out.unknown = reply.unknown_total;
  out.promise = {{}, std::string(gateway::to_string(reply.ack)), reply.copies, reply.token};
  for (const gateway::Refusal& refusal : reply.refusals.listed()) {
    if (out.trouble.empty()) {
      out.trouble = std::string(gateway::to_string(refusal.reason)) + " " + refusal.got;
    }
    // Line 0 is the frame as a whole: its readings stay vague, and the total tells.
    if (refusal.line > 0) out.listed.push_back({refusal.line - 1, 1, std::string(gateway::to_string(refusal.reason))});
  }
  return out;
}

std::vector<SendReply> NativeSender::receive(std::int64_t timeout_ms) {
  std::vector<SendReply> replies;
  for (gateway::NativeClient::Reply& arrived : client_->receive(timeout_ms)) {
    const auto found =
        std::find_if(sent_.begin(), sent_.end(), [&](const Sent& sent) { return sent.client_id == arrived.batch_id; });
    if (found == sent_.end()) continue;
    SendReply reply = translate(arrived.reply);
    reply.ticket = found->ticket;
    sent_.erase(found);
    replies.push_back(std::move(reply));
  }
  return replies;
}

}  // namespace

void build_batch(std::span<const Reading> readings, MeterNames& names, gateway::Batch& batch) {
  batch.clear();
  batch.reserve(readings.size(), readings.size());
  const Reading* before = nullptr;
  Fact fact;
  for (const Reading& reading : readings) {
    if (before == nullptr || before->meter != reading.meter) batch.meter(names(reading.meter));
    fact.reg = kFleetRegisters[reading.reg];
    fact.start_ms = reading.time_ms;
    fact.end_ms = reading.time_ms;
    fact.value = reading.value;
    batch.add(fact);
    before = &reading;
  }
}

Result<std::unique_ptr<Sender>> connect_native(const gateway::NativeClient::Options& options, const MeterNames& names) {
  auto client = gateway::NativeClient::connect(options);
  if (!client) return Failure(client.error());
  return std::unique_ptr<Sender>(std::make_unique<NativeSender>(std::move(*client), names));
}

}  // namespace wattring::sim
