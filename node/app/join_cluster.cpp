// SPDX-License-Identifier: Apache-2.0
#include "node/app/join_cluster.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/sockets.hpp"
#include "cluster/cluster_inquiry.hpp"
#include "cluster/settings.hpp"
#include "cluster/zmq_transport.hpp"
#include "node/app/key_file.hpp"

namespace wattring::app {
namespace {

Result<cluster::ClusterInquiry> inquiry_of(const JoinWish& wish) {
  cluster::ClusterInquiry inquiry;
  std::optional<Error> unknown;
  for (const Endpoint& asked : wish.asked) {
    inquiry.asked += (inquiry.asked.empty() ? "" : ", ") + asked.text();
    const auto found = resolve({asked.host, asked.port});
    if (!found) unknown = Error{ErrorCode::not_found, asked.text() + ": " + found.error().message, {}};
    if (!found) continue;
    for (const HostPort& address : *found) inquiry.endpoints.push_back(address.text());
  }
  if (inquiry.endpoints.empty()) return Failure(unknown.value_or(Error{ErrorCode::not_found, "nobody to ask", {}}));
  inquiry.timeout_ns = wish.timeout_ms * kNsPerMs;
  inquiry.keys = !wish.keys.empty();
  inquiry.self.id = wish.node;
  inquiry.self.name = wish.node_name;
  inquiry.self.life = {1, 1};
  return inquiry;
}

}  // namespace

Result<cluster::ClusterObject> describe_cluster(const JoinWish& wish) {
  auto inquiry = inquiry_of(wish);
  if (!inquiry) return Failure(inquiry.error());
  const SystemClock clock;
  Metrics metrics;
  const std::shared_ptr<Log> log = Log::silent();
  auto context = cluster::ZmqContext::create();
  if (!context) return Failure(context.error());
  std::shared_ptr<cluster::ZmqSecurity> security;
  if (!wish.keys.empty()) {
    auto keys = read_key_file(wish.keys);
    if (!keys) return Failure(keys.error());
    auto started = cluster::ZmqSecurity::start(*context, "init", std::move(*keys), metrics, log);
    if (!started) return Failure(started.error());
    security = std::move(*started);
  }
  auto transport = cluster::ZmqTransport::open({}, *context, security, clock, metrics, log);
  if (!transport) return Failure(transport.error());
  inquiry->self.endpoints.membership = (*transport)->endpoint();
  return cluster::ask_for_cluster(**transport, clock, *inquiry);
}

}  // namespace wattring::app
