// SPDX-License-Identifier: Apache-2.0
#include "node/http/operator_api.hpp"

namespace wattring::http {

Response OperatorApi::handle(Target target, const Request& request, std::string_view id) const {
  if (door_ == nullptr)
    return retry_response({"UNAVAILABLE", "alerts, rules and actors are not running on this node",
                           "readings are taken and answered all the same; see GET /api/v1/status"},
                          10'000);
  if (!request.content_encoding.empty() && request.content_encoding != "identity")
    return error_response(
        415, {"UNSUPPORTED_ENCODING", "a Content-Encoding is not accepted on this path", "send the body as it is"});
  const AlertApi alerts(*door_, clock_);
  const ClusterAlerts everywhere(*door_, peers_, clock_);
  const RuleApi rules(*door_, clock_);
  const ActorApi actors(*door_, clock_);
  switch (target) {
    case Target::alerts:
      return everywhere.alerts(request);
    case Target::alert_ack:
      return everywhere.acknowledge(request, id);
    case Target::silences:
      return alerts.silences(request);
    case Target::silence_add:
      return alerts.silence(request);
    case Target::silence_remove:
      return alerts.unsilence(request, id);
    case Target::rules:
      return rules.rules(request);
    case Target::rules_apply:
      return rules.apply(request);
    case Target::rules_test:
      return rules.test(request);
    case Target::actors:
      return actors.actors(request);
    case Target::actor_resume:
      return actors.resume(request);
    case Target::quarantine:
      return actors.quarantine(request);
    case Target::quarantine_release:
      return actors.release(request, id);
    case Target::quarantine_drop:
      return actors.drop(request, id);
    case Target::meter_add:
      return actors.announce(request);
    default:
      return error_response(500, {"INTERNAL", "no handler", ""});
  }
}

}  // namespace wattring::http
