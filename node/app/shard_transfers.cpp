// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_transfers.hpp"

#include <algorithm>
#include <utility>

#include "base/units.hpp"

namespace wattring::app {
namespace {

using Kind = TransferMessage::Kind;

constexpr std::int64_t kAskAgainNs = 2 * kNsPerSecond;
constexpr std::int64_t kGiveUpNs = 30 * kNsPerSecond;    ///< without a word
constexpr std::int64_t kForgetNs = 60 * kNsPerSecond;    ///< who asked for nothing so long
constexpr std::int64_t kLastWordNs = 10 * kNsPerSecond;  ///< the claim may have got lost

Counter& transfers(Metrics& metrics, const std::string& what) {
  return metrics.counter("wattring_transfer_parts_total", "Parts of whole shards from and to other nodes",
                         "direction=\"" + what + "\"");
}

Counter& transferred(Metrics& metrics, const std::string& what) {
  return metrics.counter("wattring_transfer_bytes_total", "Bytes of whole shards from and to other nodes",
                         "direction=\"" + what + "\"");
}

WriterId draw(Prng& prng) {
  WriterId id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.below(256));
  return id;
}

}  // namespace

ShardTransfers::ShardTransfers(const Options& options, const sharding::ShardKey& key, Doors doors, Metrics& metrics,
                               std::shared_ptr<Log> log, Prng prng)
    : options_(options),
      key_(key),
      doors_(std::move(doors)),
      log_(std::move(log)),
      prng_(prng),
      parts_in_(transfers(metrics, "in")),
      parts_out_(transfers(metrics, "out")),
      bytes_in_(transferred(metrics, "in")),
      bytes_out_(transferred(metrics, "out")),
      failed_(
          metrics.counter("wattring_transfers_failed_total", "Whole shards that did not come, and are tried again")) {}

// Fetching.

void ShardTransfers::fetch(std::int64_t now_ns, ShardId shard, const NodeId& from) {
  wishes_.push_back({shard, from});
  plan(now_ns);
}

void ShardTransfers::begin_some(std::int64_t now_ns) {
  while (!wishes_.empty() && fetches_.size() < options_.fetched_max) {
    const Wish wish = wishes_.front();
    wishes_.pop_front();
    const std::uint64_t number = next_number_++;
    const Fetch fetch{
        wish.shard, wish.from, ShardImport(wish.shard, draw(prng_), key_), 1, false, 0, now_ns + kGiveUpNs, now_ns, 0};
    want(now_ns, number, fetches_.emplace(number, fetch).first->second);
  }
}

void ShardTransfers::want(std::int64_t now_ns, std::uint64_t number, Fetch& fetch) {
  fetch.ask_ns = now_ns + kAskAgainNs;
  (void)doors_.send(fetch.from, encode(TransferMessage{Kind::want, number, fetch.shard, fetch.part}));
}

void ShardTransfers::receive(std::int64_t now_ns, const NodeId& from, std::string_view bytes) {
  auto message = parse_transfer_message(bytes);
  if (!message) return;
  if (message->kind == Kind::want) {
    give(now_ns, from, *message);
    return plan(now_ns);
  }
  const auto fetch = fetches_.find(message->number);
  if (fetch == fetches_.end() || fetch->second.from != from || fetch->second.shard != message->shard) return;
  take(now_ns, message->number, *message);
  plan(now_ns);
}

