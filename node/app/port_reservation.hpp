// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"
#include "node/app/config_values.hpp"

namespace wattring::app {

/// Holds an address whose protocol this release does not speak yet (membership, peers), so that it stands in
/// endpoints.json, stays the node's, and a taken port is found at start. Bound, not listening: whoever connects is
/// refused at once.
class PortReservation {
 public:
  [[nodiscard]] static Result<PortReservation> take(const Endpoint& endpoint, const std::string& key);
  ~PortReservation();
  PortReservation(PortReservation&& other) noexcept;
  PortReservation& operator=(PortReservation&&) = delete;
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  PortReservation(int socket, std::string address) : socket_(socket), address_(std::move(address)) {}
  int socket_;
  std::string address_;
};

}  // namespace wattring::app
