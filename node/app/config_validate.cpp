// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "node/app/config_tables.hpp"

namespace wattring::app {
namespace {

constexpr std::uint64_t kPageBytes = 4096;  // what the map must be a multiple of
constexpr std::size_t kNameBytesMax = 64;

struct Checker {
  const LoadedConfig& loaded;
  std::vector<ConfigError> errors;

  void add(const std::string& key, std::string message) {
    const auto origin = loaded.origins.find(key);
    errors.push_back({origin == loaded.origins.end() ? key + " (default)" : origin->second, std::move(message)});
  }
};

struct Listener {
  std::string key;
  const Endpoint& endpoint;
  bool guarded;  ///< callers must prove who they are
  const char* guard;
};

std::array<Listener, 5> listeners_of(const Config& config) {
  const bool keys = !config.cluster.keys.empty();
  const bool tokens = !config.http.tokens.empty();
  return {{{"listen.membership", config.listen.membership, keys, "cluster.keys"},
           {"listen.peers", config.listen.peers, keys, "cluster.keys"},
           {"listen.ingest", config.listen.ingest, keys, "cluster.keys"},
           {"listen.http", config.listen.http, tokens, "http.tokens"},
           {"listen.data", config.listen.data, keys, "cluster.keys"}}};
}

bool is_open(const Listener& listener) {
  return !listener.endpoint.is_loopback() && !listener.guarded;
}

void check_listeners(Checker& check) {
  const auto listeners = listeners_of(check.loaded.config);
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const Listener& one = listeners[i];
    if (is_open(one) && !check.loaded.config.insecure) {
      check.add(one.key, fmt::format("{} = \"{}\" is not on loopback, and callers are not authenticated; set {}, "
                                     "listen on 127.0.0.1, or set insecure = true to start all the same",
                                     one.key, one.endpoint.text(), one.guard));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (one.endpoint.port != 0 && one.endpoint == listeners[j].endpoint) {
        check.add(one.key, fmt::format("{} and {} are both \"{}\"", one.key, listeners[j].key, one.endpoint.text()));
      }
    }
  }
}

void check_cluster(Checker& check) {
  const Config& config = check.loaded.config;
  if (config.listen.membership.is_wildcard() && config.advertise.membership.host.empty()) {
    check.add("listen.membership",
              fmt::format("listen.membership = \"{}\" is every address; set advertise.membership to the one that the "
                          "other nodes reach this node at",
                          config.listen.membership.text()));
  }
  if (config.cluster.zone.size() > kNameBytesMax) {
    check.add("cluster.zone", fmt::format("cluster.zone is longer than {} bytes", kNameBytesMax));
  } else if (!is_plain_text(config.cluster.zone)) {
    check.add("cluster.zone", "cluster.zone has control characters or bytes that are not UTF-8");
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

void check_names(Checker& check) {
  for (const TableKind& kind : config_tables()) {
    for (std::size_t row = 0; row < kind.count(check.loaded.config); ++row) {
      const std::string name = kind.name_of(check.loaded.config, row);
      const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
      });
      if (plain && name.size() <= kNameBytesMax) continue;
      check.add(kind.path_of(check.loaded.config, row),
                fmt::format("{} name \"{}\" is not made of 1 to {} letters, digits, \"-\" and \"_\"", kind.name, name,
                            kNameBytesMax));
    }
  }
}

void check_p1(Checker& check) {
  for (const P1Source& source : check.loaded.config.p1) {
    if (source.connect.port == 0) {
      check.add("p1." + source.name, fmt::format("p1 \"{}\" needs the port to connect to", source.name));
    }
    if (source.meter.size() > kMeterIdBytesMax) {
      check.add("p1." + source.name,
                fmt::format("p1 \"{}\": the meter id is longer than {} bytes", source.name, kMeterIdBytesMax));
    }
  }
}

void check_sinks(Checker& check) {
  for (const AlertSink& sink : check.loaded.config.sinks) {
    const std::string path = "sink." + sink.name;
    const bool is_log = sink.kind == "log";
    if (is_log && !sink.url.empty()) check.add(path, fmt::format("sink \"{}\" is a log and takes no url", sink.name));
    if (!is_log && sink.url.empty()) {
      check.add(path, fmt::format("sink \"{}\" is of kind \"{}\" and needs a url", sink.name, sink.kind));
    }
    if (!is_log && sink.name == "log") {
      check.add(path, "the name \"log\" belongs to the log; name this sink otherwise");
    }
  }
}

}  // namespace

std::vector<std::string> open_listeners(const Config& config) {
  std::vector<std::string> open;
  for (const Listener& one : listeners_of(config))
    if (is_open(one)) open.push_back(one.key);
  return open;
}

std::vector<ConfigError> validate(const LoadedConfig& loaded) {
  Checker check{loaded, {}};
  check_listeners(check);
  check_cluster(check);
  check_sizes(check);
  check_names(check);
  check_p1(check);
  check_sinks(check);
  return std::move(check.errors);
}

}  // namespace wattring::app
