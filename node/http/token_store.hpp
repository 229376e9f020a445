// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/http/token.hpp"

namespace wattring::http {

/// The file of tokens, read again when it changes. Any thread.
class TokenStore {
 public:
  /// The clock must outlive it. io when the file cannot be read, invalid_argument when it makes no sense, or others may
  /// read or write it.
  [[nodiscard]] static Result<std::unique_ptr<TokenStore>> open(std::string path, const Clock& clock,
                                                                std::shared_ptr<Log> log);
  /// The tokens as the file has them, looked at no more than once a second. What cannot be read or makes no sense is
  /// logged, and the tokens from before go on to count.
  [[nodiscard]] std::shared_ptr<const TokenList> tokens();
  /// What is wrong with the file now; empty when nothing is.
  [[nodiscard]] std::string trouble() const;

 private:
  struct Stamp {
    ino_t inode = 0;
    off_t size = 0;
    mode_t mode = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  TokenStore(std::string path, const Clock& clock, std::shared_ptr<Log> log)
      : path_(std::move(path)), clock_(clock), log_(std::move(log)) {}
  [[nodiscard]] Result<Stamp> stamp() const;
  [[nodiscard]] Result<void> load();
  void look_again();

  const std::string path_;
  const Clock& clock_;
  const std::shared_ptr<Log> log_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<const TokenList> tokens_;
  Stamp stamp_;
  std::int64_t looked_ns_ = 0;
  std::string trouble_;
};

}  // namespace wattring::http
