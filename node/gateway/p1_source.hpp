// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/sockets.hpp"
#include "node/gateway/equipment_memory.hpp"
#include "node/gateway/p1_framer.hpp"
#include "node/gateway/p1_mapping.hpp"
#include "node/gateway/p1_source_health.hpp"
#include "node/gateway/p1_source_service.hpp"
#include "node/gateway/source_vitals.hpp"

namespace wattring::gateway {

/// What other threads leave for the thread of the sources. Outlives the service when an answer is late.
struct P1Mail {
  struct Item {
    std::size_t source = 0;
    std::uint64_t number = 0;  ///< of the offer or look-up
    std::optional<IngestReply> reply;
    Result<std::vector<HostPort>> addresses;
  };
  explicit P1Mail(std::size_t capacity) : queue(capacity) {}
  BoundedQueue<Item> queue;
  WakeUp wake;
};

/// One source: its connection, the stream in it and the batch that is not stored yet. Not thread-safe; driven by the
/// service: poll fd() for events(), then call proceed(). Times are monotonic nanoseconds.
class P1Source {
 public:
  struct Shared {
    const P1SourceService::Options& options;
    IngestDoor& door;
    const Clock& clock;
    Log& log;
    EquipmentMemory& memory;
    std::shared_ptr<P1Mail> mail;
  };
  P1Source(std::size_t index, P1SourceService::Source config, HostPort address, meter::Zone zone, Prng prng,
           Metrics& metrics, Shared shared);

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// What to poll for; 0 while a batch is held, so that the source's TCP window closes.
  [[nodiscard]] short events() const;
  /// When to call proceed() although nothing happened.
  [[nodiscard]] std::int64_t next_deadline_ns() const;
  /// `revents` as poll() gave them, 0 when only time passed.
  void proceed(std::int64_t now_ns, short revents);
  void take(std::int64_t now_ns, P1Mail::Item&& item);
  /// No more reading; what is held is still offered.
  void close();
  /// A batch is not stored yet.
  [[nodiscard]] bool holds() const { return held_.has_value(); }
  [[nodiscard]] const std::string& name() const { return config_.name; }

 private:
  enum class State : std::uint8_t { waiting, resolving, connecting, connected, closed };
  struct Held {
    Batch batch;
    std::optional<std::int64_t> retry_ns;  ///< nothing: the door has it
  };

  void dial(std::int64_t now_ns);
  void resolve_elsewhere();
  void connect_to(std::int64_t now_ns, const HostPort& address);
  void finish_connecting(std::int64_t now_ns);
  void read(std::int64_t now_ns);
  void handle(std::int64_t now_ns, const std::vector<P1Piece>& pieces);
  void offer();
  void settle(std::int64_t now_ns, const IngestReply& reply);
  void lose(std::int64_t now_ns, const std::string& why);
  void count(std::int64_t now_ns, const TelegramStats& stats, const Batch& batch);

  const std::size_t index_;
  const P1SourceService::Source config_;
  const HostPort address_;
  const meter::Zone zone_;
  Prng prng_;
  const Shared shared_;

  State state_ = State::waiting;
  std::int64_t deadline_ns_ = 0;  ///< of the state: dial again, give up connecting, give up waiting for a telegram
  bool trouble_told_ = false;
  std::uint64_t offer_ = 0;    ///< number of the last batch offered
  std::uint64_t look_up_ = 0;  ///< number of the last look-up of the address
  std::size_t attempts_ = 0;
  HostPort peer_;
  FileHandle socket_;
  ReconnectDelay delay_;
  P1Framer framer_;
  P1Framer::Counters counted_;
  P1Decoder decoder_;
  std::optional<Held> held_;
  BadShare bad_share_;
  SourceVitals vitals_;
  std::jthread resolver_;  ///< looks the address up; over when its answer is there

  Counter& good_;
  Counter& bad_crc_;
  Counter& refused_;
  std::array<Counter*, kP1FrameFaultCount> faults_{};
  Counter& dropped_bytes_;
  Counter& reconnects_;
  Counter& turned_away_;
  Gauge& bad_ratio_;
  Gauge& connected_;
};

}  // namespace wattring::gateway
