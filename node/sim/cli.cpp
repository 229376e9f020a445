// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdlib>

#include "base/time.hpp"
#include "node/http/token_file.hpp"
#include "node/sim/chaos_cli.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/local_cluster.hpp"
#include "node/sim/options.hpp"

namespace wattring::sim {
namespace {

// Converters for CLI11, which wants an exception for a value that is wrong.
template <class T>
T or_throw(const char* option, Result<T> result) {
  if (!result) throw CLI::ValidationError(option, result.error().text());
  return *result;
}

// "1000", "10k", "1M", "2.5M".
double parse_count(const char* option, std::string text) {
  double factor = 1;
  if (!text.empty() && (text.back() == 'k' || text.back() == 'K')) factor = 1e3;
  if (!text.empty() && text.back() == 'M') factor = 1e6;
  if (factor > 1) text.pop_back();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0 || value > 1e15) {
    throw CLI::ValidationError(option, "\"" + text + "\" is not a count such as 1000, 10k or 1M");
  }
  return value * factor;
}

// "1%", "0.1%".
double parse_share(const char* option, std::string text) {
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = !text.empty() && error == std::errc() && end == text.data() + text.size();
  if (!number || (!percent && value != 0) || value < 0 || value > 100) {
    throw CLI::ValidationError(option, "needs a share such as 1% or 0.05%");
  }
  return value / 100;
}

void add_duration(CLI::App& app, const char* name, std::int64_t& into_ms, const char* help) {
  app.add_option_function<std::string>(
         name, [name, &into_ms](const std::string& text) { into_ms = or_throw(name, parse_duration_ms(text)); }, help)
      ->default_str(into_ms > 0 ? format_duration_ms(into_ms) : "");
}
void add_share(CLI::App& app, const char* name, double& into, const char* help) {
  app.add_option_function<std::string>(
      name, [name, &into](const std::string& text) { into = parse_share(name, text); }, help);
}
template <class T>
void add_count(CLI::App& app, const char* name, T& into, const char* help, double least = 1, double most = 1e15) {
  app.add_option_function<std::string>(
         name,
         [=, &into](const std::string& text) {
           const double value = parse_count(name, text);
           if (value < least || value > most) {
             throw CLI::ValidationError(name, CLI::detail::to_string(value) + " is outside " +
                                                  CLI::detail::to_string(least) + " to " +
                                                  CLI::detail::to_string(most));
           }
           into = static_cast<T>(value);
         },
         help)
      ->default_str(into > 0 ? std::to_string(static_cast<std::uint64_t>(into)) : "");
}

void add_node(CLI::App& app, NodeOptions& node) {
  app.add_option("--node", node.nodes, "HTTP address HOST:PORT; repeatable")
      ->envname("WATTRING_NODES")
      ->delimiter(',')
      ->expected(1)
      ->take_all()
      ->each([](const std::string& text) { (void)or_throw("--node", parse_host_port(text)); });
  add_duration(app, "--timeout", node.timeout_ms, "how long a node may take to connect or answer");
  app.add_option_function<std::string>(
         "--token-file",
         [&node](const std::string& path) { node.token = or_throw("--token-file", http::read_token_file(path)); },
         "file with the bearer token, for nodes that ask for one")
      ->type_name("FILE")
      ->envname("WATTRING_TOKEN_FILE");
}

void add_faults(CLI::App& app, Faults& faults) {
  add_share(app, "--late", faults.late, "deliver this share later, e.g. 1%");
  add_share(app, "--dup", faults.dup, "deliver this share twice");
  add_share(app, "--out-of-order", faults.out_of_order, "deliver this share after its successor");
  add_share(app, "--gap", faults.gap, "leave this share out");
  add_share(app, "--reset", faults.reset, "let registers start again from 0");
  add_share(app, "--glitch", faults.glitch, "let registers read 0 once");
}

struct Parsed {
  RunOptions run;
  CheckOptions check;
  ReplayOptions replay;
  ClusterUpOptions up;
  ClusterDownOptions down;
  ClusterStatusOptions status;
  ChaosCommandLine chaos;
  std::string start;
  std::string as = "native";
  std::string profile = "mixed";
  std::int64_t for_ms = 0;
  bool no_resend = false;
  bool no_ledger = false;
  bool replay_no_ledger = false;
  bool no_intervals = false;
  std::string output = "table";
};

void add_fleet(CLI::App& app, Parsed& parsed) {
  FleetOptions& fleet = parsed.run.fleet;
  add_count(app, "--meters", fleet.meters, "meters", 1, 1e8);
  add_duration(app, "--every", fleet.every_ms, "event time between two readings of a meter");
  app.add_option("--registers", fleet.registers, "energy, 2nd energy register, power, voltage")
      ->check(CLI::Range(1, Fleet::kRegistersMax))
      ->capture_default_str();
  app.add_option("--profile", parsed.profile, "household|industry|solar|mixed")->capture_default_str();
  add_duration(app, "--jitter", fleet.jitter_ms, "each meter reads at an offset of its own below this, whole seconds");
  app.add_option("--seed", fleet.seed, "same seed and options, same readings")->capture_default_str();
  app.add_option("--start", parsed.start,
                 "event time of the first readings, RFC 3339; default: so that they end before now");
  app.add_option("--prefix", parsed.run.prefix, "meter ids are PREFIX000000, ...")->capture_default_str();
  add_faults(app, fleet.faults);
}

void add_run(CLI::App& app, Parsed& parsed) {
  RunOptions& run = parsed.run;
  add_node(app, run.node);
  app.add_option("--ingest", run.ingest, "native ingest endpoint HOST:PORT; default: as the node's status says");
  app.add_option("--keys", run.keys, "key file for the native protocol (wattringctl keygen --client)");
  app.add_option("--as", parsed.as, "native|p1|line|json")->capture_default_str();
  add_fleet(app, parsed);
  add_duration(app, "--for", parsed.for_ms, "wall time (default 20s, unless --readings is given)");
  add_count(app, "--readings", run.load.readings_max, "stop after this many readings");
  add_count(app, "--rate", run.load.rate, "readings/s, open loop; default: as fast as the node takes them");
  add_count(app, "--batch", run.load.batch, "readings in a batch", 1, 100'000);
  add_count(app, "--in-flight", run.load.in_flight, "batches; default: the node's credit", 1, 10'000);
  add_count(app, "--clients", run.clients, "threads, each with a connection", 1, 1'000);
  add_duration(app, "--reply-timeout", run.load.reply_timeout_ms, "without a reply for so long a batch is unknown");
  add_duration(app, "--patience", run.load.patience_ms, "go on without any reply for so long");
  app.add_flag("--no-resend", parsed.no_resend, "do not send batches of unknown outcome again");
  app.add_option("--ledger", run.ledger, "file; default ledger-SEED.bin");
  app.add_flag("--no-ledger", parsed.no_ledger, "write none");
  app.add_flag("--bench", run.bench, "figures as JSON on standard output");
  app.add_flag("--generate-only", run.generate_only, "no node: how fast the generator is");
  app.add_option("--limit-p99-ms", run.limit_p99_ms, "exit 20 when p99 is above")->check(CLI::PositiveNumber);
  add_count(app, "--limit-rate", run.limit_rate, "exit 20 when fewer readings/s are acked");
}

void add_check(CLI::App& app, Parsed& parsed) {
  CheckOptions& check = parsed.check;
  app.add_option("LEDGER", check.ledger, "file that run or replay wrote")->required();
  add_node(app, check.node);
  add_count(app, "--sample", check.sample, "check at most so many meters, drawn by --seed");
  app.add_option("--seed", check.sample_seed, "of the sample")->capture_default_str();
  app.add_option("--threads", check.threads, "connections")->check(CLI::Range(1, 64))->capture_default_str();
  add_duration(app, "--wait", check.wait_ms, "how long to wait for complete answers, each connection in all");
  add_share(app, "--min-acked", check.acked_share_min,
            "INCONCLUSIVE when less of the readings was acked (default 10%)");
  app.add_flag("--no-intervals", parsed.no_intervals, "compare readings only");
  app.add_option("-o,--output", parsed.output, "table|json")->check(CLI::IsMember({"table", "json"}));
}

void add_replay(CLI::App& app, Parsed& parsed) {
  ReplayOptions& replay = parsed.replay;
  app.add_option("FILE", replay.file, "P1 capture or line protocol")->required();
  add_node(app, replay.node);
  app.add_option("--meter", replay.meter, "id for all telegrams; default: their equipment id");
  app.add_option("--precision", replay.precision, "of line protocol: ns|us|ms|s|m|h")->capture_default_str();
  app.add_flag("--shift-to-now", replay.shift_to_now, "move all times so that the last lies just before now");
  app.add_option("--speed", replay.speed, "1 = as fast as it was recorded, 10 = ten times; default: no waiting")
      ->check(CLI::PositiveNumber);
  add_count(app, "--batch", replay.batch, "telegrams or lines in a request", 1, 100'000);
  add_duration(app, "--patience", replay.patience_ms, "try one request for so long");
  app.add_option("--ledger", replay.ledger, "file; default ledger-replay.bin");
  app.add_flag("--no-ledger", parsed.replay_no_ledger, "write none");
}

void add_dir(CLI::App& app, std::string& dir) {
  app.add_option("--dir", dir, "where its data, logs and books are")->capture_default_str();
}

void add_cluster(CLI::App& app, Parsed& parsed) {
  app.require_subcommand(1);
  app.footer(
      "wattringsim cluster up 3     three nodes on free ports; it says how to go on\n"
      "wattringctl members          after the export WATTRING_NODES=... that it printed\n"
      "wattringsim cluster down     ends exactly what was started, and removes its data");
  CLI::App& up = *app.add_subcommand("up", "start nodes on loopback and wait until all see each other");
  up.add_option("N", parsed.up.nodes, "nodes")->check(CLI::Range(1, kLocalNodesMax))->capture_default_str();
  add_dir(up, parsed.up.dir);
  up.add_option("--base-port", parsed.up.base_port, "five ports a node from there on; default: free ones")
      ->check(CLI::Range(1024, 65535 - 4 * kLocalNodesMax));
  up.add_option("--wattringd", parsed.up.wattringd, "the program; default: the one beside this, or on PATH");
  up.add_option("--set", parsed.up.settings, "section.key=value for each node; repeatable")->expected(1)->take_all();
  add_duration(up, "--wait", parsed.up.wait_ms, "how long all of it may take");
  add_count(up, "--meters", parsed.up.meters, "send a day of readings of so many meters to the first node", 1, 1e6);
  CLI::App& down = *app.add_subcommand("down", "end what up started, and remove its data");
  add_dir(down, parsed.down.dir);
  down.add_flag("--keep", parsed.down.keep, "leave data and logs");
  add_duration(down, "--timeout", parsed.down.timeout_ms, "then those that still run are killed");
  add_dir(*app.add_subcommand("status", "what runs, and what each node sees"), parsed.status.dir);
}

Command cluster_command(const CLI::App& app, const Parsed& parsed) {
  if (app.got_subcommand("up")) return parsed.up;
  if (app.got_subcommand("down")) return parsed.down;
  return parsed.status;
}

void finish_run(Parsed& parsed) {
  RunOptions& run = parsed.run;
  run.as = or_throw("--as", parse_send_as(parsed.as));
  run.fleet.profile = or_throw("--profile", parse_profile(parsed.profile));
  if (!parsed.start.empty()) run.start_ms = or_throw("--start", parse_rfc3339(parsed.start));
  if (!run.ingest.empty()) (void)or_throw("--ingest", parse_host_port(run.ingest));
  if (parsed.for_ms == 0 && run.load.readings_max == 0) parsed.for_ms = 20 * kMsPerSecond;
  run.load.duration_ns = parsed.for_ms * 1'000'000;
  run.load.resend = !parsed.no_resend;
  run.write_ledger = !parsed.no_ledger;
  const Faults& faults = run.fleet.faults;
  if (faults.late + faults.dup + faults.out_of_order + faults.gap > 1 || faults.reset + faults.glitch > 1) {
    throw CLI::ValidationError("faults", "the shares add up to more than 100%");
  }
  if (run.fleet.every_ms < kMsPerSecond || run.fleet.every_ms > kMsPerDay || run.fleet.every_ms % kMsPerSecond != 0) {
    throw CLI::ValidationError("--every", "whole seconds from 1s to 1d");
  }
  if (run.fleet.jitter_ms >= run.fleet.every_ms) throw CLI::ValidationError("--jitter", "must be less than --every");
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  if (run.prefix.size() > MeterNames::kPrefixBytesMax || !std::all_of(run.prefix.begin(), run.prefix.end(), plain)) {
    throw CLI::ValidationError("--prefix", "at most 48 letters, digits, '-', '_' and '.'");
  }
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  Parsed parsed;
  CLI::App app{"Makes load for a wattring cluster, and checks that nothing of it was lost.", "wattringsim"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "wattringsim " WATTRING_VERSION);
  CLI::App* run = app.add_subcommand("run", "send the readings of a fleet of meters, and keep a ledger");
  CLI::App* check = app.add_subcommand("check", "hold a ledger against what the cluster has");
  CLI::App* replay = app.add_subcommand("replay", "send recorded readings: a P1 capture or line protocol");
  add_run(*run, parsed);
  add_check(*check, parsed);
  add_replay(*replay, parsed);
  CLI::App* cluster = app.add_subcommand("cluster", "a throw-away cluster on this machine");
  add_cluster(*cluster, parsed);
  CLI::App* chaos =
      app.add_subcommand("chaos", "hurt a cluster of its own, and prove that nothing acknowledged is lost");
  add_chaos(*chaos, parsed.chaos);
  try {
    app.parse(argc, argv);
    for (int i = 1; i < argc; ++i) parsed.run.command_line.append(i > 1 ? " " : "").append(argv[i]);
    if (run->parsed()) {
      finish_run(parsed);
      return parsed.run;
    }
    if (check->parsed()) {
      parsed.check.intervals = !parsed.no_intervals;
      parsed.check.json = parsed.output == "json";
      return parsed.check;
    }
    if (cluster->parsed()) return cluster_command(*cluster, parsed);
    if (chaos->parsed()) return chaos_command(*chaos, parsed.chaos);
    parsed.replay.write_ledger = !parsed.replay_no_ledger;
    return parsed.replay;
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &app;
    while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
    return UsageReply{kExitDone, asked->help()};
  } catch (const CLI::CallForAllHelp&) {
    return UsageReply{kExitDone, app.help("", CLI::AppFormatMode::All)};
  } catch (const CLI::CallForVersion&) {
    return UsageReply{kExitDone, app.version() + "\n"};
  } catch (const CLI::ParseError& error) {
    return UsageReply{kExitUsage, std::string(error.what()) + "\nMore: wattringsim --help, wattringsim run --help\n"};
  }
}

}  // namespace wattring::sim
