// SPDX-License-Identifier: Apache-2.0
#include "persistence/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace wattring::persistence {
namespace {

Failure from_system(const std::string& what, int error) {
  const auto code = error == ENOSPC || error == EDQUOT ? ErrorCode::no_space
                    : error == ENOENT                  ? ErrorCode::not_found
                                                       : ErrorCode::io;
  return fail(code, what + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Result<void> write_all(int fd, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return from_system("write " + name, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size() - 1, 0);
  if (got <= 0) return "another process";
  const std::string_view read(text.data(), static_cast<std::size_t>(got));
  return "process " + std::string(read.substr(0, read.find('\n')));
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& file) {
  Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (fd.get() < 0) return from_system("open " + file.string(), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return from_system("lock " + file.string(), errno);
    return fail(ErrorCode::busy, file.parent_path().string() + " is in use by " + holder_of(fd.get()),
                "stop that process first");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the message above; on a full volume the lock itself must still work.
  if (::ftruncate(fd.get(), 0) == 0 && ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) errno = 0;
  return FileLock(fd.release());
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return from_system("open " + file.string(), errno);
  std::string text(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_system("read " + file.string(), errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max)
    return fail(ErrorCode::invalid_argument, file.string() + " is longer than " + std::to_string(bytes_max) + " bytes");
  text.resize(size);
  return text;
}

Result<void> write_file_durably(const std::filesystem::path& directory, const std::string& name,
                                std::string_view text) {
  const std::filesystem::path beside = directory / (name + ".new");
  {
    const Descriptor fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (fd.get() < 0) return from_system("create " + beside.string(), errno);
    if (auto written = write_all(fd.get(), text, beside.string()); !written) return written;
    if (::fsync(fd.get()) != 0) return from_system("sync " + beside.string(), errno);
  }
  std::error_code error;
  std::filesystem::rename(beside, directory / name, error);
  if (error) return from_system("rename " + beside.string(), error.value());
  return sync_directory(directory);
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return from_system("open " + directory.string(), errno);
  if (::fsync(fd.get()) != 0) return from_system("sync " + directory.string(), errno);
  return {};
}

Result<bool> is_empty_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
    if (entries->path().filename() != "lost+found") return false;
  if (error) return from_system("list " + directory.string(), error.value());
  return true;
}

Result<void> allocate_file(const std::filesystem::path& file, std::uint64_t bytes) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (fd.get() < 0) return from_system("create " + file.string(), errno);
  if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes)); error != 0)
    return from_system("allocate " + file.string(), error);
  return {};
}

}  // namespace wattring::persistence
