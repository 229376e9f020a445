// SPDX-License-Identifier: Apache-2.0
#include "node/alert/sink_alertmanager.hpp"

#include <algorithm>

#include "node/alert/payload.hpp"

namespace wattring::alert {
namespace {

constexpr std::size_t kAlertsPerRequest = 256;

HttpUrl endpoint(HttpUrl base) {
  while (base.target.ends_with('/')) base.target.pop_back();
  base.target += "/api/v2/alerts";
  return base;
}

}  // namespace

AlertmanagerSink::AlertmanagerSink(const SinkOptions& options, const SinkContext& context)
    : options_(options),
      context_(context),
      poster_({endpoint(options.url), options.token_file, options.timeout_ms, "wattring/" + context.version}) {}

Answer AlertmanagerSink::tell(const Notification& notification, std::int64_t wall_ms) {
  const Told told{&notification.alert, notification.summary};
  return poster_.post(alertmanager_body(std::span(&told, 1), wall_ms, options_.resend_ms, context_.generator));
}

Answer AlertmanagerSink::remind(std::span<const Alert> firing, std::int64_t wall_ms) {
  for (std::size_t at = 0; at < firing.size(); at += kAlertsPerRequest) {
    const auto part = firing.subspan(at, std::min(kAlertsPerRequest, firing.size() - at));
    std::vector<std::string> summaries;
    std::vector<Told> told;
    summaries.reserve(part.size());
    told.reserve(part.size());
    for (const Alert& alert : part) {
      summaries.push_back(context_.summary_of ? context_.summary_of(alert) : std::string());
      told.push_back({&alert, summaries.back()});
    }
    Answer answer = poster_.post(alertmanager_body(told, wall_ms, options_.resend_ms, context_.generator));
    if (answer.kind != Answer::Kind::taken) return answer;
  }
  return {};
}

}  // namespace wattring::alert
