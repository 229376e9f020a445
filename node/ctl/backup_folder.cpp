// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/backup_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/hash.hpp"

namespace wattring::ctl {
namespace {

constexpr std::uint64_t kManifestBytesMax = 64U << 20U;
constexpr const char* kUnfinished = ".part";

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }  // NOLINT(cert-err33-c): it was only read
};

bool sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

Failure stopped_by(const Trouble& why, Trouble* trouble) {
  if (trouble != nullptr) *trouble = why;
  return fail(ErrorCode::io, why.text);
}

}  // namespace

std::string shard_file_name(std::uint16_t shard) {
  return fmt::format("shard-{:04}.wbk", shard);
}

std::string hex64(std::uint64_t value) {
  return fmt::format("{:016x}", value);
}

Trouble file_trouble(const char* what, const std::string& path) {
  return {kExitUsage, fmt::format("cannot {} {}: {}\n", what, path, std::strerror(errno))};
}

void SafeFile::Closer::operator()(std::FILE* file) const {
  std::fclose(file);  // NOLINT(cert-err33-c): finish() has looked, or the file is given up
}

Outcome<SafeFile> SafeFile::create(const std::string& path) {
  SafeFile file;
  file.path_ = path;
  const int descriptor =
      ::open((path + kUnfinished).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor >= 0) file.file_.reset(::fdopen(descriptor, "wb"));
  if (file.file_ == nullptr) return tl::unexpected(file_trouble("write", path));
  return file;
}

Outcome<void> SafeFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return tl::unexpected(file_trouble("write", path_));
  bytes_ += bytes.size();
  return {};
}

Outcome<void> SafeFile::finish() {
  const bool synced = std::fflush(file_.get()) == 0 && ::fsync(::fileno(file_.get())) == 0;
  file_.reset();
  if (!synced || std::rename((path_ + kUnfinished).c_str(), path_.c_str()) != 0 || !sync_folder_of(path_))
    return tl::unexpected(file_trouble("write", path_));
  return {};
}

Result<ShardContent> read_shard_file(const std::string& path, const OnPart& on_part, Trouble* trouble) {
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr)
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                errno == ENOENT ? "it is missing" : fmt::format("it cannot be read: {}", std::strerror(errno)));
  ShardContent content;
  backup::ShardFileReader reader([&](char* into, std::size_t size) {
    const std::size_t got = std::fread(into, 1, size, file.get());
    content.bytes += got;
    return got;
  });
  const auto head = reader.head();
  if (!head) return Failure(head.error());
  content.head = *head;
  backup::Tally tally;
  for (;;) {
    const auto part = reader.part();
    if (!part) return Failure(part.error());
    if (!*part) break;
    const auto some = backup::read_part(**part);
    if (!some) return Failure(some.error());
    tally += *some;
    if (!on_part) continue;
    if (const auto taken = on_part(**part); !taken) return stopped_by(taken.error(), trouble);
  }
  content.end = reader.end();
  if (tally != content.end.tally) return fail(ErrorCode::corrupt, "its rows are not those that its end counts");
  return content;
}

Result<Json> read_manifest(const std::string& folder) {
  const std::string path = (std::filesystem::path(folder) / kManifestName).string();
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::not_found, fmt::format("{} has no {}", folder, kManifestName));
  if (bytes > kManifestBytesMax) return fail(ErrorCode::corrupt, fmt::format("{} is too large to be one", path));
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::string checksum;
  if (!std::getline(in, line) || !std::getline(in, checksum) || checksum != fmt::format("\"{}\"", hex64(hash64(line))))
    return fail(ErrorCode::corrupt, fmt::format("{} does not verify", path));
  auto manifest = parse_json(line);
  if (!manifest) return Failure(manifest.error());
  if (!(*manifest)["schema"].string().starts_with("wattring.backup/1"))
    return fail(ErrorCode::newer_format,
                fmt::format("{} is of schema \"{}\": use a newer release", path, (*manifest)["schema"].string()));
  return manifest;
}

Outcome<void> write_manifest(const std::string& folder, const Json& manifest) {
  auto file = SafeFile::create((std::filesystem::path(folder) / kManifestName).string());
  if (!file) return tl::unexpected(file.error());
  const std::string line = manifest.compact();
  if (auto written = file->write(fmt::format("{}\n\"{}\"\n", line, hex64(hash64(line)))); !written) return written;
  return file->finish();
}

}  // namespace wattring::ctl
