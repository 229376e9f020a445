// SPDX-License-Identifier: Apache-2.0
// The disk side of replication in one process: a shard exported from one LMDB directory and imported into another; then
// packs of other nodes folded, beside the same readings as batches of this node.
//
//   transfer_bench [--dir D] [--meters 1000] [--days 30] [--rounds 3] [--batches 200]

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.hpp"
#include "node/app/entry_encoder.hpp"
#include "persistence/lmdb_journal.hpp"
#include "tests/node/disk_node.hpp"

namespace {

using namespace wattring;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::int64_t kStartMs = 1'767'225'600'000;
constexpr std::int64_t kQuarterMs = 15 * kMsPerMinute;

struct Options {
  std::string dir = "/tmp";
  std::size_t meters = 1000;
  std::size_t days = 30;
  std::size_t rounds = 3;
  std::size_t batches = 200;
};

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::size_t*> numbers{{"--meters", &options.meters},
                                                    {"--days", &options.days},
                                                    {"--rounds", &options.rounds},
                                                    {"--batches", &options.batches}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") options.dir = argv[i + 1];
    const auto number = numbers.find(name);
    if (number != numbers.end()) *number->second = static_cast<std::size_t>(std::strtoull(argv[i + 1], nullptr, 10));
  }
  return options;
}

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(SystemClock().monotonic_ns() - start_ns) * 1e-9;
}

void add_readings(gateway::Batch& batch, const std::string& id, std::size_t meter, std::int64_t first, int quarters) {
  batch.meter(id);
  for (std::int64_t quarter = first; quarter < first + quarters; ++quarter) {
    Fact fact;
    fact.reg = obis(1, 0, 1, 8, 0);
    fact.start_ms = fact.end_ms = kStartMs + quarter * kQuarterMs;
    // Consumption of up to 400 Wh a quarter hour, so that chunks are as large as real ones.
    const std::string name = id + std::to_string(quarter);
    fact.value = static_cast<std::int64_t>(meter * 977) + quarter * 200 + static_cast<std::int64_t>(hash64(name) % 200);
    batch.add(fact);
    fact.reg = obis(1, 0, 2, 8, 0);
    fact.value = static_cast<std::int64_t>(meter * 13) + quarter * 50 + static_cast<std::int64_t>(hash64(name, 1) % 50);
    batch.add(fact);
  }
}

/// As the pipeline packs it.
sharding::PackPtr pack_of(app::CutBatch& cut, const WriterId& writer, std::vector<std::uint64_t>& sequences) {
  app::EntryEncoder encoder(cut, 0);
  persistence::RecordBuilder builder(writer, encoder.bytes_estimate());
  cut.writer = writer;
  for (app::CutBatch::Slice& slice : cut.slices) {
    slice.sequence = Sequence{++sequences[slice.shard.value]};
    encoder.append_payload(slice, builder.begin_entry(slice.shard, slice.sequence, app::EntryEncoder::kFormat, 0));
    builder.end_entry();
  }
  auto pack = std::make_shared<const std::string>(builder.finish());
  cut.record_bytes = pack->size();
  return pack;
}

app::ShardWorkers::Options worker_options() {
  app::ShardWorkers::Options options;
  options.passivate_after_ms = 1LL << 50;
  return options;
}

