// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_errands_service.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/sockets.hpp"

namespace wattring::cluster {
namespace {

constexpr std::size_t kAddressesMax = 1024;  // told in one life, however often the names' addresses change

}  // namespace

struct MembershipErrands::State {
  State(std::vector<std::string> names_given, std::function<void(std::vector<std::string>)> tell,
        MembershipStore& store_given, std::shared_ptr<Log> log_given)
      : names(std::move(names_given)), on_addresses(std::move(tell)), store(store_given), log(std::move(log_given)) {}

  const std::vector<std::string> names;
  const std::function<void(std::vector<std::string>)> on_addresses;  // called with mutex held, never after stop
  MembershipStore& store;                                            // used by the writer's thread alone
  const std::shared_ptr<Log> log;
  std::thread writer;
  std::thread resolver;

  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> stopping = false;             // set under mutex
  std::optional<std::vector<std::string>> peers;  // guarded by mutex; not written yet

  void write_peers();
  void resolve_names();
  std::vector<std::string> look_up(std::set<std::string>& told) const;
};

void MembershipErrands::State::write_peers() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return stopping || peers; });
    if (!peers) return;
    const std::vector<std::string> writing = *std::exchange(peers, std::nullopt);
    lock.unlock();
    if (const auto kept = store.keep_peers(writing); !kept) log->warn("membership_not_kept", kept.error().text());
    lock.lock();
  }
}

std::vector<std::string> MembershipErrands::State::look_up(std::set<std::string>& told) const {
  std::vector<std::string> addresses;
  for (const std::string& name : names) {
    if (stopping) break;
    const auto parsed = parse_host_port(name);
    const auto found = parsed ? resolve(*parsed) : Result<std::vector<HostPort>>(Failure(parsed.error()));
    if (!found) {
      log->warn("seed_not_found", "cannot look up " + name + ": " + found.error().text() + "; it is tried again");
      continue;
    }
    for (const HostPort& address : *found) {
      if (told.size() < kAddressesMax && told.insert(address.text()).second) addresses.push_back(address.text());
    }
  }
  return addresses;
}

void MembershipErrands::State::resolve_names() {
  // The system's look-ups cannot be cut short, and stop() waits for this thread.
  shorten_look_ups_of_this_thread();
  std::set<std::string> told;
  for (bool first = true;; first = false) {
    std::vector<std::string> addresses = look_up(told);
    std::unique_lock lock(mutex);
    if (stopping) return;
    if (first || !addresses.empty()) on_addresses(std::move(addresses));
    changed.wait_for(lock, std::chrono::milliseconds(kResolveEveryMs), [&] { return stopping.load(); });
    if (stopping) return;
  }
}

MembershipErrands::MembershipErrands(std::vector<std::string> names,
                                     std::function<void(std::vector<std::string>)> on_addresses, MembershipStore& store,
                                     std::shared_ptr<Log> log)
    : state_(std::make_unique<State>(std::move(names), std::move(on_addresses), store, std::move(log))) {}

MembershipErrands::~MembershipErrands() {
  stop();
}

void MembershipErrands::start() {
  state_->writer = std::thread([state = state_.get()] { state->write_peers(); });
  if (!state_->names.empty()) state_->resolver = std::thread([state = state_.get()] { state->resolve_names(); });
}

void MembershipErrands::keep_peers(std::vector<std::string> peers) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return;
    state_->peers = std::move(peers);
  }
  state_->changed.notify_all();
}

void MembershipErrands::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  if (state_->writer.joinable()) state_->writer.join();
  if (state_->resolver.joinable()) state_->resolver.join();
}

}  // namespace wattring::cluster
