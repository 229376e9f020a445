// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/app/config.hpp"
#include "node/app/config_keys.hpp"
#include "node/app/config_validate.hpp"

namespace wattring::app {
namespace {

ConfigSources file(std::string text) {
  return {{{"w.toml", std::move(text)}}, {}, {}};
}

/// All errors, a line each.
std::string errors_of(const ConfigSources& sources) {
  const auto loaded = load_config(sources);
  std::string out;
  if (loaded) return out;
  for (const ConfigError& error : loaded.error()) out += error.text() + "\n";
  return out;
}

TEST(ConfigLoad, NothingAtAllGivesTheDefaults) {
  const auto loaded = load_config({});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config, Config{});
  EXPECT_TRUE(loaded->origins.empty());
}

TEST(ConfigLoad, AFileSetsKeysOfEveryKind) {
  const auto loaded = load_config(file(R"(
insecure = true
[listen]
http = "0.0.0.0:8080"
[ingest]
accept_future = "90s"
in_flight_max = "1GiB"
credit_batches = 4
line_overwrite = "keep"
[store]
reserve = "5%"
[retention]
raw = "730d"
intervals = "keep"
[meters]
zone = "Europe/Amsterdam"
)"));
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->config.insecure);
  EXPECT_EQ(loaded->config.listen.http, (Endpoint{"0.0.0.0", 8080}));
  EXPECT_EQ(loaded->config.ingest.accept_future_ms, 90'000);
  EXPECT_EQ(loaded->config.ingest.in_flight_bytes_max, 1ULL << 30U);
  EXPECT_EQ(loaded->config.ingest.credit_batches, 4U);
  EXPECT_FALSE(loaded->config.ingest.line_overwrite_latest);
  EXPECT_EQ(loaded->config.store.reserve, (DiskReserve{0, 5}));
  EXPECT_EQ(loaded->config.retention.raw_ms, 730 * kMsPerDay);
  EXPECT_EQ(loaded->config.retention.intervals_ms, std::nullopt);
  EXPECT_EQ(loaded->config.meters.zone, "Europe/Amsterdam");
  EXPECT_EQ(loaded->origins.at("listen.http"), "w.toml:4");
}

TEST(ConfigLoad, LaterLayersWinAndTheirOriginIsKept) {
  ConfigSources sources;
  sources.files = {
      {"a.toml", "[http]\nthreads = 1\nbody_max = \"1MiB\"\n[log]\nlevel = \"debug\"\nformat = \"json\"\n"},
      {"conf.d/b.toml", "[http]\nthreads = 2\nbody_max = \"2MiB\"\n[log]\nlevel = \"warn\"\n"}};
  sources.environment = {{"WATTRING_HTTP_THREADS", "3"}, {"WATTRING_HTTP_BODY_MAX", "3MiB"}, {"HOME", "/root"}};
  sources.sets = {"http.threads=4", "http.threads=5"};
  const auto loaded = load_config(sources);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.http.threads, 5U);
  EXPECT_EQ(loaded->config.http.body_bytes_max, 3ULL << 20U);
  EXPECT_EQ(loaded->config.log.level, "warn");
  EXPECT_EQ(loaded->config.log.format, "json");
  const std::map<std::string, std::string> origins{{"http.threads", "--set"},
                                                   {"http.body_max", "env WATTRING_HTTP_BODY_MAX"},
                                                   {"log.level", "conf.d/b.toml:5"},
                                                   {"log.format", "a.toml:6"}};
  EXPECT_EQ(loaded->origins, origins);
}

TEST(ConfigLoad, AnUnknownKeyIsAnErrorWithItsPlaceAndTheNearestKey) {
  EXPECT_EQ(errors_of(file("[listen]\n  htpp = \"127.0.0.1:1\"\n")),
            "w.toml:2:3: error: unknown key \"listen.htpp\" (did you mean \"listen.http\"?)\n");
  EXPECT_EQ(errors_of(file("threads = 3\n")),
            "w.toml:1:1: error: unknown key \"threads\" (did you mean \"http.threads\"?)\n");
  EXPECT_EQ(errors_of(file("[kitchen]\nsink = 3\n")), "w.toml:2:1: error: unknown key \"kitchen.sink\"\n");
}

TEST(ConfigLoad, ANameWithADotIsNotAPath) {
  const std::string errors = errors_of(file("\"http.threads\" = 3\n"));
  EXPECT_TRUE(errors.starts_with("w.toml:1:1: error: unknown key \"\"http.threads\"\"")) << errors;
}

TEST(ConfigLoad, ControlCharactersStayOutOfMessages) {
  const std::string errors = errors_of(file("\"\\u001b[2J\" = \"\\u001b\"\n"));
  EXPECT_NE(errors, "");
  EXPECT_EQ(errors.find('\x1b'), std::string::npos) << errors;
}

TEST(ConfigLoad, ABareNumberIsRefusedWhereAUnitIsMeant) {
  EXPECT_EQ(
      errors_of(file("[ingest]\naccept_past = 10\nin_flight_max = 256\naccept_future = \"5\"\n")),
      "w.toml:2:1: error: ingest.accept_past = 10 needs a unit, for example \"200ms\", \"15m\" or \"10y\"\n"
      "w.toml:3:1: error: ingest.in_flight_max = 256 needs a unit, for example \"192MiB\"\n"
      "w.toml:4:1: error: ingest.accept_future = \"5\" needs a unit, for example \"200ms\", \"15m\" or \"10y\"\n");
}

TEST(ConfigLoad, WrongKindsAndRangesAreRefused) {
  EXPECT_EQ(errors_of(file("insecure = \"yes\"\n")),
            "w.toml:1:1: error: insecure = \"yes\" is neither true nor false\n");
  // A word in quotes is a text in TOML, whatever it says.
  EXPECT_EQ(errors_of(file("insecure = \"true\"\n")),
            "w.toml:1:1: error: insecure = \"true\" is neither true nor false\n");
  EXPECT_EQ(errors_of(file("http.threads = 0\n")),
            "w.toml:1:6: error: http.threads = 0 is not a whole number from 1 to 1024\n");
  EXPECT_EQ(errors_of(file("http.threads = 2.5\n")),
            "w.toml:1:6: error: http.threads = 2.5 is not a whole number from 1 to 1024\n");
  EXPECT_EQ(errors_of(file("log.level = \"loud\"\n")),
            "w.toml:1:5: error: log.level = \"loud\" is none of \"debug\", \"info\", \"warn\", \"error\"\n");
  EXPECT_EQ(errors_of(file("retention.raw = \"1h\"\n")),
            "w.toml:1:11: error: retention.raw = \"1h\" is less than the least, \"1d\"\n");
  EXPECT_EQ(errors_of(file("ingest.accept_past = \"1m\"\n")),
            "w.toml:1:8: error: ingest.accept_past = \"1m\" is less than the least, \"1h\"\n");
  EXPECT_EQ(errors_of(file("meters.zone = \"../etc/passwd\"\n")),
            "w.toml:1:8: error: meters.zone = \"../etc/passwd\" is not a time zone, for example \"Europe/Brussels\"\n");
}

TEST(ConfigLoad, AValueInPlaceOfASectionIsExplained) {
  EXPECT_EQ(errors_of(file("http = 3\n")), "w.toml:1:1: error: \"http\" is a section: its keys stand below [http]\n");
  EXPECT_EQ(errors_of(file("[http]\n")), "");
}

TEST(ConfigLoad, AFileThatIsNotTomlGivesThePlace) {
  const std::string errors = errors_of(file("[http]\nthreads = = 3\n"));
  EXPECT_EQ(errors.substr(0, 30), "w.toml:2:11: error: not TOML: ");
}

TEST(ConfigLoad, UnknownVariablesOfOursAreRefusedAndOthersIgnored) {
  ConfigSources sources;
  sources.environment = {{"PATH", "/bin"},
                         {"WATTRING_NODES", "10.0.0.1:7414"},
                         {"WATTRING_SHARED_DATA", "/data"},
                         {"WATTRING_TOKEN_FILE", "ops.token"},
                         {"WATTRING_HTTP_THREAD", "3"}};
  EXPECT_EQ(errors_of(sources),
            "env WATTRING_HTTP_THREAD: error: no key has this name (did you mean \"WATTRING_HTTP_THREADS\"?)\n");
}

TEST(ConfigLoad, OnlyListenersThatNeedItAreCalledOpen) {
  Config config;
  config.insecure = true;
  EXPECT_EQ(open_listeners(config), std::vector<std::string>{}) << "all are on loopback";
  config.listen.http.host = "0.0.0.0";
  config.listen.ingest.host = "10.0.0.1";
  EXPECT_EQ(open_listeners(config), (std::vector<std::string>{"listen.ingest", "listen.http"}));
  config.http.tokens = "/etc/wattring/http.tokens";
  config.cluster.keys = "/etc/wattring/node.keys";
  EXPECT_EQ(open_listeners(config), std::vector<std::string>{});
}

TEST(ConfigLoad, AnAssignmentWithoutAnEqualsSignIsRefused) {
  EXPECT_EQ(errors_of({{}, {}, {"http.threads"}}),
            "--set http.threads: error: is not section.key=value, for example --set listen.http=127.0.0.1:0\n");
  EXPECT_EQ(errors_of({{}, {}, {"http.treads=3"}}),
            "--set http.treads=3: error: unknown key \"http.treads\" (did you mean \"http.threads\"?)\n");
}

TEST(ConfigLoad, AllErrorsOfAllLayersAreListed) {
  ConfigSources sources = file("a = 1\n[http]\nthreads = \"x\"\n");
  sources.environment = {{"WATTRING_B", "1"}};
  sources.sets = {"c=1"};
  const auto loaded = load_config(sources);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), 4U);
}

