// SPDX-License-Identifier: Apache-2.0
#include "node/app/peer_calls.hpp"

#include <chrono>
#include <utility>

#include "base/bytes.hpp"

namespace wattring::app {
namespace {

enum class Type : std::uint8_t { question = 1, answer = 2, no_time = 3 };
constexpr std::size_t kHeaderBytes = 9;

std::string query_of(Type type, std::uint64_t number, std::string_view bytes) {
  std::string query;
  query.reserve(kHeaderBytes + bytes.size());
  ByteWriter out(query);
  out.u8(static_cast<std::uint8_t>(type));
  out.u64_be(number);
  out.bytes(bytes);
  return query;
}

Failure busy(std::string why) {
  return fail(ErrorCode::busy, std::move(why), "ask again");
}

}  // namespace

PeerCalls::PeerCalls(const Options& options, Send send)
    : options_(options), send_(std::move(send)), questions_(options.waiting_max) {}

PeerCalls::~PeerCalls() {
  stop();
}

void PeerCalls::start(Handler handler) {
  handler_ = std::move(handler);
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { answer_all(); });
}

void PeerCalls::stop() {
  questions_.close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (auto& [number, call] : open_) end(call, busy("this node is stopping"));
}

void PeerCalls::end(const std::shared_ptr<Call>& call, Result<std::string> outcome) {
  if (std::exchange(call->done, true)) return;
  call->outcome = std::move(outcome);
  changed_.notify_all();
}

Result<std::string> PeerCalls::call(const NodeId& to, std::string_view question, std::int64_t timeout_ns) {
  if (question.size() > kBytesMax) return fail(ErrorCode::invalid_argument, "a question of more than 32 MiB");
  const auto call = std::make_shared<Call>();
  call->to = to;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return busy("this node is stopping");
    if (open_.size() >= options_.open_max) return busy("too many questions to other nodes are open");
    number = next_number_++;
    open_.emplace(number, call);
  }
  const bool sent = send_(to, query_of(Type::question, number, question));
  std::unique_lock lock(mutex_);
  if (sent) changed_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [&] { return call->done; });
  open_.erase(number);
  if (call->done) return std::move(call->outcome);
  return busy(sent ? "the other node did not answer in time" : "the other node cannot be reached");
}

void PeerCalls::unreachable(const NodeId& node) {
  const std::lock_guard lock(mutex_);
  for (auto& [number, call] : open_)
    if (call->to == node) end(call, busy("the other node cannot be reached"));
}

void PeerCalls::receive(const NodeId& from, std::string&& query) {
  ByteReader in(query);
  const auto type = static_cast<Type>(in.u8());
  const std::uint64_t number = in.u64_be();
  if (!in.ok()) return;
  if (type == Type::question) {
    if (!questions_.try_push(Question{from, number, std::move(query)}))
      (void)send_(from, query_of(Type::no_time, number, {}));
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(number);
  // Nobody but the node that was asked may answer.
  if (found == open_.end() || found->second->to != from) return;
  if (type == Type::answer) end(found->second, std::string(in.rest()));
  if (type == Type::no_time) end(found->second, busy("the other node has no time for more questions"));
}

void PeerCalls::answer_all() {
  while (const auto question = questions_.pop()) {
    const std::string answer = handler_(question->from, std::string_view(question->query).substr(kHeaderBytes));
    if (answer.size() <= kBytesMax) (void)send_(question->from, query_of(Type::answer, question->number, answer));
  }
}

}  // namespace wattring::app
