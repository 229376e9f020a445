// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_transport.hpp"

#include <type_traits>
#include <utility>

#include "cluster/codec.hpp"
#include "cluster/endpoint.hpp"

namespace wattring::simulation {
namespace {

constexpr std::size_t kInboxMax = 8192;

}  // namespace

SimTransport::SimTransport(Network& network, const std::string& endpoint)
    : network_(network), endpoint_(endpoint), port_(network.open(network.place(endpoint), *this)) {}

SimTransport::~SimTransport() {
  network_.close(port_);
}

cluster::SendOutcome SimTransport::send(const cluster::Route& to, std::string_view frame) {
  if (to.connection == 0 && !cluster::is_numeric_endpoint(to.endpoint)) return cluster::SendOutcome::no_route;
  return network_.send(port_, to, std::string(frame));
}

void SimTransport::check_connect(const std::string& endpoint) {
  if (cluster::is_numeric_endpoint(endpoint)) return network_.check_connect(port_, endpoint);
  inbox_.emplace_back(cluster::input::ConnectChecked{endpoint, cluster::ConnectOutcome::unreachable});
}

void SimTransport::receive(std::int64_t /*wait_ns*/, std::vector<cluster::Input>& inputs) {
  for (cluster::Input& input : std::exchange(inbox_, {})) inputs.push_back(std::move(input));
}

void SimTransport::receive(Port /*port*/, Arrival arrival) {
  if (inbox_.size() >= kInboxMax) return;
  std::visit(
      [&](auto& what) {
        if constexpr (std::is_same_v<std::decay_t<decltype(what)>, Arrived>) {
          std::string& bytes = std::get<std::string>(what.payload);
          if (bytes.size() > cluster::frame_bytes_max(bytes)) {
            ++oversized_;
            return;
          }
          inbox_.emplace_back(cluster::input::Received{std::move(what.from), std::move(bytes)});
        } else {
          inbox_.emplace_back(std::move(what));
        }
      },
      arrival);
}

}  // namespace wattring::simulation