TEST(ConfigLoad, AListenerOffLoopbackNeedsAGuardOrToBeCalledInsecure) {
  EXPECT_EQ(
      errors_of(file("[listen]\nhttp = \"0.0.0.0:7414\"\n")),
      "w.toml:2: error: listen.http = \"0.0.0.0:7414\" is not on loopback, and callers are not authenticated; set "
      "http.tokens, listen on 127.0.0.1, or set insecure = true to start all the same\n");
  EXPECT_EQ(errors_of({{}, {{"WATTRING_INSECURE", "true"}}, {"listen.http=0.0.0.0:7414"}}), "");
  EXPECT_EQ(errors_of({{}, {}, {"listen.http=0.0.0.0:7414", "http.tokens=/etc/tokens"}}), "");
  const std::vector<std::string> between_nodes{"listen.membership=10.0.0.1:7411", "listen.peers=10.0.0.1:7412"};
  EXPECT_NE(errors_of({{}, {}, between_nodes}).find("set cluster.keys"), std::string::npos);
  EXPECT_EQ(errors_of({{}, {{"WATTRING_CLUSTER_KEYS", "/etc/keys"}}, between_nodes}), "");
  EXPECT_NE(errors_of({{}, {}, {"listen.ingest=10.0.0.1:7413"}}), "");
  EXPECT_EQ(errors_of({{}, {{"WATTRING_CLUSTER_KEYS", "/etc/keys"}}, {"listen.ingest=10.0.0.1:7413"}}), "");
}

