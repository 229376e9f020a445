// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_counters.hpp"

#include <string>
#include <utility>

namespace wattring::cluster {
namespace {

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

template <std::size_t... kIndex>
void kinds(Metrics& metrics, std::string_view name, std::string_view help, std::array<Counter*, sizeof...(kIndex)>& out,
           std::index_sequence<kIndex...>) {
  ((out[kIndex] =
        &metrics.counter(name, help, label("kind", kind_name(Body(std::variant_alternative_t<kIndex, Body>{}))))),
   ...);
}

}  // namespace

MembershipCounters::MembershipCounters(Metrics& metrics)
    : sent_bytes_(metrics.counter("wattring_membership_sent_bytes_total", "Bytes of membership's messages sent")),
      received_bytes_(metrics.counter("wattring_membership_received_bytes_total",
                                      "Bytes of membership's messages received and understood")),
      late_(metrics.histogram("wattring_membership_late_seconds", "How much later than wanted membership got to run")),
      queued_news_(metrics.gauge("wattring_membership_queued_news", "Members with news to be passed on")),
      pending_probes_(metrics.gauge("wattring_membership_pending_probes", "Probes without an answer yet")),
      suspicions_(metrics.gauge("wattring_membership_suspicions", "Members that are suspected")) {
  constexpr auto kAll = std::make_index_sequence<kKinds>{};
  kinds(metrics, "wattring_membership_sent_total", "Messages sent", sent_, kAll);
  kinds(metrics, "wattring_membership_received_total", "Messages received and understood", received_, kAll);
  constexpr std::array<std::string_view, 3> kOutcomes{"sent", "full", "no_route"};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i)
    outcomes_[i] = &metrics.counter("wattring_membership_sends_total", "Messages by what became of them here",
                                    label("outcome", kOutcomes[i]));
  for (std::size_t i = 0; i < kDecodeErrors; ++i)
    refused_[i] = &metrics.counter("wattring_membership_refused_total", "Frames that were not understood",
                                   label("reason", to_string(static_cast<DecodeError>(i))));
  const auto ignored = [&](std::string_view why) {
    return &metrics.counter("wattring_membership_ignored_total", "Messages understood and not meant for this node",
                            label("reason", why));
  };
  const auto total = [&](std::string_view what, std::string_view help) {
    return &metrics.counter("wattring_membership_" + std::string(what) + "_total", help);
  };
  shown_ = {ignored("other_life"),
            ignored("other_cluster"),
            ignored("other_version"),
            ignored("table_full"),
            total("probes", "Members probed"),
            total("probes_failed", "Probes without an answer in time"),
            total("syncs", "Digest exchanges begun"),
            total("own_pauses", "Times this node itself stood still"),
            total("refutations", "Times this node was held suspect or dead and said no"),
            total("bans", "Connections not heard for a minute because of malformed frames"),
            total("turned_away", "Frames of banned connections")};
}

void MembershipCounters::sent(const Body& body, std::size_t frame_bytes, SendOutcome outcome) {
  outcomes_[static_cast<std::size_t>(outcome)]->add();
  if (outcome != SendOutcome::sent) return;
  sent_[body.index()]->add();
  sent_bytes_.add(frame_bytes);
}

void MembershipCounters::received(const Body& body, std::size_t frame_bytes) {
  received_[body.index()]->add();
  received_bytes_.add(frame_bytes);
}

void MembershipCounters::refused(DecodeError why) {
  refused_[static_cast<std::size_t>(why)]->add();
}

void MembershipCounters::late(std::int64_t late_ns) {
  late_.record_ns(static_cast<std::uint64_t>(late_ns));
}

void MembershipCounters::show(const Swim::Stats& stats, const Swim::Load& load, const PeerGuard& guard) {
  const std::array<std::uint64_t, kShown> values{
      stats.ignored_other_life, stats.ignored_cluster, stats.ignored_version, stats.ignored_limits, stats.probes,
      stats.probes_failed,      stats.syncs,           stats.own_pauses,      stats.refutations,    guard.bans(),
      guard.turned_away()};
  for (std::size_t i = 0; i < kShown; ++i) {
    if (values[i] > shown_[i]->value()) shown_[i]->add(values[i] - shown_[i]->value());
  }
  queued_news_.set(static_cast<double>(load.queued_news));
  pending_probes_.set(static_cast<double>(load.pending_probes));
  suspicions_.set(static_cast<double>(load.suspicions));
}

}  // namespace wattring::cluster
