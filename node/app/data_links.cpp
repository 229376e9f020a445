// SPDX-License-Identifier: Apache-2.0
#include "node/app/data_links.hpp"

#include <utility>
#include <variant>

#include "cluster/zmq_transport.hpp"

namespace wattring::app {
namespace {

using cluster::Route;
using cluster::SendOutcome;
using sharding::Cargo;
using sharding::PeerCargo;

constexpr std::int64_t kHelloEveryNs = 500'000'000;
/// Messages for one peer under way. Bytes are bounded by those who send: windows, answers to pulls, the rate of
/// transfers.
constexpr int kFramesUnderWay = 256;

enum Drop : std::size_t { kCluster = sharding::kPeerFrameErrors, kStranger, kOtherLife };

std::string drop_label(std::size_t reason) {
  if (reason < sharding::kPeerFrameErrors) return std::string(to_string(static_cast<sharding::PeerFrameError>(reason)));
  return reason == kCluster ? "cluster" : reason == kStranger ? "stranger" : "other_life";
}

}  // namespace

DataLinks::DataLinks(const Options& options, std::unique_ptr<cluster::Transport> transport, Metrics& metrics)
    : options_(options),
      transport_(std::move(transport)),
      bytes_out_(metrics.counter("wattring_replication_bytes_total", "Bytes of frames about readings between nodes",
                                 R"(direction="out")")),
      bytes_in_(metrics.counter("wattring_replication_bytes_total", "Bytes of frames about readings between nodes",
                                R"(direction="in")")),
      not_sent_(metrics.counter("wattring_replication_not_sent_total",
                                "Frames to other nodes for which there was no link or no room")) {
  for (std::size_t reason = 0; reason < kDropReasons; ++reason)
    dropped_[reason] = &metrics.counter("wattring_replication_dropped_total", "Frames of other nodes not taken",
                                        "reason=\"" + drop_label(reason) + "\"");
}

void DataLinks::set_view(const cluster::View& view, std::int64_t now_ns) {
  std::map<NodeId, Peer> peers;
  for (const cluster::MemberView& member : view.members) {
    const cluster::Record& record = *member.record;
    if (record.id == options_.self) life_ = record.life;
    if (record.id == options_.self || !cluster::is_live(record) || record.endpoints.data.empty()) continue;
    const auto before = peers_.find(record.id);
    const bool same = before != peers_.end() && before->second.endpoint == record.endpoints.data;
    peers.emplace(record.id, Peer{record.life, record.endpoints.data, same && before->second.up});
  }
  peers_ = std::move(peers);
  tick(now_ns);
}

bool DataLinks::send(const NodeId& to, const sharding::PeerPayload& payload) {
  const auto peer = peers_.find(to);
  if (peer == peers_.end()) return false;
  const sharding::PeerHeader header{sharding::kPeerMinor, options_.cluster, options_.self, life_.nonce,
                                    peer->second.life.nonce};
  const std::string frame = encode_frame(header, payload);
  const bool sent = transport_->send(Route::to(peer->second.endpoint), frame) == SendOutcome::sent;
  if (sent) bytes_out_.add(frame.size());
  if (!sent) not_sent_.add();
  return sent;
}

void DataLinks::receive(std::int64_t wait_ns, std::vector<Received>& received) {
  transport_->receive(wait_ns, inputs_);
  for (cluster::Input& input : inputs_) take_in(std::move(input), received);
  inputs_.clear();
}

void DataLinks::take_in(cluster::Input&& input, std::vector<Received>& received) {
  if (auto* const frame = std::get_if<cluster::input::Received>(&input)) {
    bytes_in_.add(frame->bytes.size());
    return take_frame(std::move(frame->bytes), received);
  }
  const auto* const changed = std::get_if<cluster::input::LinkChanged>(&input);
  if (changed == nullptr) return;
  for (auto& [id, peer] : peers_)
    if (peer.endpoint == changed->endpoint) peer.up = changed->change == cluster::LinkChange::up;
  if (changed->change == cluster::LinkChange::down) next_hello_ns_ = 0;
}

void DataLinks::take_frame(std::string&& bytes, std::vector<Received>& received) {
  const auto header = sharding::read_peer_header(bytes);
  if (!header) return drop(static_cast<std::size_t>(header.error()));
  if (header->cluster != options_.cluster) return drop(kCluster);
  const auto peer = peers_.find(header->source);
  if (peer == peers_.end()) return drop(kStranger);
  if (header->source_nonce != peer->second.life.nonce || header->destination_nonce != life_.nonce)
    return drop(kOtherLife);
  auto frame = sharding::decode_frame(std::move(bytes));
  if (!frame) return drop(static_cast<std::size_t>(frame.error()));
  if (const auto* cargo = std::get_if<PeerCargo>(&frame->payload); cargo != nullptr && cargo->kind == Cargo::hello)
    return;
  received.push_back({header->source, std::move(frame->payload)});
}

void DataLinks::tick(std::int64_t now_ns) {
  next_hello_ns_ = INT64_MAX;
  for (const auto& [id, peer] : peers_) {
    if (peer.up) continue;
    send(id, PeerCargo{Cargo::hello, {}});
    next_hello_ns_ = now_ns + kHelloEveryNs;
  }
}

Result<std::unique_ptr<cluster::Transport>> open_data_transport(const std::string& endpoint,
                                                                std::shared_ptr<cluster::ZmqContext> context,
                                                                std::shared_ptr<cluster::ZmqSecurity> security,
                                                                const Clock& clock, Metrics& metrics,
                                                                std::shared_ptr<Log> log) {
  cluster::ZmqTransport::Options options;
  options.endpoint = endpoint;
  options.name = "data";
  options.frame_bytes_max = sharding::kPeerFrameBytesMax;
  options.send_queue = kFramesUnderWay;
  options.receive_queue = kFramesUnderWay;
  auto opened =
      cluster::ZmqTransport::open(options, std::move(context), std::move(security), clock, metrics, std::move(log));
  if (!opened) return Failure(opened.error());
  return std::unique_ptr<cluster::Transport>(std::move(*opened));
}

}  // namespace wattring::app
