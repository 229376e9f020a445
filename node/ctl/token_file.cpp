// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/token_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sockets.hpp"
#include "node/http/token.hpp"
#include "node/http/token_file.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kFileBytesMax = 4U << 20U;

Result<void> append(const std::string& path, const std::string& text) {
  const FileHandle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
  const bool written =
      file.open() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written || ::fsync(file.get()) != 0)
    return fail(ErrorCode::io, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace

Result<void> add_token_line(const std::string& path, const std::string& name, const std::string& line) {
  std::string before;
  if (::access(path.c_str(), F_OK) == 0) {
    const auto text = http::read_secret_file(path, kFileBytesMax);
    if (!text) return Failure(text.error());
    const auto list = http::TokenList::parse(*text);
    if (!list) return fail(list.error().code, fmt::format("{}: {}", path, list.error().message), list.error().hint);
    const auto same = [&](const http::Token& one) { return one.name == name; };
    if (std::ranges::any_of(list->tokens(), same))
      return fail(ErrorCode::already_exists, fmt::format("{} has a token \"{}\" already", path, name),
                  "take another name, or delete its line first: then it stops counting");
    before = !text->empty() && text->back() != '\n' ? "\n" : "";
  }
  return append(path, before + line + "\n");
}

Result<void> write_token_file(const std::string& path, const std::string& token) {
  if (::access(path.c_str(), F_OK) == 0)
    return fail(ErrorCode::already_exists, path + " is there already", "take another name, or remove it first");
  return append(path, token + "\n");
}

}  // namespace wattring::ctl