void ShardTransfers::take(std::int64_t now_ns, std::uint64_t number, const TransferMessage& message) {
  Fetch& fetch = fetches_.at(number);
  if (message.kind == Kind::wait) {
    fetch.given_up_ns = now_ns + kGiveUpNs;
    return;
  }
  if (message.kind == Kind::no && fetch.part == 1 && !fetch.keeping) {
    // Too much is asked of it, or the shard cannot be sealed now: later, if that is soon.
    fetch.ask_ns = now_ns + kNsPerSecond;
    return;
  }
  if (message.kind == Kind::no) return fail(number, "the other node cannot go on with it");
  // One that came twice, or late.
  if (message.part != fetch.part || fetch.keeping) return;
  fetch.keeping = true;
  fetch.given_up_ns = now_ns + kGiveUpNs;
  if (message.kind == Kind::part) return take_part(number, std::string(message.bytes));
  auto claim = meter::decode_transfer_claim(message.bytes);
  if (!claim) return fail(number, claim.error().text());
  auto record = fetch.import.claim(*claim);
  keep(number, std::move(record), [this, number, coverage = claim->coverage](std::int64_t) {
    const ShardId shard = fetches_.at(number).shard;
    fetches_.erase(number);
    doors_.fetched(shard, coverage);
  });
}

/// Looking at every reading of it takes milliseconds, which acknowledgements would wait for.
void ShardTransfers::take_part(std::uint64_t number, std::string part) {
  Fetch& fetch = fetches_.at(number);
  parts_in_.add();
  bytes_in_.add(part.size());
  fetch.bytes += part.size();
  const auto checked = [this, number](const std::string& bytes, const Result<void>& sound) {
    stage(number, bytes, sound);
    plan(now_ns_);
  };
  if (!doors_.check(fetch.shard, std::move(part), checked)) fail(number, "this node is stopping");
}

void ShardTransfers::stage(std::uint64_t number, const std::string& part, const Result<void>& sound) {
  const auto fetch = fetches_.find(number);
  if (fetch == fetches_.end()) return;
  if (!sound) return fail(number, sound.error().text());
  keep(number, fetch->second.import.stage_checked(part), [this, number](std::int64_t then_ns) {
    Fetch& goes_on = fetches_.at(number);
    goes_on.keeping = false;
    ++goes_on.part;
    want(then_ns, number, goes_on);
  });
}

void ShardTransfers::keep(std::uint64_t number, Result<sharding::PackPtr> record,
                          std::function<void(std::int64_t)> then) {
  if (!record) return fail(number, record.error().text());
  doors_.keep(std::move(*record), [this, number, then = std::move(then)](bool kept) {
    if (!fetches_.contains(number)) return;
    if (!kept) return fail(number, "there is no room for it on this disk");
    then(now_ns_);
    plan(now_ns_);
  });
}

void ShardTransfers::fail(std::uint64_t number, const std::string& why) {
  const auto fetch = fetches_.extract(number);
  if (fetch.empty()) return;
  const ShardId shard = fetch.mapped().shard;
  failed_.add();
  log_->debug("shard_not_fetched", "shard " + std::to_string(shard.value) + ": " + why);
  doors_.abandon(shard);
  doors_.fetched(shard, std::nullopt);
}

std::vector<ShardTransfers::Arriving> ShardTransfers::arriving() const {
  std::vector<Arriving> all;
  all.reserve(fetches_.size());
  for (const auto& [number, fetch] : fetches_) all.push_back({fetch.shard, fetch.from, fetch.bytes, fetch.since_ns});
  return all;
}

// Giving.

void ShardTransfers::give(std::int64_t now_ns, const NodeId& to, const TransferMessage& wanted) {
  const GivingKey key{to, wanted.number};
  auto found = givings_.find(key);
  if (found == givings_.end()) {
    const auto open_now = std::ranges::count_if(givings_, [](const auto& one) { return !one.second.given; });
    if (wanted.part != 1 || static_cast<std::size_t>(open_now) >= options_.given_max) return refuse(key, wanted.shard);
    found = givings_.emplace(key, Giving{wanted.shard, std::nullopt, 0, false, 0}).first;
    open(now_ns, key, wanted.shard);
    found = givings_.find(key);
    if (found == givings_.end()) return;
  }
  // A slow rate is no reason to give up.
  if (found->second.wanted == wanted.part)
    (void)doors_.send(to, encode(TransferMessage{Kind::wait, wanted.number, wanted.shard, wanted.part}));
  found->second.wanted = wanted.part;
  if (!found->second.given) found->second.forgotten_ns = now_ns + kForgetNs;
  serve(now_ns);
}

