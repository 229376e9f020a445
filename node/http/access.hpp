// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/http/audit_door.hpp"
#include "node/http/exchange.hpp"
#include "node/http/own_names.hpp"
#include "node/http/router.hpp"
#include "node/http/token_store.hpp"

namespace wattring::http {

/// Who may do what: looks at the bearer token of a request, refuses with what to do, and has changes written down. Any
/// thread.
class Access {
 public:
  /// Bad tokens from one address in a minute, after which it is told to wait. A good token always passes: others may
  /// share the address.
  static constexpr std::size_t kFailuresMax = 10;

  struct Options {
    bool metrics_open = false;            ///< /metrics without a token
    std::vector<std::string> names = {};  ///< host names the operator gave the node
  };
  /// audit: null writes nothing down. Like the rest it must outlive it.
  Access(const Options& options, AuditDoor* audit, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log);
  /// Before the first request; without it everybody may do everything, but web pages of others.
  void set_tokens(TokenStore& tokens) { tokens_ = &tokens; }
  /// What there is, without secrets, equal among nodes that accept the same: "none", "3 tokens, 1a2b3c4d".
  [[nodiscard]] std::string summary() const;

  /// Names the caller in the request. A response refuses it: 401 without a good token, 403 without the role or of a
  /// foreign web page, 429.
  [[nodiscard]] std::optional<Response> admit(const Route& route, Request& request);
  /// After the answer: writes down what an administrator's route did.
  void settle(const Route& route, const Request& request, const Response& response);

 private:
  [[nodiscard]] Role role_of(const Route& route) const;
  [[nodiscard]] Response refuse(const Request& request, std::string_view message);
  /// True when there were too many already.
  bool count_failure(const std::string& peer);

  const Options options_;
  const OwnNames names_;
  TokenStore* tokens_ = nullptr;
  AuditDoor* const audit_;
  const Clock& clock_;
  const std::shared_ptr<Log> log_;
  Counter& refused_;
  Counter& forbidden_;
  Counter& limited_;
  Counter& foreign_;
  Counter& audit_failed_;
  std::mutex mutex_;
  // Guarded by mutex_: failures of this minute by address.
  std::map<std::string, std::size_t, std::less<>> failures_;
  std::int64_t minute_ = 0;
};

}  // namespace wattring::http
