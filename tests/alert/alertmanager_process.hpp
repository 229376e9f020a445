// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/support/temp_directory.hpp"

namespace wattring::alert {

/// The Alertmanager of the system, on a free loopback port, with a data directory of its own each time it starts.
class Alertmanager {
 public:
  /// Where it is installed; empty = it is not.
  [[nodiscard]] static std::string program();

  Alertmanager();
  ~Alertmanager();
  Alertmanager(const Alertmanager&) = delete;
  Alertmanager& operator=(const Alertmanager&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void start();
  /// SIGKILL.
  void kill();

  /// What it shows at /api/v2/alerts: wattring_id -> one annotation.
  using Alerts = std::map<std::string, std::string>;
  [[nodiscard]] Alerts alerts(const std::string& annotation) const;
  /// Until it shows exactly that; gives what it shows in the end.
  [[nodiscard]] Alerts wait_for(const std::string& annotation, const Alerts& expected) const;

 private:
  [[nodiscard]] bool ready() const;

  const test::TempDirectory folder_;
  std::uint16_t port_ = 0;
  int starts_ = 0;
  pid_t pid_ = -1;
};

}  // namespace wattring::alert
