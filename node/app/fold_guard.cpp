// SPDX-License-Identifier: Apache-2.0
#include "node/app/fold_guard.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/limits.hpp"

namespace wattring::app {
namespace {

constexpr std::array<char, 8> kMagic{'w', 'r', 'f', 'g', 'u', 'a', 'r', 'd'};
constexpr std::uint32_t kVersion = 1;

Failure failed(const std::string& what, const std::string& path) {
  return fail(ErrorCode::io, what + " " + path + ": " + std::strerror(errno));
}

/// Blocks and all: a store to a hole on a full disk would end the process.
bool take_room(int fd, std::size_t bytes) {
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (error != 0) errno = error;
  return error == 0;
}

}  // namespace

struct FoldGuard::Layout {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::array<std::uint32_t, kWorkersMax> folding;  ///< shard + 1; 0 = none
  std::array<std::uint8_t, kShardsMax> crashes;

  [[nodiscard]] bool is_sound() const {
    return magic == kMagic && version == kVersion &&
           std::all_of(folding.begin(), folding.end(), [](std::uint32_t shard) { return shard <= kShardsMax; }) &&
           std::all_of(crashes.begin(), crashes.end(), [](std::uint8_t count) { return count <= kCrashesMax; });
  }
  void begin_anew() {
    *this = Layout{};
    magic = kMagic;
    version = kVersion;
  }
};

Result<std::unique_ptr<FoldGuard>> FoldGuard::open(const std::string& path) {
  static_assert(sizeof(Layout) == 16 + 4 * kWorkersMax + kShardsMax);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return failed("open", path);
  struct stat file {};
  const bool whole = fstat(fd, &file) == 0 && file.st_size == static_cast<off_t>(sizeof(Layout));
  if (!whole && (ftruncate(fd, 0) != 0 || !take_room(fd, sizeof(Layout)))) {
    auto failure = failed("make room for", path);
    ::close(fd);
    return failure;
  }
  void* const mapped = mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) return failed("map", path);
  auto* const layout = static_cast<Layout*>(mapped);
  if (!layout->is_sound()) layout->begin_anew();
  for (std::uint32_t& folding : layout->folding) {
    if (folding != 0 && layout->crashes.at(folding - 1) < kCrashesMax) ++layout->crashes.at(folding - 1);
    folding = 0;
  }
  return std::unique_ptr<FoldGuard>(new FoldGuard(layout));
}

FoldGuard::~FoldGuard() {
  munmap(layout_, sizeof(Layout));
}

void FoldGuard::enter(std::size_t worker, ShardId shard) {
  std::atomic_ref(layout_->folding[worker % kWorkersMax])
      .store(std::uint32_t{shard.value} + 1, std::memory_order_relaxed);
}

void FoldGuard::leave(std::size_t worker) {
  std::atomic_ref(layout_->folding[worker % kWorkersMax]).store(0, std::memory_order_relaxed);
}

bool FoldGuard::is_stopped(ShardId shard) const {
  return layout_->crashes.at(shard.value) >= kCrashesMax;
}

void FoldGuard::forgive(ShardId shard) {
  layout_->crashes.at(shard.value) = 0;
}

}  // namespace wattring::app