class Directory {
 public:
  Directory(const Options& options, const char* name)
      : path_(options.dir + "/transfer-bench-" + std::to_string(::getpid()) + "-" + name) {
    std::filesystem::create_directories(path_);
    auto opened = persistence::LmdbJournal::open(path_, {});
    if (!opened) {
      fmt::print(stderr, "transfer_bench: {}\n", opened.error().text());
      std::exit(1);
    }
    journal = std::move(*opened);
  }
  ~Directory() {
    journal.reset();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::unique_ptr<persistence::LmdbJournal> journal;

 private:
  const std::filesystem::path path_;
};

void transfer(const Options& options, std::size_t round) {
  const sharding::ShardKey key({}, 1024);
  constexpr ShardId kShard{0};
  Directory from(options, "from");
  app::DiskNode source(*from.journal, key, worker_options());
  std::vector<std::string> ids;
  for (std::size_t i = 0; ids.size() < options.meters; ++i) {
    std::string id = fmt::format("M{:08}", i);
    if (key.shard_of(id) == kShard) ids.push_back(std::move(id));
  }
  std::vector<std::uint64_t> sequences(key.shard_count());
  for (std::size_t day = 0; day < options.days; ++day) {
    gateway::Batch batch;
    for (std::size_t meter = 0; meter < ids.size(); ++meter)
      add_readings(batch, ids[meter], meter, static_cast<std::int64_t>(day) * 96, 96);
    app::CutBatch cut(std::move(batch), key);
    const auto pack = pack_of(cut, WriterId{}, sequences);
    while (!source.append(pack)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  auto opened = source.open_export(kShard);
  if (!opened) std::exit(1);

  const SystemClock clock;
  std::int64_t start = clock.monotonic_ns();
  std::vector<std::string> parts;
  std::size_t bytes = 0;
  for (;;) {
    auto part = opened->part(parts.size() + 1);
    if (!part || !*part) break;
    bytes += (*part)->size();
    parts.push_back(std::move(**part));
  }
  const double export_s = seconds_since(start);

  Directory to(options, "to");
  app::DiskNode target(*to.journal, key, worker_options());
  app::ShardImport import(kShard, WriterId{{1}}, key);
  start = clock.monotonic_ns();
  for (const std::string& part : parts) {
    const auto record = import.stage(part);
    while (!target.append(*record)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!target.append(*import.claim(opened->claim()))) std::exit(1);
  const double durable_s = seconds_since(start);
  (void)target.settle(kShard);
  const double folded_s = seconds_since(start);
  target.stop(true);
  const double sealed_s = seconds_since(start);
  target.start();
  if (*target.digest(kShard) != *source.digest(kShard)) std::exit(1);
  const double readings = static_cast<double>(options.meters * options.days * 96 * 2);
  const double mb = static_cast<double>(bytes) * 1e-6;
  fmt::print(
      "{{\"round\":{},\"readings\":{:.0f},\"part_mb\":{:.1f},\"export_mb_s\":{:.0f},\"durable_mb_s\":{:.0f},"
      "\"folded_mb_s\":{:.1f},\"sealed_mb_s\":{:.1f},\"folded_readings_s\":{:.0f},\"sealed_readings_s\":{:.0f}}}\n",
      round, readings, mb, mb / export_s, mb / durable_s, mb / folded_s, mb / sealed_s, readings / folded_s,
      readings / sealed_s);
}

/// Everything that was dispatched is folded.
void wait_for(app::ShardWorkers& workers) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(workers.worker_count());
  const auto done = std::make_shared<std::promise<void>>();
  (void)workers.post_all([left, done](const app::ShardWorkers::Shards&) {
    if (--*left == 0) done->set_value();
  });
  done->get_future().get();
}

struct Prepared {
  std::shared_ptr<app::CutBatch> cut;
  sharding::PackPtr pack;
};

std::vector<Prepared> prepare(const sharding::ShardKey& key, std::size_t batches) {
  constexpr std::size_t kMeters = 100'000;
  std::vector<Prepared> all;
  std::vector<std::uint64_t> sequences(key.shard_count());
  std::size_t next = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    gateway::Batch batch;
    for (std::size_t j = 0; j < 5000; ++j, ++next)
      add_readings(batch, fmt::format("M{:08}", next % kMeters), next % kMeters,
                   static_cast<std::int64_t>(next / kMeters), 1);
    auto cut = std::make_shared<app::CutBatch>(std::move(batch), key);
    cut->lsn = Lsn{i + 1};
    auto pack = pack_of(*cut, WriterId{}, sequences);
    all.push_back({std::move(cut), std::move(pack)});
  }
  return all;
}

double fold(const sharding::ShardKey& key, const std::vector<Prepared>& batches, bool foreign, const Options& options) {
  Directory directory(options, "fold");
  app::ShardWorkers::Options workers = worker_options();
  workers.unsealed_bytes_max = 4ULL << 30U;
  workers.foreign_bytes_max = 4ULL << 30U;
  app::DiskNode node(*directory.journal, key, workers);
  wait_for(node.workers());
  const std::int64_t start = SystemClock().monotonic_ns();
  for (const Prepared& one : batches) {
    if (!foreign) {
      node.workers().dispatch(std::shared_ptr<const app::CutBatch>(one.cut));
      continue;
    }
    auto pack = node.workers().try_take(one.pack);
    pack->lsn = one.cut->lsn;
    node.workers().dispatch(std::shared_ptr<const app::ForeignPack>(std::move(pack)));
  }
  wait_for(node.workers());
  return static_cast<double>(batches.size() * 10'000) / seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  for (std::size_t round = 1; round <= options.rounds; ++round) transfer(options, round);
  const sharding::ShardKey key({}, 1024);
  const auto batches = prepare(key, options.batches);
  for (std::size_t round = 1; round <= options.rounds; ++round) {
    const double own = fold(key, batches, false, options);
    const double foreign = fold(key, batches, true, options);
    fmt::print("{{\"round\":{},\"fold_batches_s\":{:.0f},\"fold_packs_s\":{:.0f}}}\n", round, own, foreign);
  }
}
