// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/prng.hpp"
#include "cluster/message.hpp"
#include "cluster/transport.hpp"
#include "tests/simulation/scheduler.hpp"
#include "tests/simulation/weather.hpp"

namespace wattring::simulation {

/// A machine with one address and a power switch; each address is a machine of its own.
using Place = std::uint32_t;
/// A process's network side, from its start to its end; never used twice.
using Port = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffff'ffff;

/// A message as it is, or as bytes.
using Payload = std::variant<cluster::Message, std::string>;
struct Arrived {
  cluster::Route from;
  Payload payload;
};
using Arrival = std::variant<Arrived, cluster::input::LinkChanged, cluster::input::ConnectChecked>;

class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void receive(Port port, Arrival arrival) = 0;
};

/// Links between processes with the properties of ZeroMQ over TCP that membership depends on: cluster/transport.hpp
/// says which. Kernels go on while a process stands still, and answer for one that is gone.
class Network final : public EventHandler {
 public:
  Network(Scheduler& scheduler, Weather weather, std::uint64_t seed);

  [[nodiscard]] Place place(const std::string& endpoint);  ///< powered, until told otherwise
  [[nodiscard]] const std::string& name(Place place) const { return places_[place].name; }
  [[nodiscard]] Port listener(Place place) const { return places_[place].listener; }

  [[nodiscard]] Port open(Place place, Receiver& receiver);
  /// The process ends; its machine's kernel tells the others.
  void close(Port port);
  /// A machine without power answers nothing; what ran there is gone without a word.
  void set_power(Place place, bool on);
  [[nodiscard]] bool powered(Place place) const { return places_[place].powered; }
  /// While stopped, the kernel accepts and keeps what arrives, within a bound.
  void pause(Port port);
  /// All that was kept is delivered now, in order of arrival.
  void resume(Port port);

  cluster::SendOutcome send(Port port, const cluster::Route& to, Payload payload);
  void check_connect(Port port, const std::string& endpoint);

  // The weather.
  void set_weather(const Weather& weather) { weather_ = weather; }
  [[nodiscard]] const Weather& weather() const { return weather_; }
  void cut(Place from, Place to) { cuts_.emplace(from, to); }
  void mend(Place from, Place to) { cuts_.erase({from, to}); }
  void set_group(Place place, std::uint32_t group) { places_[place].group = group; }
  void mend_all();
  /// What arrives there waits about so long before the process looks at it; its timers run on.
  void set_lag(Place place, std::int64_t lag_ns) { places_[place].lag_ns = lag_ns; }
  [[nodiscard]] bool blocked(Place from, Place to) const;

  struct Stats {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t links_opened = 0;
  };
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] std::size_t links() const { return open_links_; }

  void on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) override;

 private:
  struct PlaceState {
    std::string name;
    Port listener = kNone;
    bool powered = true;
    std::uint32_t group = 0;
    std::int64_t lag_ns = 0;
  };
  struct PortState {
    Place place = kNone;
    Receiver* receiver = nullptr;  ///< null once closed
    bool paused = false;
    Prng prng{0};
    std::vector<std::pair<Place, std::uint32_t>> out;  ///< target, link; sorted
    std::vector<std::uint32_t> in;
    std::vector<Arrival> kept;
  };
  enum class LinkState : std::uint8_t { free, opening, up };
  /// From the process that opened it to the one that answered.
  struct Link {
    LinkState state = LinkState::free;
    std::uint32_t generation = 0;
    Port from = kNone;
    Port to = kNone;
    Place target = kNone;
    std::uint32_t held = kNone;  ///< flight that waits for the link
    std::int64_t opened_ns = 0;
    std::int64_t used_ns = 0;
    std::int64_t stalled_ns = -1;              ///< since when nothing gets through
    std::int64_t last_arrival_ns[2] = {0, 0};  ///< there, back
  };
  /// Something on its way to a process.
  struct Flight {
    Port to = kNone;
    Place from = kNone;
    Arrival arrival;
  };

  [[nodiscard]] static std::uint64_t connection_of(std::uint32_t link, std::uint32_t generation) {
    return (std::uint64_t{generation} << 32U) | link;
  }
  [[nodiscard]] Link* find(std::uint64_t connection);
  [[nodiscard]] std::int64_t delay(Prng& prng, Place from, Place to) const;
  [[nodiscard]] std::uint32_t find_out(Port port, Place target) const;
  std::uint32_t fly(Port to, Place from, Arrival arrival);
  Flight land(std::uint32_t flight);
  cluster::SendOutcome send_out(Port port, const std::string& endpoint, Payload payload);
  cluster::SendOutcome send_back(Port port, std::uint64_t connection, Payload payload);
  void open_link(Port port, Place target, Payload payload);
  void try_link(std::uint32_t index, std::uint32_t generation);
  void link_is_up(std::uint32_t index);
  void transmit(std::uint32_t index, bool back, Payload payload);
  void stall(std::uint32_t index);
  void look_at_stalled(std::uint32_t index, std::uint32_t generation);
  void drop_link(std::uint32_t index);
  void tell_down(std::uint32_t index, std::int64_t delay_ns);
  void deliver(std::uint32_t flight);
  void answer_connect(Port port, Place target);
  void sweep_idle();

  Scheduler& scheduler_;
  Weather weather_;
  std::uint64_t seed_;
  Prng prng_;
  std::unordered_map<std::string, Place> by_name_;  ///< looked up, never walked
  std::vector<PlaceState> places_;
  std::vector<PortState> ports_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> free_links_;
  std::size_t open_links_ = 0;
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_flights_;
  std::set<std::pair<Place, Place>> cuts_;
  Stats stats_;
};

}  // namespace wattring::simulation
