// SPDX-License-Identifier: Apache-2.0
// The journal's API against LMDB itself: the same records (one block a shard in each), one record a transaction, every
// transaction synced, one in flight. Sides alternate; prints JSON with the median of the rounds.
//
//   journal_bench [--dir D] [--rounds 5] [--records 200] [--readings 10000] [--shards 256]

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/prng.hpp"
#include "base/time.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/keys.hpp"
#include "persistence/lmdb_journal.hpp"
#include "persistence/record.hpp"

namespace {

using namespace wattring;  // NOLINT(google-build-using-namespace): a program of one file

struct Options {
  std::string dir = "/tmp";
  std::size_t rounds = 5;
  std::size_t records = 200;
  std::size_t readings = 10'000;
  std::size_t shards = 256;
};

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::size_t*> numbers{{"--rounds", &options.rounds},
                                                    {"--records", &options.records},
                                                    {"--readings", &options.readings},
                                                    {"--shards", &options.shards}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") options.dir = argv[i + 1];
    const auto number = numbers.find(name);
    if (number != numbers.end()) *number->second = static_cast<std::size_t>(std::strtoull(argv[i + 1], nullptr, 10));
  }
  return options;
}

/// Payload bytes of one shard's slice of a batch, about 22 bytes a reading, as a gateway writes them.
std::string slice_payload(const Options& options, Prng& prng) {
  std::string payload((options.readings + options.shards - 1) / options.shards * 22, '\0');
  for (char& c : payload) c = static_cast<char>(prng.next());
  return payload;
}

class Scratch {
 public:
  explicit Scratch(const std::string& base) : path_(base + "/journal-bench-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<persistence::LmdbJournal> open_fresh(const Scratch& scratch) {
  auto journal = persistence::LmdbJournal::open(scratch.path(), {});
  if (!journal) {
    fmt::print(stderr, "journal_bench: {}\n", journal.error().text());
    std::exit(1);
  }
  return std::move(*journal);
}

double per_second(const Options& options, std::int64_t elapsed_ns) {
  return static_cast<double>(options.records * options.readings) * 1e9 / static_cast<double>(elapsed_ns);
}

/// LMDB alone: prepared values of the same size and shape, put and synced.
double raw_round(const Options& options, const std::string& payload, const Clock& clock) {
  const Scratch scratch(options.dir);
  const auto journal = open_fresh(scratch);
  std::string value;
  for (std::size_t s = 0; s < options.shards; ++s) value += payload;
  const std::int64_t start = clock.monotonic_ns();
  for (std::size_t i = 0; i < options.records; ++i) {
    std::string key;
    persistence::append_journal_key(key, Lsn{i + 1});
    const persistence::WriteOp op{persistence::WriteOp::Kind::append, persistence::Table::journal, key, value};
    if (journal->commit({&op, 1}).status != persistence::CommitStatus::committed) std::exit(1);
  }
  return per_second(options, clock.monotonic_ns() - start);
}

/// The same through the record builder, the writer's queue and thread, group commit and checksums.
double api_round(const Options& options, const std::string& payload, SystemClock& clock, std::size_t in_flight) {
  const Scratch scratch(options.dir);
  const auto journal = open_fresh(scratch);
  Metrics metrics;
  persistence::JournalWriter::Options writer_options;
  writer_options.reserve_bytes = 0;
  persistence::JournalWriter writer(*journal, Lsn{1}, writer_options, clock, metrics, Log::silent());
  writer.start();
  persistence::RecordBuilder builder(WriterId{}, payload.size() * options.shards + 64 * options.shards);
  std::vector<std::uint64_t> chains(options.shards, 0);
  std::deque<std::future<bool>> waiting;
  const std::int64_t start = clock.monotonic_ns();
  for (std::size_t i = 0; i < options.records; ++i) {
    for (std::size_t s = 0; s < options.shards; ++s) {
      builder.begin_entry(ShardId{static_cast<std::uint16_t>(s)}, Sequence{i + 1}, 1, chains[s]).append(payload);
      chains[s] = builder.end_entry();
    }
    const auto done = std::make_shared<std::promise<bool>>();
    waiting.push_back(done->get_future());
    const auto queued = writer.append(builder.finish(), [done](const persistence::Appended& appended) {
      done->set_value(appended.status == persistence::CommitStatus::committed);
    });
    if (!queued) std::exit(1);
    while (waiting.size() >= in_flight) {
      if (!waiting.front().get()) std::exit(1);
      waiting.pop_front();
    }
  }
  for (auto& last : waiting) last.wait();
  const double result = per_second(options, clock.monotonic_ns() - start);
  writer.stop();
  return result;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  SystemClock clock;
  Prng prng(1);
  const std::string payload = slice_payload(options, prng);
  std::vector<double> raw;
  std::vector<double> api;
  std::vector<double> api_queued;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    raw.push_back(raw_round(options, payload, clock));
    api.push_back(api_round(options, payload, clock, 1));
    api_queued.push_back(api_round(options, payload, clock, 8));
  }
  fmt::print(
      "{{\"readings_per_record\":{},\"shards\":{},\"record_bytes\":{},\"raw_lmdb_per_s\":{:.0f},\"journal_per_s\":{:."
      "0f},"
      "\"journal_8_in_flight_per_s\":{:.0f},\"ratio\":{:.3f}}}\n",
      options.readings, options.shards, payload.size() * options.shards, median(raw), median(api), median(api_queued),
      median(api) / median(raw));
}
