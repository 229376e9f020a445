// SPDX-License-Identifier: Apache-2.0
#include "cluster/curve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "base/sockets.hpp"
#include "cluster/zmq_curve.hpp"

namespace wattring::cluster {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

Failure cannot(const char* what, const std::filesystem::path& file, int error) {
  const ErrorCode code = error == ENOENT   ? ErrorCode::not_found
                         : error == EEXIST ? ErrorCode::already_exists
                                           : ErrorCode::io;
  const char* const hint = error == ENOENT ? "make one with wattringctl keygen"
                           : error == EEXIST
                               ? "keys are never overwritten; choose another name or move the old file away"
                               : "";
  return fail(code, std::string(what) + file.string() + ": " + std::generic_category().message(error), hint);
}

Result<void> check_mode(int fd, const std::filesystem::path& file) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return cannot("cannot read the key file ", file, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid_argument, file.string() + " is not a file");
  if ((status.st_mode & kOthers) != 0)
    return fail(ErrorCode::invalid_argument, "the key file " + file.string() + " is open to others than its owner",
                "chmod 600 " + file.string() + "; if others could read it, make new keys");
  return {};
}

Result<std::string> read_all(int fd, const std::filesystem::path& file) {
  std::string text;
  std::array<char, 16'384> part{};
  for (;;) {
    const ssize_t count = ::read(fd, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("cannot read the key file ", file, errno);
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > kKeyFileBytesMax)
      return fail(ErrorCode::invalid_argument, "the key file " + file.string() + " is too large");
  }
}

/// 0 or an errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

Result<CurveKeys> load_key_file(const std::filesystem::path& file) {
  const FileHandle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!handle.open()) return cannot("cannot open the key file ", file, errno);
  const auto mode = check_mode(handle.get(), file);
  if (!mode) return Failure(mode.error());
  const auto text = read_all(handle.get(), file);
  if (!text) return Failure(text.error());
  auto keys = parse_curve_keys(*text);
  const auto checked = keys ? check_curve_keys(*keys) : Result<void>();
  if (keys && checked) return keys;
  Error error = keys ? checked.error() : keys.error();
  error.message.insert(0, "the key file " + file.string() + ": ");
  return Failure(std::move(error));
}

Result<void> write_key_file(const std::filesystem::path& file, const CurveKeys& keys) {
  const FileHandle handle(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!handle.open()) return cannot("cannot make the key file ", file, errno);
  const int error = write_all(handle.get(), format_curve_keys(keys));
  if (error == 0) return {};
  ::unlink(file.c_str());
  return cannot("cannot write the key file ", file, error);
}

}  // namespace wattring::cluster
