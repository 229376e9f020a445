// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_keys.hpp"

#include <fmt/format.h>

#include <array>

#include "base/units.hpp"
#include "node/app/config_fields.hpp"

namespace wattring::app {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30U;
constexpr std::uint64_t kTiB = 1ULL << 40U;
constexpr std::size_t kShownMax = 60;  // bytes of a value in a message
constexpr std::int64_t kMsPerYear = 365 * kMsPerDay;

ConfigKey retention(std::string name, std::string meaning, std::optional<std::int64_t> Config::Retention::*member) {
  return fields::field<Config>(
      "retention", std::move(name), "\"keep\" or duration", std::move(meaning),
      [member](Config& config) -> auto& { return config.retention.*member; },
      [](const RawValue& raw) -> Result<std::optional<std::int64_t>> {
        if (raw.text == "keep" && raw.kind <= RawValue::Kind::string) return std::optional<std::int64_t>{};
        auto value = fields::as_duration(raw, kMsPerDay, 1000 * kMsPerYear);
        if (!value) return Failure(value.error());
        return std::optional<std::int64_t>{*value};
      },
      [](const std::optional<std::int64_t>& value) {
        return toml_string(value ? format_duration_ms(*value) : "keep");
      });
}

void add_access_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(fields::field<Config>(
      "", "insecure", "true or false",
      "Start although a listener is not on loopback and nothing asks callers who they are. "
      "`wattringctl status` shows it as a problem.",
      [](Config& c) -> auto& { return c.insecure; }, fields::as_bool,
      [](bool value) { return std::string(value ? "true" : "false"); }));
  keys.push_back(fields::endpoint("listen", "membership", "Gossip between nodes. Port 0 takes a free one.",
                                  [](Config& c) -> auto& { return c.listen.membership; }));
  keys.push_back(fields::endpoint("listen", "peers", "Actors' messages between nodes. Port 0 takes a free one.",
                                  [](Config& c) -> auto& { return c.listen.peers; }));
  keys.push_back(fields::endpoint("listen", "ingest", "Readings by the native protocol. Port 0 takes a free one.",
                                  [](Config& c) -> auto& { return c.listen.ingest; }));
  keys.push_back(fields::endpoint("listen", "http",
                                  "Readings and queries over HTTP, health and metrics. Port 0 takes a free one.",
                                  [](Config& c) -> auto& { return c.listen.http; }));
  keys.push_back(fields::endpoint("listen", "data", "Copies of readings between nodes. Port 0 takes a free one.",
                                  [](Config& c) -> auto& { return c.listen.data; }));
  keys.push_back(fields::count(
      "http", "threads", "Requests that are served at the same time; more of them wait.",
      [](Config& c) -> auto& { return c.http.threads; }, 1, 1024));
  keys.push_back(fields::size(
      "http", "body_max", "The largest request body, counted after unpacking; a larger one is answered 413.",
      [](Config& c) -> auto& { return c.http.body_bytes_max; }, 64 * kKiB, kGiB));
  keys.push_back(fields::field<Config>(
      "http", "metrics_open", "true or false", "Answer /metrics without a token, for a scraper that has none.",
      [](Config& c) -> auto& { return c.http.metrics_open; }, fields::as_bool,
      [](bool value) { return std::string(value ? "true" : "false"); }));
  keys.push_back(fields::text(
      "http", "tokens", "path", "File of the bearer tokens that requests must carry; without it everybody may ask.",
      [](Config& c) -> auto& { return c.http.tokens; }, "/etc/wattring/http.tokens"));
}

