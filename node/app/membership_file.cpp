// SPDX-License-Identifier: Apache-2.0
#include "node/app/membership_file.hpp"

#include <algorithm>
#include <utility>

#include "persistence/files.hpp"

namespace wattring::app {
namespace {

constexpr const char* kFile = "membership";

Result<cluster::MembershipMemory> read(const std::filesystem::path& data_dir) {
  const auto text = persistence::read_file(data_dir / kFile, cluster::MembershipMemory::kFileBytesMax);
  if (!text) return Failure(text.error());
  return cluster::parse_membership_memory(*text);
}

}  // namespace

MembershipFile::MembershipFile(std::filesystem::path data_dir, Log& log) : data_dir_(std::move(data_dir)) {
  auto memory = read(data_dir_);
  if (memory) {
    memory_ = std::move(*memory);
  } else if (memory.error().code != ErrorCode::not_found) {
    log.warn("membership_file", (data_dir_ / kFile).string() + ": " + memory.error().message +
                                    "; starting without it: if no node is found, name one with --join");
  }
}

cluster::MembershipMemory MembershipFile::memory() const {
  const std::lock_guard lock(mutex_);
  return memory_;
}

Result<void> MembershipFile::keep_epoch(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  memory_.epoch = std::max(memory_.epoch, epoch);
  return write(data_dir_, memory_);
}

Result<void> MembershipFile::keep_peers(const std::vector<std::string>& peers) {
  const std::lock_guard lock(mutex_);
  memory_.peers = peers;
  return write(data_dir_, memory_);
}

Result<void> MembershipFile::write(const std::filesystem::path& data_dir, const cluster::MembershipMemory& memory) {
  return persistence::write_file_durably(data_dir, kFile, cluster::format(memory));
}

}  // namespace wattring::app
