// SPDX-License-Identifier: Apache-2.0
// A volume that is really full: a small tmpfs in a mount namespace of the test's own process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <future>

#include "base/bounded_queue.hpp"
#include "base/units.hpp"
#include "persistence/data_directory.hpp"
#include "persistence/files.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/recovery.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::persistence {
namespace {

namespace fs = std::filesystem;

constexpr int kNoMount = 77;

// In the child: a broken expectation is told on standard error and ends it.
void must(bool condition, const std::string& what) {
  if (condition) return;
  const std::string line = "failed: " + what + "\n";
  _exit(::write(STDERR_FILENO, line.data(), line.size()) < 0 ? 2 : 1);
}

/// Runs the body in a child whose `volume` is a tmpfs of that size; its exit status.
int run_on_tmpfs(const fs::path& volume, const char* size, const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) _exit(kNoMount);
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(kNoMount);
    if (mount("tmpfs", volume.c_str(), "tmpfs", 0, size) != 0) _exit(kNoMount);
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

Identity sample() {
  Identity identity;
  identity.cluster_name = "c";
  identity.node_name = "n";
  identity.shard_count = 64;
  return identity;
}

/// A node's disk side: directory, writer, ballast.
struct Node {
  Node(const fs::path& path, std::uint64_t reserve_bytes) {
    DataDirectory::Options options;
    options.ballast_bytes = kMiB;  // clipped to 1 % of the volume
    auto opened = DataDirectory::open(path, options);
    must(opened.has_value(), opened ? "" : opened.error().text());
    directory = std::move(*opened);
    JournalWriter::Options writing;
    writing.usage_check_interval_ms = 5;
    writing.reserve_bytes = reserve_bytes;
    writing.on_usage = [this](const JournalUsage& usage, std::uint64_t reserve) {
      directory->mind_ballast(usage, reserve);
      (void)looks.try_push(1);
    };
    writer = std::make_unique<JournalWriter>(directory->journal(), *next_lsn(**directory->journal().read()), writing,
                                             clock, metrics, Log::silent());
    writer->start();
  }
  Appended append() {
    std::promise<Appended> outcome;
    const auto queued = writer->append(test::Streams(1).add(1, std::string(100'000, 'x')).finish(),
                                       [&](const Appended& done) { outcome.set_value(done); });
    return queued ? outcome.get_future().get() : Appended{CommitStatus::refused, Lsn{0}, queued.error()};
  }
  CommitStatus write_slice(const std::string& key) {
    std::promise<CommitStatus> outcome;
    const auto queued = writer->write({{WriteOp::Kind::put, Table::series, key, std::string(200'000, 'v')}},
                                      [&](const CommitResult& done) { outcome.set_value(done.status); });
    return queued ? outcome.get_future().get() : CommitStatus::refused;
  }
  /// Waits for it over as many looks at the disk as it takes, 10 s at the most.
  bool becomes(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) (void)looks.pop_for(std::chrono::milliseconds(5));
    return condition();
  }
  bool reserve_becomes(bool reached) {
    return becomes([&] { return writer->reserve_reached() == reached; });
  }

  BoundedQueue<int> looks{1};
  SystemClock clock;
  Metrics metrics;
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<JournalWriter> writer;
};

void fill(const fs::path& file) {
  std::ofstream out(file, std::ios::binary);
  const std::string block(4096, 'f');
  while (out.write(block.data(), 4096).flush()) {
  }
}

void expect_success(int status) {
  if (status == kNoMount) GTEST_SKIP() << "this process may not mount a tmpfs";
  EXPECT_EQ(status, 0) << "see standard error";
}

TEST(FullDisk, TheReserveStopsReadingsBeforeTheDiskIsFullAndTruncationEndsIt) {
  const test::TempDirectory volume;
  expect_success(run_on_tmpfs(volume.path(), "size=24m", [&] {
    const auto path = volume.path() / "data";
    must(DataDirectory::init(path, sample()).has_value(), "init");
    Node node(path, 4 * kMiB);
    Appended last;
    std::uint64_t stored = 0;
    while (last.status == CommitStatus::committed && stored < 1000) {
      last = node.append();
      if (last.status == CommitStatus::committed) stored = last.lsn.value;
    }
    must(last.error.code == ErrorCode::no_space, "refused for want of space: " + last.error.message);
    must(stored > 120, "most of the volume is usable, not only " + std::to_string(stored));
    must(!node.writer->failed(), "no unknown outcome");
    node.writer->truncate_before(Lsn{stored - 5});
    must(node.reserve_becomes(false), "truncation ends the reserve");
    must(node.append().status == CommitStatus::committed, "and readings are taken again");
  }));
}

TEST(FullDisk, WhenOthersFillTheVolumeNothingIsUnknownAndItReturnsByItself) {
  const test::TempDirectory volume;
  expect_success(run_on_tmpfs(volume.path(), "size=64m", [&] {
    const auto path = volume.path() / "data";
    must(DataDirectory::init(path, sample()).has_value(), "init");
    Node node(path, 4 * kMiB);
    must(node.append().status == CommitStatus::committed, "append");
    must(node.becomes([&] { return fs::exists(path / "ballast"); }), "the ballast is made");
    fill(volume.path() / "other");
    must(node.reserve_becomes(true), "the reserve is noticed");
    must(node.append().error.code == ErrorCode::no_space, "refused");
    must(node.becomes([&] { return !fs::exists(path / "ballast"); }), "the ballast is given back");
    // `other` took the ballast's room as well. What the journal holds ahead of its end nobody can take.
    for (int i = 0; i < 20; ++i) must(node.write_slice("k") == CommitStatus::committed, "a slice is written");
    fs::remove(volume.path() / "other");
    must(node.reserve_becomes(false), "it returns by itself");
    must(node.append().status == CommitStatus::committed, "readings are taken again");
    must(!node.writer->failed(), "no unknown outcome");
  }));
}

TEST(FullDisk, ANodeStartsOnAFullVolumeBecauseOfItsBallast) {
  const test::TempDirectory volume;
  expect_success(run_on_tmpfs(volume.path(), "size=64m", [&] {
    const auto path = volume.path() / "data";
    must(DataDirectory::init(path, sample()).has_value(), "init");
    must(allocate_file(path / "ballast", 512U << 10U).has_value(), "ballast");
    fill(volume.path() / "other");
    DataDirectory::Options options;
    const auto directory = DataDirectory::open(path, options);
    must(directory.has_value(), directory ? "" : directory.error().text());
    must((*directory)->boot_count() == 1, "the boot is counted");
    must(!fs::exists(path / "ballast"), "in the ballast's room");
  }));
}

}  // namespace
}  // namespace wattring::persistence
