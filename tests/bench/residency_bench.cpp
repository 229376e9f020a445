// SPDX-License-Identifier: Apache-2.0
// What meters cost in memory and on the way back into it: so many of them are read once, in memory and then only on the
// disk; the node starts again; some of them come back in batches.
//
//   residency_bench [--dir D] [--meters 1000000] [--back 100000] [--batch 10000]

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/ingest_pipeline.hpp"
#include "node/app/shard_workers.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/lmdb_journal.hpp"
#include "persistence/recovery.hpp"
#include "tests/node/lone_replication.hpp"

namespace {

using namespace wattring;  // NOLINT(google-build-using-namespace): a program of one file

struct Options {
  std::string dir = "/tmp";
  std::size_t meters = 1'000'000;
  std::size_t back = 100'000;
  std::size_t batch = 10'000;
};

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::size_t*> numbers{
      {"--meters", &options.meters}, {"--back", &options.back}, {"--batch", &options.batch}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") options.dir = argv[i + 1];
    const auto number = numbers.find(name);
    if (number != numbers.end()) *number->second = static_cast<std::size_t>(std::strtoull(argv[i + 1], nullptr, 10));
  }
  return options;
}

std::uint64_t anonymous_mib() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  std::uint64_t kib = 0;
  while (file != nullptr && std::fgets(line, sizeof(line), file) != nullptr)
    if (std::sscanf(line, "RssAnon: %lu kB", &kib) == 1) break;
  if (file != nullptr) std::fclose(file);
  return kib >> 10U;
}

/// A node without its sockets, on a directory.
struct Core {
  Core(persistence::Journal& journal, Clock& clock, std::int64_t passivate_after_ms, std::uint8_t boot)
      : writer(journal, *persistence::next_lsn(**journal.read()), writer_options(), clock, metrics, Log::silent()),
        workers(worker_options(passivate_after_ms), key, journal, writer, clock, metrics, Log::silent()),
        replication({journal, writer, workers, key, metrics, [] { std::abort(); }}),
        pipeline({1LL << 50, 1LL << 50, 64U << 20U}, key, WriterId{{boot}}, replication.door(), workers, clock,
                 metrics) {
    writer.start();
    workers.start();
  }
  ~Core() {
    pipeline.close();
    workers.stop(true);
    writer.stop();
    replication.stop();
  }
  static persistence::JournalWriter::Options writer_options() {
    persistence::JournalWriter::Options options;
    options.reserve_bytes = 0;
    return options;
  }
  static app::ShardWorkers::Options worker_options(std::int64_t passivate_after_ms) {
    app::ShardWorkers::Options options;
    options.passivate_after_ms = passivate_after_ms;
    return options;
  }

  void read(std::size_t first, std::size_t count, std::size_t step, std::size_t batch_readings, std::int64_t time_ms) {
    for (std::size_t done = 0; done < count;) {
      gateway::Batch batch;
      for (std::size_t i = 0; i < batch_readings / 2 && done < count; ++i, ++done) {
        batch.meter(fmt::format(FMT_STRING("METER{:07}"), first + done * step));
        for (const Register reg : {obis(1, 0, 1, 8, 0), obis(1, 0, 2, 8, 0)})
          batch.add({reg, time_ms, time_ms, static_cast<std::int64_t>(done * 977), 0, Quality::actual, 0, 0});
      }
      submit(std::move(batch));
    }
    while (pipeline.in_flight().used() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  void submit(gateway::Batch&& batch) {
    while (workers.unsealed_full() || pipeline.in_flight().used() > 32U << 20U)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pipeline.submit(std::move(batch), [](gateway::IngestReply&& reply) {
      if (reply.stored == 0) std::abort();
    });
  }

  void seal() {
    while (workers.unsealed_facts() != 0) {
      workers.request_checkpoint();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  Metrics metrics;
  const sharding::ShardKey key{{}, 1024};
  persistence::JournalWriter writer;
  app::ShardWorkers workers;
  app::LoneReplication replication;
  app::IngestPipeline pipeline;
};

double seconds_of(const Clock& clock, const std::function<void()>& work) {
  const std::int64_t began_ns = clock.monotonic_ns();
  work();
  return static_cast<double>(clock.monotonic_ns() - began_ns) * 1e-9;
}

void say(const char* what, const Core& core, double seconds) {
  fmt::print(
      "{{\"phase\":\"{}\",\"seconds\":{:.2f},\"rss_anon_mib\":{},\"meters\":{},\"passivated\":{},"
      "\"table_mib\":{}}}\n",
      what, seconds, anonymous_mib(), core.workers.meters(), core.workers.passivated_meters(),
      core.workers.resident_bytes() >> 20U);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const std::filesystem::path path = options.dir + "/residency-bench-" + std::to_string(::getpid());
  std::filesystem::create_directories(path);
  auto journal = persistence::LmdbJournal::open(path, {});
  if (!journal) {
    fmt::print(stderr, "residency_bench: {}\n", journal.error().text());
    return 1;
  }
  SystemClock clock;
  const std::int64_t now_ms = clock.wall_ms();
  const bool all_fit = options.meters <= 2'000'000;
  {
    Core core(**journal, clock, all_fit ? kMsPerDay : kMsPerSecond, 1);
    const double read = seconds_of(clock, [&] {
      core.read(0, options.meters, 1, options.batch, now_ms - kMsPerHour);
      core.seal();
    });
    say("read and sealed", core, read);
    malloc_trim(0);
    say("the same, without what the allocator keeps", core, 0);
  }
  malloc_trim(0);
  auto core = std::make_unique<Core>(**journal, clock, kMsPerMinute, std::uint8_t{2});
  const double recovered = seconds_of(clock, [&] {
    while (core->workers.recovering_workers() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  say("started, all on the disk", *core, recovered);
  const std::size_t step = options.meters / options.back;
  const double back =
      seconds_of(clock, [&] { core->read(0, options.back, step == 0 ? 1 : step, options.batch, now_ms); });
  say("some came back", *core, back);
  core.reset();
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}
