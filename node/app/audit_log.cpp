// SPDX-License-Identifier: Apache-2.0
#include "node/app/audit_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/json_writer.hpp"
#include "base/time.hpp"

namespace wattring::app {
namespace {

Failure trouble(const std::string& path) {
  return fail(ErrorCode::io, "cannot write " + path + ": " + std::strerror(errno),
              "changes go on, but are not written down: make room, or mend the permissions");
}

Result<void> sync_folder(const std::string& folder) {
  const FileHandle handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.open() || ::fsync(handle.get()) != 0) return trouble(folder);
  return {};
}

/// A crash in the middle of a line leaves half of it: the next one must not be glued to it.
bool ends_within_a_line(int file) {
  char last = '\n';
  const off_t end = ::lseek(file, 0, SEEK_END);
  return end > 0 && (::pread(file, &last, 1, end - 1) != 1 || last != '\n');
}

std::string line_of(const http::AuditRecord& record) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().field("time", format_rfc3339(record.time_ms)).field("token", record.token);
  json.field("peer", record.peer).field("verb", record.verb).field("target", record.target);
  json.key("status").integer(record.status).field("outcome", record.outcome).end_object();
  return line + "\n";
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const std::string& data_dir) {
  const std::string path = (std::filesystem::path(data_dir) / "audit.jsonl").string();
  FileHandle file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP));
  if (!file.open()) return trouble(path);
  if (const auto synced = sync_folder(data_dir); !synced) return Failure(synced.error());
  std::unique_ptr<AuditLog> log(new AuditLog(path, std::move(file)));
  log->torn_ = ends_within_a_line(log->file_.get());
  return log;
}

Result<void> AuditLog::record(const http::AuditRecord& record) {
  const std::lock_guard lock(mutex_);
  const std::string line = (torn_ ? "\n" : "") + line_of(record);
  const ssize_t written = ::write(file_.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    torn_ = torn_ || written > 0;
    return trouble(path_);
  }
  torn_ = false;
  if (::fdatasync(file_.get()) != 0) return trouble(path_);
  return {};
}

}  // namespace wattring::app