TEST(ConfigLoad, MembershipOnEveryAddressNeedsOneToTellOthers) {
  const std::string error = errors_of({{}, {}, {"insecure=true", "listen.membership=0.0.0.0:7411"}});
  EXPECT_NE(error.find("set advertise.membership"), std::string::npos) << error;
  EXPECT_EQ(
      errors_of({{}, {}, {"insecure=true", "listen.membership=0.0.0.0:7411", "advertise.membership=10.0.0.1:7411"}}),
      "");
  for (const char* bad : {"0.0.0.0:7411", "node1:7411", "10.0.0.1"})
    EXPECT_NE(errors_of({{}, {}, {std::string("advertise.membership=") + bad}}), "") << bad;
}

TEST(ConfigLoad, JoinIsAListInFilesAndHasCommasElsewhere) {
  const std::vector<Endpoint> both{{"a.example", 7411}, {"10.0.0.2", 7411}};
  const auto from_file = load_config(file("[cluster]\njoin = [\"a.example:7411\", \"10.0.0.2:7411\"]\n"));
  ASSERT_TRUE(from_file);
  EXPECT_EQ(from_file->config.cluster.join, both);
  const auto from_set = load_config({{}, {}, {"cluster.join=a.example:7411,10.0.0.2:7411"}});
  ASSERT_TRUE(from_set);
  EXPECT_EQ(from_set->config.cluster.join, both);
  EXPECT_EQ(load_config({{}, {}, {"cluster.join="}})->config.cluster.join, std::vector<Endpoint>{});
  EXPECT_EQ(errors_of(file("[cluster]\njoin = [\"a.example\"]\n")),
            "w.toml:2:1: error: cluster.join = [...] has \"a.example\", which is not HOST:PORT, for example "
            "\"10.0.0.1:7411\"\n");
  for (const char* bad : {"[1]", "7411", "[[\"a:1\"]]", "[\"a:0\"]", "[\"\"]"})
    EXPECT_NE(errors_of(file(std::string("[cluster]\njoin = ") + bad + "\n")), "") << bad;
}

