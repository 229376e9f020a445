// SPDX-License-Identifier: Apache-2.0
#include "node/app/commands/running_node.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <limits>
#include <string>

#include "persistence/files.hpp"

namespace wattring::app {
namespace {

constexpr std::size_t kFileBytesMax = 4096;

pid_t leading_number(std::string_view text) {
  pid_t value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// By number: the C library's header for these has no C++ linkage.
int open_process(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

bool is_locked(const std::filesystem::path& lock) {
  const FileHandle file(::open(lock.c_str(), O_RDONLY | O_CLOEXEC));
  return file.open() && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

pid_t pid_of_endpoints(std::string_view text) {
  constexpr std::string_view kKey = "\"pid\":";
  const std::size_t at = text.find(kKey);
  return at == std::string_view::npos ? 0 : leading_number(text.substr(at + kKey.size()));
}

Result<RunningNode> RunningNode::find(const std::filesystem::path& data_dir) {
  const auto nobody = [&] { return fail(ErrorCode::not_found, "no node runs on " + data_dir.string()); };
  if (!is_locked(data_dir / "LOCK")) return nobody();
  const auto lock = persistence::read_file(data_dir / "LOCK", kFileBytesMax);
  const auto endpoints = persistence::read_file(data_dir / "endpoints.json", kFileBytesMax);
  const pid_t holder = lock ? leading_number(*lock) : 0;
  if (!endpoints || holder <= 0 || pid_of_endpoints(*endpoints) != holder)
    return fail(ErrorCode::busy, data_dir.string() + " is in use, but not by a node that serves",
                "it starts or stops right now, or a \"wattringd journal\" verb works on it");
  FileHandle process(open_process(holder));
  if (!process.open()) return nobody();
  // Only now is it sure that the handle is that of the lock's holder: while the lock is held the number cannot pass on.
  if (!is_locked(data_dir / "LOCK")) return nobody();
  return RunningNode(holder, std::move(process));
}

Result<void> RunningNode::ask_to_stop() const {
  if (::syscall(SYS_pidfd_send_signal, process_.get(), SIGTERM, nullptr, 0) == 0 || errno == ESRCH) return {};
  return fail(ErrorCode::io, "cannot signal process " + std::to_string(pid_) + ": " + std::strerror(errno),
              "run it as the user that the node runs as");
}

bool RunningNode::wait_for_end(std::int64_t timeout_ms) const {
  pollfd ended{process_.get(), POLLIN, 0};
  return ::poll(&ended, 1, static_cast<int>(std::min<std::int64_t>(timeout_ms, std::numeric_limits<int>::max()))) > 0;
}

}  // namespace wattring::app