void add_cluster_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(fields::field<Config>(
      "cluster", "join", "list of HOST:PORT",
      "Membership addresses of other nodes, asked for a way in at the start and again while they are not members. "
      "Names are looked up anew. In the environment and with --set: separated by commas.",
      [](Config& c) -> auto& { return c.cluster.join; }, fields::as_endpoints,
      [](const std::vector<Endpoint>& value) {
        std::string list;
        for (const Endpoint& one : value) list += (list.empty() ? "" : ", ") + toml_string(one.text());
        return "[" + list + "]";
      }));
  keys.push_back(fields::text(
      "cluster", "keys", "path",
      "Key file of this node. With it only nodes and ingest clients whose keys are on its list may connect.",
      [](Config& c) -> auto& { return c.cluster.keys; }, "/etc/wattring/node.keys"));
  keys.push_back(fields::text(
      "cluster", "zone", "word", "What fails together with this node: a rack, a room, a site.",
      [](Config& c) -> auto& { return c.cluster.zone; }, "rack-2"));
  keys.push_back(fields::count(
      "cluster", "weight", "This node's share of the data, compared with the others'.",
      [](Config& c) -> auto& { return c.cluster.weight; }, 1, 10'000));
  keys.push_back(fields::advertised(
      "membership",
      "Address that others reach `listen.membership` at. Needed when that is every address (0.0.0.0) or behind a "
      "translation. Port 0 is the listener's.",
      [](Config& c) -> auto& { return c.advertise.membership; }));
  keys.push_back(fields::advertised(
      "peers", "The same of `listen.peers`. Without it the listener's address, or the one of membership.",
      [](Config& c) -> auto& { return c.advertise.peers; }));
  keys.push_back(fields::advertised("ingest", "The same of `listen.ingest`.",
                                    [](Config& c) -> auto& { return c.advertise.ingest; }));
  keys.push_back(
      fields::advertised("http", "The same of `listen.http`.", [](Config& c) -> auto& { return c.advertise.http; }));
  keys.push_back(
      fields::advertised("data", "The same of `listen.data`.", [](Config& c) -> auto& { return c.advertise.data; }));
}

void add_placement_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(fields::field<Config>(
      "placement", "auto", "true or false",
      "Give nodes that have joined and stayed for 10 s their share of the readings without an operator's word.",
      [](Config& c) -> auto& { return c.placement.automatic; }, fields::as_bool,
      [](bool value) { return std::string(value ? "true" : "false"); }));
  keys.push_back(fields::size(
      "placement", "transfer_bytes_per_second",
      "How fast this node sends whole shards to others, when the ring has changed or a disk was lost. A message of a "
      "shard counts for at least 16 KiB, which is what it costs the disk of who gets it.",
      [](Config& c) -> auto& { return c.placement.transfer_bytes_per_second; }, 64 * kKiB, kTiB));
}

void add_ingest_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(fields::duration(
      "ingest", "accept_past", "Readings older than this are refused as TS_TOO_OLD.",
      [](Config& c) -> auto& { return c.ingest.accept_past_ms; }, kMsPerHour, 100 * kMsPerYear));
  keys.push_back(fields::duration(
      "ingest", "accept_future", "Readings further ahead of this node's clock than this are refused as TS_IN_FUTURE.",
      [](Config& c) -> auto& { return c.ingest.accept_future_ms; }, 0, kMsPerYear));
  keys.push_back(fields::size(
      "ingest", "in_flight_max",
      "Memory of batches that were taken in and are not stored yet. At the limit new ones are turned away as BUSY.",
      [](Config& c) -> auto& { return c.ingest.in_flight_bytes_max; }, 16 * kMiB, kTiB));
  keys.push_back(fields::size(
      "ingest", "batch_bytes_max", "The largest batch of the native protocol.",
      [](Config& c) -> auto& { return c.ingest.batch_bytes_max; }, 64 * kKiB, kBatchBytesMax));
  keys.push_back(fields::count(
      "ingest", "connections_max", "Native clients at the same time.",
      [](Config& c) -> auto& { return c.ingest.connections_max; }, 1, 65535));
  keys.push_back(fields::count(
      "ingest", "credit_batches", "Batches that a native client may have unanswered.",
      [](Config& c) -> auto& { return c.ingest.credit_batches; }, 1, 1024));
  keys.push_back(fields::field<Config>(
      "ingest", "line_overwrite", "\"latest\" or \"keep\"",
      "What a second, different value for the same meter, register and time does on the line-protocol endpoints: "
      "\"latest\" replaces, \"keep\" lets the data's own order of quality and revision decide.",
      [](Config& c) -> auto& { return c.ingest.line_overwrite_latest; },
      [](const RawValue& raw) -> Result<bool> {
        static const std::array<std::string, 2> kChoices{"latest", "keep"};
        auto value = fields::as_choice(raw, kChoices);
        if (!value) return Failure(value.error());
        return *value == "latest";
      },
      [](bool latest) { return toml_string(latest ? "latest" : "keep"); }));
  keys.push_back(fields::field<Config>(
      "meters", "zone", "time zone", "IANA zone of the local times in telegrams.",
      [](Config& c) -> auto& { return c.meters.zone; }, fields::as_zone,
      [](const std::string& value) { return toml_string(value); }));
  keys.push_back(fields::duration(
      "meters", "passivate_after",
      "A meter without readings for so long leaves memory once all of it is on the disk. Its next reading, or a "
      "question "
      "about it, brings it back.",
      [](Config& c) -> auto& { return c.meters.passivate_after_ms; }, kMsPerSecond, kMsPerYear));
  keys.push_back(fields::size(
      "meters", "resident_max",
      "Memory of the meters' state. Above it those without readings for longest leave before `passivate_after`.",
      [](Config& c) -> auto& { return c.meters.resident_bytes_max; }, 16 * kMiB, kTiB));
}

