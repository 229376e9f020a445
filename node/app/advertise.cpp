// SPDX-License-Identifier: Apache-2.0
#include "node/app/advertise.hpp"

namespace wattring::app {
namespace {

std::string told(const Endpoint& configured, const std::string& listening, const std::string& fallback_host) {
  const auto actual = parse_endpoint(listening);
  if (!actual) return listening;
  if (!configured.host.empty()) {
    return Endpoint{configured.host, configured.port == 0 ? actual->port : configured.port}.text();
  }
  return actual->is_wildcard() ? Endpoint{fallback_host, actual->port}.text() : listening;
}

}  // namespace

cluster::Endpoints advertised(const Config::Advertise& config, const cluster::Endpoints& listening) {
  cluster::Endpoints out;
  // The configuration does not let membership listen on every address without saying which others use.
  out.membership = told(config.membership, listening.membership, "127.0.0.1");
  const auto membership = parse_endpoint(out.membership);
  const std::string host = membership ? membership->host : std::string();
  out.peers = told(config.peers, listening.peers, host);
  out.ingest = told(config.ingest, listening.ingest, host);
  out.http = told(config.http, listening.http, host);
  out.data = told(config.data, listening.data, host);
  return out;
}

}  // namespace wattring::app
