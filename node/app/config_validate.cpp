// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wattring::app {
namespace {

constexpr std::uint64_t kPageBytes = 4096;  // what the map must be a multiple of

struct Checker {
  const LoadedConfig& loaded;
  std::vector<ConfigError> errors;

  void add(const std::string& key, std::string message) {
    const auto origin = loaded.origins.find(key);
    errors.push_back({origin == loaded.origins.end() ? key + " (default)" : origin->second, std::move(message)});
  }
};

void check_listeners(Checker& check) {
  const Config& config = check.loaded.config;
  const std::array<std::pair<std::string, Endpoint>, 4> listeners{{{"listen.membership", config.listen.membership},
                                                                   {"listen.peers", config.listen.peers},
                                                                   {"listen.ingest", config.listen.ingest},
                                                                   {"listen.http", config.listen.http}}};
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const auto& [key, endpoint] = listeners[i];
    if (!endpoint.is_loopback() && !config.insecure) {
      check.add(key,
                fmt::format("{} = \"{}\" is not on loopback, and callers are not authenticated; listen on 127.0.0.1, "
                            "or set insecure = true to start all the same",
                            key, endpoint.text()));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (endpoint.port != 0 && endpoint == listeners[j].second) {
        check.add(key, fmt::format("{} and {} are both \"{}\"", key, listeners[j].first, endpoint.text()));
      }
    }
  }
}

void check_sizes(Checker& check) {
  const Config& config = check.loaded.config;
  if (config.ingest.batch_bytes_max > config.ingest.in_flight_bytes_max) {
    check.add(
        "ingest.batch_bytes_max",
        fmt::format("ingest.batch_bytes_max = \"{}\" is more than ingest.in_flight_max = \"{}\": no such batch could "
                    "ever be taken",
                    format_size(config.ingest.batch_bytes_max), format_size(config.ingest.in_flight_bytes_max)));
  }
  if (config.http.body_bytes_max > config.ingest.in_flight_bytes_max) {
    check.add(
        "http.body_max",
        fmt::format("http.body_max = \"{}\" is more than ingest.in_flight_max = \"{}\": no such body could ever be "
                    "taken",
                    format_size(config.http.body_bytes_max), format_size(config.ingest.in_flight_bytes_max)));
  }
  if (config.store.map_size_bytes % kPageBytes != 0) {
    check.add("store.map_size", fmt::format("store.map_size = \"{}\" is not a multiple of \"{}\"",
                                            format_size(config.store.map_size_bytes), format_size(kPageBytes)));
  }
  if (config.store.journal_bytes_max >= config.store.map_size_bytes) {
    check.add("store.journal_max",
              fmt::format("store.journal_max = \"{}\" does not fit in store.map_size = \"{}\"",
                          format_size(config.store.journal_bytes_max), format_size(config.store.map_size_bytes)));
  }
}

void check_p1(Checker& check) {
  for (const P1Source& source : check.loaded.config.p1) {
    const bool plain = !source.name.empty() && std::all_of(source.name.begin(), source.name.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
    if (!plain) {
      check.add("p1." + source.name,
                fmt::format("p1 source name \"{}\" is not made of letters, digits, \"-\" and \"_\"", source.name));
    }
    if (source.connect.port == 0) {
      check.add("p1." + source.name, fmt::format("p1 source \"{}\" needs the port to connect to", source.name));
    }
    if (source.meter.size() > kMeterIdBytesMax) {
      check.add("p1." + source.name,
                fmt::format("p1 source \"{}\": the meter id is longer than {} bytes", source.name, kMeterIdBytesMax));
    }
  }
}

}  // namespace

std::vector<ConfigError> validate(const LoadedConfig& loaded) {
  Checker check{loaded, {}};
  check_listeners(check);
  check_sizes(check);
  check_p1(check);
  return std::move(check.errors);
}

}  // namespace wattring::app
