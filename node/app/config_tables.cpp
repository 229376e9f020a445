// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_tables.hpp"

#include "base/http_url.hpp"
#include "node/app/config_fields.hpp"

namespace wattring::app {
namespace {

template <class T>
struct Column {
  BasicKey<T> key;
  bool required = false;
};

/// The list `rows` of the configuration, made of its columns.
template <class T>
TableKind table(std::string name, std::string meaning, std::vector<T> Config::*rows, std::vector<Column<T>> columns,
                T example) {
  TableKind kind;
  kind.name = std::move(name);
  kind.meaning = std::move(meaning);
  for (Column<T>& column : columns) {
    RowKey key{column.key.name, column.key.type, column.key.meaning, column.required, {}, {}};
    key.set = [rows, set = column.key.set](Config& config, std::size_t row, const RawValue& raw) {
      return set((config.*rows)[row], raw);
    };
    key.get = [rows, get = column.key.get](const Config& config, std::size_t row) { return get((config.*rows)[row]); };
    kind.keys.push_back(std::move(key));
  }
  (kind.example.*rows).push_back(std::move(example));
  kind.count = [rows](const Config& config) { return (config.*rows).size(); };
  kind.append = [rows](Config& config) { (config.*rows).emplace_back(); };
  kind.name_of = [rows](const Config& config, std::size_t row) { return (config.*rows)[row].name; };
  return kind;
}

std::string show_text(const std::string& value) {
  return toml_string(value);
}

template <class T>
Column<T> text(std::string table, std::string name, std::string meaning, std::string T::*member,
               const std::string& what, const std::string& example, bool required = false) {
  return {fields::field<T>(
              std::move(table), std::move(name), "text", std::move(meaning),
              [member](T& row) -> auto& { return row.*member; },
              [what, example](const RawValue& raw) { return fields::as_text(raw, what, example); }, show_text),
          required};
}

TableKind p1_table() {
  std::vector<Column<P1Source>> columns;
  columns.push_back(text("p1", "name",
                         "Names the source in logs and problems. Required, unique: letters, digits, \"-\", \"_\".",
                         &P1Source::name, "a name", "cellar", true));
  columns.push_back({fields::field<P1Source>(
                         "p1", "connect", "HOST:PORT", "The P1 port server to dial. Required.",
                         [](P1Source& s) -> auto& { return s.connect; }, fields::as_endpoint,
                         [](const Endpoint& value) { return toml_string(value.text()); }),
                     true});
  columns.push_back(text("p1", "meter",
                         "Id under which the readings are filed; without it the equipment id in the telegram.",
                         &P1Source::meter, "a meter id", "M-000731"));
  columns.push_back({fields::field<P1Source>(
      "p1", "zone", "time zone", "Zone of the telegrams' local times; without it `meters.zone`.",
      [](P1Source& s) -> auto& { return s.zone; }, fields::as_zone, show_text)});
  return table<P1Source>("p1", "P1 port servers to dial", &Config::p1, std::move(columns),
                         {"cellar", {"192.168.1.20", 23}, "M-000731", "Europe/Amsterdam"});
}

Column<AlertSink> choice(std::string name, std::string meaning, std::string AlertSink::*member,
                         const std::vector<std::string>& choices, bool required = false) {
  return {
      fields::choice<AlertSink>(
          "sink", std::move(name), std::move(meaning), [member](AlertSink& s) -> auto& { return s.*member; }, choices),
      required};
}

Column<AlertSink> duration(std::string name, std::string meaning, std::int64_t AlertSink::*member, std::int64_t min_ms,
                           std::int64_t max_ms) {
  return {fields::duration<AlertSink>(
      "sink", std::move(name), std::move(meaning), [member](AlertSink& s) -> auto& { return s.*member; }, min_ms,
      max_ms)};
}

TableKind sink_table() {
  std::vector<Column<AlertSink>> columns;
  columns.push_back(
      text("sink", "name",
           "Names the sink in logs, problems and metrics, and in what is kept for it: renamed, it is another one. "
           "Required, unique: letters, digits, \"-\", \"_\".",
           &AlertSink::name, "a name", "on-call", true));
  columns.push_back(choice("kind", "How it is told; see alerts-delivery.md. Required.", &AlertSink::kind,
                           {"webhook", "alertmanager", "log"}, true));
  columns.push_back({fields::field<AlertSink>(
      "sink", "url", "URL",
      "webhook: what is POSTed to; alertmanager: its base, without /api/v2. Required for these two.",
      [](AlertSink& s) -> auto& { return s.url; },
      [](const RawValue& raw) -> Result<std::string> {
        auto value = fields::as_text(raw, "a URL", "http://127.0.0.1:9093");
        if (!value) return value;
        if (parse_http_url(*value)) return value;
        return fail(ErrorCode::invalid_argument,
                    "is not an http:// or https:// URL without user and password, for example "
                    "\"http://127.0.0.1:9093\"");
      },
      show_text)});
  columns.push_back(text("sink", "token_file",
                         "File whose first line is sent as bearer token; read at each request, so it may change.",
                         &AlertSink::token_file, "a path", "/etc/wattring/on-call.token"));
  columns.push_back(duration("timeout", "To connect (2 s at most), and for each wait for an answer.",
                             &AlertSink::timeout_ms, 100, kMsPerMinute));
  columns.push_back(choice("min_severity", "Alerts that are less severe are not told to this sink.",
                           &AlertSink::min_severity, {"info", "warn", "critical"}));
  columns.push_back(duration("resend", "alertmanager: how often it is told again what fires.", &AlertSink::resend_ms,
                             kMsPerSecond, kMsPerHour));
  columns.push_back(duration("give_up_after",
                             "Age at which a notification that this sink does not take becomes a dead letter.",
                             &AlertSink::give_up_after_ms, kMsPerMinute, 30 * kMsPerDay));
  AlertSink example;
  example.name = "on-call";
  example.kind = "webhook";
  example.url = "https://hooks.example.org/wattring";
  return table<AlertSink>("sink", "Who is told about alerts besides the log", &Config::sinks, std::move(columns),
                          std::move(example));
}

}  // namespace

std::span<const TableKind> config_tables() {
  static const std::vector<TableKind> kTables{p1_table(), sink_table()};
  return kTables;
}

const TableKind* find_table(std::string_view name) {
  for (const TableKind& kind : config_tables()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace wattring::app