void add_store_keys(std::vector<ConfigKey>& keys) {
  keys.push_back(fields::size(
      "store", "map_size", "The most the data file may grow to. It is address space, not disk: the file starts small.",
      [](Config& c) -> auto& { return c.store.map_size_bytes; }, 64 * kMiB, 64 * kTiB));
  keys.push_back(fields::field<Config>(
      "store", "reserve", "size or percent",
      "Room that is kept free on the volume, absolute or as a share of it (\"5%\"). When it is reached, readings are "
      "refused as DISK_RESERVE until there is room again.",
      [](Config& c) -> auto& { return c.store.reserve; },
      [](const RawValue& raw) -> Result<DiskReserve> {
        const bool text = raw.kind == RawValue::Kind::string || raw.kind == RawValue::Kind::untyped;
        auto value = text ? parse_disk_reserve(raw.text) : Result<DiskReserve>(Failure(Error{}));
        if (!value || (value->bytes == 0 && value->percent <= 0)) {
          return fail(ErrorCode::invalid_argument, "is neither a size nor a share, for example \"256MiB\" or \"5%\"");
        }
        return value;
      },
      [](const DiskReserve& value) { return toml_string(format_disk_reserve(value)); }));
  keys.push_back(fields::size(
      "store", "unsealed_max", "Memory of readings that are journalled and not yet sealed into compressed chunks.",
      [](Config& c) -> auto& { return c.store.unsealed_bytes_max; }, 8 * kMiB, kTiB));
  keys.push_back(fields::size(
      "store", "journal_max",
      "Journal that may build up before it is sealed; it decides how long a start after a "
      "crash takes.",
      [](Config& c) -> auto& { return c.store.journal_bytes_max; }, 16 * kMiB, kTiB));
  keys.push_back(fields::count(
      "store", "workers", "Threads that own the shards; 0 = one per core.",
      [](Config& c) -> auto& { return c.store.workers; }, 0, 256));
  keys.push_back(retention("raw", "Age at which readings are dropped, by whole UTC days; their intervals stay.",
                           &Config::Retention::raw_ms));
  keys.push_back(retention("intervals",
                           "Age at which intervals whose readings are gone are dropped, by whole UTC days.",
                           &Config::Retention::intervals_ms));
  keys.push_back(
      retention("alerts", "Age at which alerts that are over leave the record.", &Config::Retention::alerts_ms));
  keys.push_back(fields::choice("log", "level", "The least severe event that is written to standard error.",
                                [](Config& c) -> auto& { return c.log.level; }, {"debug", "info", "warn", "error"}));
  keys.push_back(fields::choice("log", "format", "Lines for people, or one JSON object a line.",
                                [](Config& c) -> auto& { return c.log.format; }, {"text", "json"}));
}

std::vector<ConfigKey> make_keys() {
  std::vector<ConfigKey> keys;
  add_access_keys(keys);
  add_cluster_keys(keys);
  add_placement_keys(keys);
  add_ingest_keys(keys);
  add_store_keys(keys);
  return keys;
}

}  // namespace

std::string RawValue::shown() const {
  const std::string cut = text.size() <= kShownMax ? text : text.substr(0, kShownMax) + "...";
  return kind == Kind::string || kind == Kind::untyped ? toml_string(cut) : cut;
}

std::span<const ConfigKey> config_keys() {
  static const std::vector<ConfigKey> kKeys = make_keys();
  return kKeys;
}

std::span<const SectionInfo> config_sections() {
  static const std::vector<SectionInfo> kSections{
      {"", "The node as a whole"},
      {"listen", "Where the node listens"},
      {"http", "The HTTP server"},
      {"cluster", "How the node finds the others, and what it is to them"},
      {"advertise", "Where others reach the node, if not at the listeners' own addresses"},
      {"placement", "How readings are shared out among the nodes"},
      {"ingest", "What is taken in, and how much at once"},
      {"meters", "What is assumed of a meter that says nothing about it, and how long it stays in memory"},
      {"store", "Disk and memory"},
      {"retention", "What is dropped with age"},
      {"log", "What is written to standard error"},
  };
  return kSections;
}

std::string environment_name(const ConfigKey& key) {
  std::string name = "WATTRING_" + key.path();
  for (char& c : name) {
    if (c == '.') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace wattring::app