TEST(ConfigLoad, TwoListenersCannotShareAPortUnlessItIsFree) {
  EXPECT_EQ(errors_of({{}, {}, {"listen.http=127.0.0.1:7413"}}),
            "--set: error: listen.http and listen.ingest are both \"127.0.0.1:7413\"\n");
  EXPECT_EQ(errors_of({{}, {}, {"listen.http=127.0.0.1:0", "listen.ingest=127.0.0.1:0"}}), "");
}

TEST(ConfigLoad, SizesThatContradictEachOtherAreRefused) {
  EXPECT_EQ(
      errors_of({{}, {}, {"ingest.in_flight_max=32MiB"}}),
      "http.body_max (default): error: http.body_max = \"64MiB\" is more than ingest.in_flight_max = \"32MiB\": no "
      "such body could ever be taken\n");
  EXPECT_NE(errors_of({{}, {}, {"store.map_size=64MiB", "store.journal_max=64MiB"}}), "");
  EXPECT_NE(errors_of({{}, {}, {"store.map_size=100000001B"}}), "");
}

TEST(ConfigLoad, P1SourcesOfAllFilesAreAdded) {
  ConfigSources sources;
  sources.files = {
      {"a.toml", "[[p1]]\nname = \"cellar\"\nconnect = \"192.168.1.20:23\"\n"},
      {"b.toml", "[[p1]]\nname = \"barn\"\nconnect = \"barn:2323\"\nmeter = \"M-2\"\nzone = \"Europe/Amsterdam\"\n"}};
  const auto loaded = load_config(sources);
  ASSERT_TRUE(loaded);
  const std::vector<P1Source> expected{{"cellar", {"192.168.1.20", 23}, "", ""},
                                       {"barn", {"barn", 2323}, "M-2", "Europe/Amsterdam"}};
  EXPECT_EQ(loaded->config.p1, expected);
  EXPECT_EQ(loaded->origins.at("p1.barn"), "b.toml:1");
}

TEST(ConfigLoad, P1SourcesAreHeldToTheirKeys) {
  EXPECT_EQ(errors_of(file("[[p1]]\nname = \"a\"\nconect = \"h:1\"\n")),
            "w.toml:3:1: error: unknown key \"p1.conect\" (did you mean \"connect\"?)\n"
            "w.toml:1:1: error: this [[p1]] table has no \"connect\"\n");
  EXPECT_EQ(errors_of(file("[[p1]]\nname = \"a\"\nconnect = \"h:1\"\n[[p1]]\nname = \"a\"\nconnect = \"h:2\"\n")),
            "w.toml:4:1: error: p1 \"a\" is there twice, first at w.toml:1\n");
  EXPECT_EQ(errors_of(file("[[p1]]\nname = \"a b\"\nconnect = \"h:0\"\n")),
            "w.toml:1: error: p1 name \"a b\" is not made of 1 to 64 letters, digits, \"-\" and \"_\"\n"
            "w.toml:1: error: p1 \"a b\" needs the port to connect to\n");
  for (const char* text : {"p1 = 3\n", "[p1]\nname = \"a\"\n", "p1 = []\n"}) {
    EXPECT_NE(errors_of(file(text)).find("headed [[p1]]"), std::string::npos) << text;
  }
}

