// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/read_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace wattring::ctl {
namespace {

tl::unexpected<Trouble> cannot(const char* what, const std::string& path, const std::string& why) {
  return tl::unexpected(Trouble{kExitUsage, fmt::format("cannot {} {}: {}\n", what, path, why)});
}

}  // namespace

Outcome<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return cannot("open", path, std::strerror(errno));
  std::string text(bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  const bool failed = std::ferror(file) != 0;
  const int error = errno;
  if (file != stdin) std::fclose(file);  // NOLINT(cert-err33-c): it was only read
  if (failed) return cannot("read", path, std::strerror(error));
  if (text.size() > bytes_max) return cannot("read", path, fmt::format("longer than {} bytes", bytes_max));
  return text;
}

}  // namespace wattring::ctl
