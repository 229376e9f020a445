// SPDX-License-Identifier: Apache-2.0
#include "node/sim/local_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

// glibc 2.36 forgot this for C++.
extern "C" {
#include <sys/pidfd.h>
}

extern char** environ;

namespace wattring::sim {
namespace {

std::string boot_id() {
  std::string text = read_text("/proc/sys/kernel/random/boot_id");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<ProcessStat> stat_of(int pid) {
  return parse_process_stat(read_text(fmt::format("/proc/{}/stat", pid)));
}

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// What posix_spawn wants, freed at the end.
struct SpawnSettings {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};

  explicit SpawnSettings(const std::string& log_path) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    // What this program ignores is no business of the other one.
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&defaults, number);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // "PID (NAME) STATE ...", where NAME may hold anything; the start is the 22nd word.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return std::nullopt;
  text.remove_prefix(name_end + 2);
  ProcessStat stat;
  stat.state = text.front();
  for (int word = 3; word < 22; ++word) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    text.remove_prefix(blank + 1);
  }
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), stat.start_ticks);
  if (parsed.ec != std::errc()) return std::nullopt;
  return stat;
}

Result<ProcessMark> mark_process(int pid) {
  const std::optional<ProcessStat> stat = stat_of(pid);
  if (!stat || stat->state == 'Z') return fail(ErrorCode::not_found, fmt::format("there is no process {}", pid));
  return ProcessMark{pid, stat->start_ticks, boot_id()};
}

std::optional<ProcessHandle> ProcessHandle::open(const ProcessMark& mark) {
  if (mark.pid <= 1) return std::nullopt;
  const int descriptor = pidfd_open(mark.pid, 0);
  if (descriptor < 0) return std::nullopt;
  ProcessHandle handle(descriptor);
  // Compared after it is held: from here on the number cannot change hands.
  const Result<ProcessMark> now = mark_process(mark.pid);
  if (!now || *now != mark) return std::nullopt;
  return handle;
}

ProcessHandle::~ProcessHandle() {
  if (descriptor_ >= 0) close(descriptor_);
}

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

bool ProcessHandle::signal(int number) const {
  return pidfd_send_signal(descriptor_, number, nullptr, 0) == 0;
}

bool ProcessHandle::wait_end(std::int64_t timeout_ms) const {
  pollfd ended{descriptor_, POLLIN, 0};
  return poll(&ended, 1, static_cast<int>(timeout_ms)) > 0;
}

Result<int> start_process(const std::vector<std::string>& arguments, const std::string& log_path) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const SpawnSettings settings(log_path);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, words.front(), &settings.files, &settings.attributes, words.data(), environ);
  if (error != 0) {
    return fail(ErrorCode::io, fmt::format("cannot start {} with its output in {}: {}", arguments.front(), log_path,
                                           std::strerror(error)));
  }
  return pid;
}

Result<int> run_process(const std::vector<std::string>& arguments, const std::string& log_path,
                        std::int64_t timeout_ms) {
  Result<int> pid = start_process(arguments, log_path);
  if (!pid) return pid;
  const int descriptor = pidfd_open(*pid, 0);
  pollfd ended{descriptor, POLLIN, 0};
  const bool in_time = descriptor < 0 || poll(&ended, 1, static_cast<int>(timeout_ms)) > 0;
  if (descriptor >= 0) close(descriptor);
  if (!in_time) kill(*pid, SIGKILL);
  int status = 0;
  waitpid(*pid, &status, 0);
  if (!in_time) return fail(ErrorCode::busy, arguments.front() + " did not end in time", "its output: " + log_path);
  return exit_code(status);
}

Result<std::string> find_program(const std::string& name) {
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  std::string searched = self.parent_path().string();
  if (const char* path = std::getenv("PATH"); path != nullptr) searched.append(":").append(path);
  std::string_view left = searched;
  while (!left.empty()) {
    const std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
    std::string candidate = (std::filesystem::path(folder) / name).string();
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(ErrorCode::not_found, "there is no " + name + " beside this program or on PATH",
              "build it, or name it with --wattringd");
}

}  // namespace wattring::sim