void ShardTransfers::open(std::int64_t /*now_ns*/, const GivingKey& key, ShardId shard) {
  const bool asked = doors_.open(shard, [this, key](Result<std::unique_ptr<persistence::ReadTransaction>> snapshot) {
    const auto giving = givings_.find(key);
    if (giving == givings_.end()) return;
    auto source = snapshot ? meter::ShardExport::open(std::move(*snapshot), giving->second.shard)
                           : Result<meter::ShardExport>(Failure(snapshot.error()));
    if (!source) return refuse(key, giving->second.shard);
    giving->second.source.emplace(std::move(*source));
    serve(now_ns_);
    plan(now_ns_);
  });
  if (!asked) refuse(key, shard);
}

std::int64_t ShardTransfers::pause_ns(std::size_t bytes, std::uint64_t bytes_per_second) {
  const auto cost = static_cast<double>(std::max(bytes, kCommitBytes));
  return static_cast<std::int64_t>(cost * 1e9 / static_cast<double>(bytes_per_second));
}

void ShardTransfers::refuse(const GivingKey& key, ShardId shard) {
  givings_.erase(key);
  (void)doors_.send(key.first, encode(TransferMessage{Kind::no, key.second, shard, 0}));
}

/// Parts that are wanted, as the rate allows: what was sent is paid for by the pause after it.
void ShardTransfers::serve(std::int64_t now_ns) {
  for (auto next = givings_.begin(); next != givings_.end();) {
    const auto giving = next++;
    if (giving->second.wanted == 0 || !giving->second.source) continue;
    if (now_ns < may_send_ns_) return;
    const GivingKey key = giving->first;
    const std::size_t bytes = send_part(key, giving->second);
    may_send_ns_ = std::max(may_send_ns_, now_ns) + pause_ns(bytes, options_.bytes_per_second);
  }
}

std::size_t ShardTransfers::send_part(const GivingKey& key, Giving& giving) {
  const std::uint64_t number = std::exchange(giving.wanted, 0);
  auto part = giving.source->part(number);
  if (!part) {
    log_->warn("shard_not_given", "shard " + std::to_string(giving.shard.value) + ": " + part.error().text());
    refuse(key, giving.shard);
    return 0;
  }
  TransferMessage message{Kind::part, key.second, giving.shard, number};
  std::string claim;
  if (*part) {
    message.bytes = **part;
    parts_out_.add();
    bytes_out_.add(message.bytes.size());
  } else {
    message.kind = Kind::claim;
    message.bytes = claim = encode_transfer_claim(giving.source->claim());
    giving.given = true;
    giving.forgotten_ns = now_ns_ + kLastWordNs;
  }
  const std::string bytes = encode(message);
  (void)doors_.send(key.first, bytes);
  return bytes.size();
}

void ShardTransfers::tick(std::int64_t now_ns) {
  now_ns_ = now_ns;
  std::vector<std::uint64_t> lost;
  for (auto& [number, fetch] : fetches_) {
    if (fetch.keeping) continue;
    if (now_ns >= fetch.given_up_ns) lost.push_back(number);
    if (now_ns >= fetch.ask_ns) want(now_ns, number, fetch);
  }
  for (const std::uint64_t number : lost) fail(number, "it did not come");
  std::erase_if(givings_, [&](const auto& giving) { return now_ns >= giving.second.forgotten_ns; });
  serve(now_ns);
  plan(now_ns);
}

void ShardTransfers::plan(std::int64_t now_ns) {
  now_ns_ = now_ns;
  begin_some(now_ns);
  next_ns_ = INT64_MAX;
  for (const auto& [number, fetch] : fetches_)
    if (!fetch.keeping) next_ns_ = std::min(next_ns_, fetch.ask_ns);
  for (const auto& [key, giving] : givings_) {
    next_ns_ = std::min(next_ns_, giving.forgotten_ns);
    if (giving.wanted != 0 && giving.source) next_ns_ = std::min(next_ns_, may_send_ns_);
  }
}

}  // namespace wattring::app
