// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/sockets.hpp"
#include "node/http/audit_door.hpp"

namespace wattring::app {

/// DATA_DIR/audit.jsonl: one JSON object a line, only ever added to, synced before record() returns. Any thread.
class AuditLog final : public http::AuditDoor {
 public:
  /// Makes the file, with mode 0640, when it is not there.
  [[nodiscard]] static Result<std::unique_ptr<AuditLog>> open(const std::string& data_dir);
  [[nodiscard]] Result<void> record(const http::AuditRecord& record) override;

 private:
  AuditLog(std::string path, FileHandle file) : path_(std::move(path)), file_(std::move(file)) {}
  const std::string path_;
  std::mutex mutex_;
  FileHandle file_;    // guarded by mutex_
  bool torn_ = false;  // guarded by mutex_: the last line may be half a line
};

}  // namespace wattring::app
