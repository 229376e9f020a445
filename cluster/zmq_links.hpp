// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/log.hpp"
#include "cluster/connection_table.hpp"
#include "cluster/transport.hpp"
#include "cluster/zmq_epoll.hpp"
#include "cluster/zmq_link.hpp"
#include "cluster/zmq_listener.hpp"

namespace wattring::cluster {

/// The outgoing links of a transport: opened by the first message, closed when they were not used for long.
class ZmqLinks {
 public:
  struct Options {
    ZmqTcpOptions tcp;
    std::size_t links_max = 512;       ///< beyond, the one not used for longest is closed
    std::int64_t open_ns = 0;          ///< how long a link may take to come up
    std::int64_t reopen_after_ns = 0;  ///< a failed attempt is not repeated sooner
    std::int64_t idle_ns = 0;
  };
  ZmqLinks(Options options, std::shared_ptr<ZmqContext> context, ZmqAdmission admission, ConnectionTable& numbers,
           ZmqEpoll& epoll, std::shared_ptr<Log> log);
  ~ZmqLinks();
  ZmqLinks(const ZmqLinks&) = delete;
  ZmqLinks& operator=(const ZmqLinks&) = delete;

  SendOutcome send(const std::string& endpoint, std::string_view frame, std::int64_t now_ns);
  /// To the link with this number, the same connection as then; no_route when it is over.
  SendOutcome send_back(std::uint64_t number, std::string_view frame, std::int64_t now_ns);
  [[nodiscard]] bool has(std::uint64_t number) const { return links_.contains(number); }

  /// Something is there to be read from the link with this token.
  void touch(std::uint64_t token);
  [[nodiscard]] bool touched() const { return !touched_.empty(); }
  /// Takes what the touched links have.
  void receive(std::int64_t now_ns, std::vector<Input>& inputs);

  /// Gives up links that take too long to come up.
  void expire(std::int64_t now_ns, std::vector<Input>& inputs);
  [[nodiscard]] std::int64_t next_deadline_ns() const;
  void close_idle(std::int64_t now_ns);
  void close_all(int linger_ms);
  [[nodiscard]] std::size_t size() const { return links_.size(); }

  /// Tokens of links are from here on.
  static constexpr std::uint64_t kFirstToken = 4;

 private:
  struct Failed {
    std::int64_t retry_ns = 0;
    unsigned attempts = 0;
  };
  ZmqLink* open(const std::string& endpoint, std::int64_t now_ns);
  void receive(std::uint64_t number, std::int64_t now_ns, std::vector<Input>& inputs);
  void touch_link(std::uint64_t number, ZmqLink& link);
  void end(std::uint64_t number, std::int64_t now_ns, std::vector<Input>& inputs);
  void close(std::uint64_t number, int linger_ms = 0);
  void close_least_used();

  const Options options_;
  const std::shared_ptr<ZmqContext> context_;
  const ZmqAdmission admission_;
  ConnectionTable& numbers_;
  ZmqEpoll& epoll_;
  const std::shared_ptr<Log> log_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ZmqLink>> links_;
  std::unordered_map<std::string, std::uint64_t> by_endpoint_;
  std::vector<std::uint64_t> opening_;
  std::vector<std::uint64_t> touched_;
  std::unordered_map<std::string, Failed> failed_;
};

}  // namespace wattring::cluster
