// SPDX-License-Identifier: Apache-2.0
#include "node/sim/http_read_back.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "node/sim/json.hpp"

namespace wattring::sim {
namespace {

constexpr int kPageReadings = 5000;
constexpr std::int64_t kReadingsSpanMs = 3600 * kMsPerDay;
constexpr std::int64_t kIntervalsSpanMs = 100 * kMsPerDay;
constexpr std::int64_t kPauseMs = 200;

std::string target(std::string_view meter, std::string_view what, Register reg, std::int64_t from_ms,
                   std::int64_t to_ms) {
  return fmt::format("/api/v1/meters/{}/{}?register={}&from={}&to={}", percent_encode(meter), what,
                     percent_encode(format_obis(reg)), percent_encode(format_rfc3339(from_ms)),
                     percent_encode(format_rfc3339(to_ms)));
}

}  // namespace

HttpReadBack::HttpReadBack(HttpClient client, const Clock& clock, std::int64_t wait_ms, const std::string& level)
    : client_(std::move(client)),
      clock_(clock),
      wait_left_ms_(wait_ms),
      level_(level.empty() ? std::string() : "&level=" + level) {}

Result<Answer<StoredReading>> HttpReadBack::readings(std::string_view meter, Register reg, std::int64_t from_ms,
                                                     std::int64_t to_ms) {
  asked_ns_ = clock_.monotonic_ns();
  Answer<StoredReading> all;
  all.complete = true;
  for (std::int64_t begin = from_ms; begin < to_ms; begin += kReadingsSpanMs) {
    const std::string query = target(meter, "readings", reg, begin, std::min(to_ms, begin + kReadingsSpanMs)) +
                              fmt::format("&limit={}{}", kPageReadings, level_);
    std::string after;
    while (true) {
      const Result<HttpReply> reply = client_.get(query + after);
      if (!reply) return Failure(reply.error());
      all.answered_by = reply->answered_by;
      if (reply->status == 404) break;
      if (reply->status != 200) return fail(ErrorCode::busy, error_text(reply->status, reply->body));
      Result<ReadingsPage> page = parse_readings(reply->body);
      if (!page) return Failure(page.error());
      all.complete = all.complete && page->answer.complete;
      all.rows.insert(all.rows.end(), page->answer.rows.begin(), page->answer.rows.end());
      if (!page->next) break;
      std::string next = "&after=" + percent_encode(*page->next);
      if (next == after) return fail(ErrorCode::corrupt, "the node gives the same next page again: " + *page->next);
      after = std::move(next);
    }
  }
  return all;
}

Result<Answer<StoredInterval>> HttpReadBack::intervals(std::string_view meter, Register reg, std::int64_t from_ms,
                                                       std::int64_t to_ms) {
  asked_ns_ = clock_.monotonic_ns();
  Answer<StoredInterval> all;
  all.complete = true;
  for (std::int64_t begin = from_ms; begin < to_ms; begin += kIntervalsSpanMs) {
    const Result<HttpReply> reply = client_.get(
        target(meter, "intervals", reg, begin, std::min(to_ms, begin + kIntervalsSpanMs)) + "&every=15m" + level_);
    if (!reply) return Failure(reply.error());
    if (reply->status == 404) continue;
    if (reply->status != 200) return fail(ErrorCode::busy, error_text(reply->status, reply->body));
    Result<Answer<StoredInterval>> part = parse_intervals(reply->body);
    if (!part) return Failure(part.error());
    all.complete = all.complete && part->complete;
    all.rows.insert(all.rows.end(), part->rows.begin(), part->rows.end());
  }
  return all;
}

bool HttpReadBack::wait_again() {
  if (wait_left_ms_ <= 0) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
  wait_left_ms_ -= (clock_.monotonic_ns() - asked_ns_) / 1'000'000;
  return true;
}

}  // namespace wattring::sim
