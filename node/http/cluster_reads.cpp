// SPDX-License-Identifier: Apache-2.0
#include "node/http/cluster_reads.hpp"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "node/http/meter_pages_json.hpp"
#include "node/http/relay.hpp"

namespace wattring::http {
namespace {

/// Whoever is only busy leaves the question to the next owner.
bool is_an_answer(const Response& response) {
  return response.status < 500;
}

bool is_damaged(const Response& response) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return header.first == ClusterReads::kDamagedHeader; });
}

}  // namespace

std::optional<Response> ClusterReads::ask(const Request& request, const PeersDoor::Peer& owner) const {
  const auto bytes = peers_->call(owner.id, encode_request(request), kCallMs);
  if (!bytes) return std::nullopt;
  auto response = decode_response(*bytes);
  if (!response || !is_an_answer(*response)) return std::nullopt;
  response->headers.emplace_back("X-Wattring-Node", owner.name);
  return std::move(*response);
}

std::optional<Response> ClusterReads::ask_owner(const Request& request, std::string_view meter, Level level) const {
  if (peers_ == nullptr || request.relayed) return std::nullopt;
  const std::vector<PeersDoor::Peer> owners = peers_->owners_of(meter);
  const bool here = std::any_of(owners.begin(), owners.end(), [](const auto& owner) { return owner.self; });
  if (level == Level::any && here) return std::nullopt;
  std::optional<Response> of_a_damaged_disk;
  for (const PeersDoor::Peer& owner : owners) {
    if (owner.self) return std::nullopt;
    auto response = ask(request, owner);
    if (!response) continue;
    if (!is_damaged(*response)) return response;
    of_a_damaged_disk = std::move(response);
  }
  return of_a_damaged_disk;
}

Response ClusterReads::or_better(const Request& request, std::string_view meter, Level level, Response own) const {
  if (peers_ == nullptr || request.relayed || level == Level::any || !is_damaged(own)) return own;
  for (const PeersDoor::Peer& owner : peers_->owners_of(meter)) {
    if (owner.self) continue;
    auto response = ask(request, owner);
    if (response && response->status == 200 && !is_damaged(*response)) return std::move(*response);
  }
  return own;
}

Result<Standing> ClusterReads::stand(std::string_view meter, const Consistency& wanted, std::int64_t now_ms) const {
  if (peers_ == nullptr) return Standing{true, now_ms};
  return peers_->stand(meter, wanted.level, wanted.token);
}

Response ClusterReads::gather_meters(const Request& request, Response own, std::size_t limit) const {
  if (peers_ == nullptr || own.status != 200) return own;
  const PeersDoor::Members members = peers_->members();
  if (members.all <= 1) return own;
  MeterPages pages;
  std::size_t whole = pages.add(own.body) && peers_->is_whole() ? 1 : 0;
  if (request.relayed) {
    own.body = pages.render(limit, whole == 1);
    return own;
  }
  std::vector<std::future<Result<std::string>>> answers;
  for (const PeersDoor::Peer& peer : members.reachable)
    if (!peer.self)
      answers.push_back(std::async(std::launch::async, [this, &request, id = peer.id] {
        return peers_->call(id, encode_request(request), kCallMs);
      }));
  for (auto& answer : answers) {
    const auto bytes = answer.get();
    if (!bytes) continue;
    const auto response = decode_response(*bytes);
    if (response && response->status == 200 && pages.add(response->body)) ++whole;
  }
  // What is acknowledged is on as many owners as make an ack: fewer others than that leave one of them.
  own.body = pages.render(limit, whole + members.acks > members.all);
  return own;
}

}  // namespace wattring::http