TEST(ConfigLoad, SinksAreReadWithTheirDefaults) {
  const auto loaded = load_config(
      file("[[sink]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"http://127.0.0.1:9093\"\nresend = \"30s\"\n"
           "[[p1]]\nname = \"barn\"\nconnect = \"barn:23\"\n[[sink]]\nname = \"quiet\"\nkind = \"log\"\n"
           "min_severity = \"critical\"\n"));
  ASSERT_TRUE(loaded);
  AlertSink alertmanager;
  alertmanager.name = "am";
  alertmanager.kind = "alertmanager";
  alertmanager.url = "http://127.0.0.1:9093";
  alertmanager.resend_ms = 30 * kMsPerSecond;
  AlertSink quiet;
  quiet.name = "quiet";
  quiet.kind = "log";
  quiet.min_severity = "critical";
  EXPECT_EQ(loaded->config.sinks, (std::vector<AlertSink>{alertmanager, quiet}));
  EXPECT_EQ(loaded->config.p1.size(), 1U);
  EXPECT_EQ(loaded->origins.at("sink.quiet"), "w.toml:9");
}

TEST(ConfigLoad, SinksAreHeldToTheirKeys) {
  const std::string begin = "[[sink]]\nname = \"a\"\nkind = \"webhook\"\n";
  EXPECT_EQ(errors_of(file(begin + "uri = \"http://h/\"\n")),
            "w.toml:4:1: error: unknown key \"sink.uri\" (did you mean \"url\"?)\n");
  EXPECT_EQ(errors_of(file(begin + "url = \"h:1\"\n")),
            "w.toml:4:1: error: sink.url = \"h:1\" is not an http:// or https:// URL without user and password, for "
            "example \"http://127.0.0.1:9093\"\n");
  EXPECT_EQ(errors_of(file(begin)), "w.toml:1: error: sink \"a\" is of kind \"webhook\" and needs a url\n");
  EXPECT_EQ(errors_of(file("[[sink]]\nname = \"a\"\nkind = \"mail\"\n")),
            "w.toml:3:1: error: sink.kind = \"mail\" is none of \"webhook\", \"alertmanager\", \"log\"\n");
  EXPECT_EQ(errors_of(file("[[sink]]\nname = \"a\"\nkind = \"log\"\nurl = \"http://h/\"\n")),
            "w.toml:1: error: sink \"a\" is a log and takes no url\n");
  EXPECT_EQ(errors_of(file("[[sink]]\nname = \"log\"\nkind = \"webhook\"\nurl = \"http://h/\"\n")),
            "w.toml:1: error: the name \"log\" belongs to the log; name this sink otherwise\n");
  EXPECT_EQ(errors_of(file(begin + "url = \"http://h/\"\ntimeout = 5\n")),
            "w.toml:5:1: error: sink.timeout = 5 needs a unit, for example \"200ms\", \"15m\" or \"10y\"\n");
}

TEST(ConfigLoad, AListThatIsNotKnownIsNamedWithTheOneThatIsMeant) {
  EXPECT_EQ(errors_of(file("[[sinks]]\nname = \"a\"\n")),
            "w.toml:1:1: error: unknown key \"sinks\" (did you mean \"sink\"?)\n");
  EXPECT_NE(errors_of({{}, {}, {"sink.url=http://h/"}}).find("headed [[sink]]"), std::string::npos);
}

TEST(ConfigLoad, EveryKeyHasItsOwnEnvironmentName) {
  std::map<std::string, std::string> names;
  for (const ConfigKey& key : config_keys()) {
    const auto [at, is_new] = names.emplace(environment_name(key), key.path());
    EXPECT_TRUE(is_new) << key.path() << " and " << at->second;
  }
}

}  // namespace
}  // namespace wattring::app
