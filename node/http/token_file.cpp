// SPDX-License-Identifier: Apache-2.0
#include "node/http/token_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace wattring::http {
namespace {

constexpr mode_t kForbidden = S_IWGRP | S_IXGRP | S_IRWXO;
constexpr std::size_t kClientFileBytesMax = 4096;

}  // namespace

Result<void> check_secret_mode(const std::string& path, mode_t mode) {
  if ((mode & kForbidden) == 0) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} has mode {:o}: others than its owner may write or read it", path, mode & 0777U),
              fmt::format("chmod 600 {} (or 640, for a group that may read it)", path));
}

Result<std::string> read_secret_file(const std::string& path, std::size_t bytes_max) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail(ErrorCode::io, fmt::format("{}: {}", path, std::strerror(errno)));
  if (const auto mode = check_secret_mode(path, status.st_mode); !mode) return Failure(mode.error());
  if (status.st_size > static_cast<off_t>(bytes_max))
    return fail(ErrorCode::invalid_argument, fmt::format("{} is longer than {} bytes", path, bytes_max));
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::io, fmt::format("{}: {}", path, std::strerror(errno)));
  std::string text(bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Result<std::string> read_token_file(const std::string& path) {
  auto text = read_secret_file(path, kClientFileBytesMax);
  if (!text) return Failure(text.error());
  std::string token = text->substr(0, std::min(text->find_first_of(" \t\r\n"), text->size()));
  if (!token.empty()) return token;
  return fail(ErrorCode::invalid_argument, fmt::format("{} does not begin with a token", path),
              "put there what wattringctl token new printed");
}

}  // namespace wattring::http
