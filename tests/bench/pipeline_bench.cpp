// SPDX-License-Identifier: Apache-2.0
// One node without its sockets: decoded batches through admission, journal, fold and sealing, in one process. Says what
// the core alone can do and where its time goes (run it under a profiler).
//
//   pipeline_bench [--dir D] [--meters 1000000] [--seconds 15] [--batch 10000] [--unsealed-mib 256]

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/ingest_pipeline.hpp"
#include "node/app/shard_workers.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/lmdb_journal.hpp"
#include "tests/node/lone_replication.hpp"

namespace {

using namespace wattring;  // NOLINT(google-build-using-namespace): a program of one file

struct Options {
  std::string dir = "/tmp";
  std::size_t meters = 1'000'000;
  std::size_t seconds = 15;
  std::size_t batch = 10'000;
  std::size_t unsealed_mib = 256;
  std::size_t workers = 2;
};

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::size_t*> numbers{{"--meters", &options.meters},
                                                    {"--seconds", &options.seconds},
                                                    {"--batch", &options.batch},
                                                    {"--workers", &options.workers},
                                                    {"--unsealed-mib", &options.unsealed_mib}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") options.dir = argv[i + 1];
    const auto number = numbers.find(name);
    if (number != numbers.end()) *number->second = static_cast<std::size_t>(std::strtoull(argv[i + 1], nullptr, 10));
  }
  return options;
}

/// The next batch of a fleet that reports two registers a meter, every meter in turn, a quarter hour apart.
class Fleet {
 public:
  explicit Fleet(const Options& options) : options_(options) {}

  gateway::Batch next() {
    gateway::Batch batch;
    batch.reserve(options_.batch, options_.batch / 2);
    for (std::size_t i = 0; i < options_.batch / 2; ++i) {
      batch.meter(fmt::format(FMT_STRING("M{:08}"), meter_));
      const std::int64_t time = kStart + quarter_ * 15 * kMsPerMinute;
      Fact fact;
      fact.reg = obis(1, 0, 1, 8, 0);
      fact.start_ms = fact.end_ms = time;
      fact.value = static_cast<std::int64_t>(meter_ * 977 + static_cast<std::size_t>(quarter_) * (40 + meter_ % 200));
      batch.add(fact);
      fact.reg = obis(1, 0, 2, 8, 0);
      fact.value = static_cast<std::int64_t>(meter_ * 13 + static_cast<std::size_t>(quarter_) * (meter_ % 50));
      batch.add(fact);
      if (++meter_ == options_.meters) {
        meter_ = 0;
        ++quarter_;
      }
    }
    return batch;
  }

 private:
  static constexpr std::int64_t kStart = 1'767'225'600'000;
  const Options& options_;
  std::size_t meter_ = 0;
  std::int64_t quarter_ = 0;
};

std::uint64_t anonymous_kib() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  std::uint64_t kib = 0;
  while (file != nullptr && std::fgets(line, sizeof(line), file) != nullptr)
    if (std::sscanf(line, "RssAnon: %lu kB", &kib) == 1) break;
  if (file != nullptr) std::fclose(file);
  return kib;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const std::filesystem::path path = options.dir + "/pipeline-bench-" + std::to_string(::getpid());
  std::filesystem::create_directories(path);
  auto journal = persistence::LmdbJournal::open(path, {});
  if (!journal) {
    fmt::print(stderr, "pipeline_bench: {}\n", journal.error().text());
    return 1;
  }
  SystemClock clock;
  Metrics metrics;
  const sharding::ShardKey key({}, 1024);
  persistence::JournalWriter::Options writer_options;
  writer_options.reserve_bytes = 0;
  persistence::JournalWriter writer(**journal, Lsn{1}, writer_options, clock, metrics, Log::silent());
  app::ShardWorkers::Options worker_options;
  worker_options.workers = static_cast<std::uint32_t>(options.workers);
  worker_options.unsealed_bytes_max = options.unsealed_mib << 20U;
  app::ShardWorkers workers(worker_options, key, **journal, writer, clock, metrics, Log::silent());
  app::LoneReplication replication({**journal, writer, workers, key, metrics, [] { std::abort(); }});
  app::IngestPipeline pipeline({1LL << 50, 1LL << 50, 64U << 20U}, key, WriterId{}, replication.door(), workers, clock,
                               metrics);
  writer.start();
  workers.start();

  const std::uint64_t before_kib = anonymous_kib();
  Fleet fleet(options);
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> turned_away{0};
  std::atomic<std::uint64_t> in_flight{0};
  const std::int64_t start = clock.monotonic_ns();
  std::int64_t next_line = start + 1'000'000'000;
  std::uint64_t last_stored = 0;
  while (clock.monotonic_ns() - start < static_cast<std::int64_t>(options.seconds) * 1'000'000'000) {
    while (in_flight.load() >= 16) std::this_thread::sleep_for(std::chrono::microseconds(100));
    ++in_flight;
    pipeline.submit(fleet.next(), [&](gateway::IngestReply&& reply) {
      stored += reply.stored;
      if (reply.turned_away) ++turned_away;
      --in_flight;
    });
    if (clock.monotonic_ns() < next_line) continue;
    fmt::print(stderr, "{:8} k/s   unsealed {} MiB   turned away {}   in flight {} MiB\n",
               (stored - last_stored) / 1000, workers.unsealed_bytes() >> 20U, turned_away.load(),
               pipeline.in_flight().used() >> 20U);
    last_stored = stored;
    next_line += 1'000'000'000;
  }
  while (in_flight.load() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double seconds = static_cast<double>(clock.monotonic_ns() - start) * 1e-9;
  while (pipeline.in_flight().used() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double folded_seconds = static_cast<double>(clock.monotonic_ns() - start) * 1e-9;
  workers.stop(true);
  const std::uint64_t after_kib = anonymous_kib();
  writer.stop();
  replication.stop();
  const auto usage = (*journal)->usage();
  fmt::print(
      "{{\"meters\":{},\"stored\":{},\"per_s\":{:.0f},\"per_s_until_folded\":{:.0f},\"anonymous_bytes_per_meter\":{:."
      "0f},"
      "\"table_bytes_per_meter\":{:.0f},\"used_bytes_per_reading\":{:.2f}}}\n",
      options.meters, stored.load(), static_cast<double>(stored) / seconds,
      static_cast<double>(stored) / folded_seconds,
      static_cast<double>(after_kib - before_kib) * 1024 / static_cast<double>(options.meters),
      static_cast<double>(workers.resident_bytes()) / static_cast<double>(options.meters),
      usage ? static_cast<double>(usage->used_bytes) / static_cast<double>(stored) : 0.0);
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}
