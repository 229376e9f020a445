// SPDX-License-Identifier: Apache-2.0
#include "node/http/token_store.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "node/http/token_file.hpp"

namespace wattring::http {
namespace {

constexpr std::int64_t kLookEveryNs = 1'000'000'000;
constexpr std::size_t kFileBytesMax = 4U << 20U;

}  // namespace

Result<std::unique_ptr<TokenStore>> TokenStore::open(std::string path, const Clock& clock, std::shared_ptr<Log> log) {
  std::unique_ptr<TokenStore> store(new TokenStore(std::move(path), clock, std::move(log)));
  const std::lock_guard lock(store->mutex_);
  const auto stamp = store->stamp();
  if (!stamp) return Failure(stamp.error());
  store->stamp_ = *stamp;
  store->looked_ns_ = clock.monotonic_ns();
  if (const auto loaded = store->load(); !loaded) return Failure(loaded.error());
  return store;
}

Result<TokenStore::Stamp> TokenStore::stamp() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0)
    return fail(ErrorCode::io, fmt::format("http.tokens: {}: {}", path_, std::strerror(errno)),
                "make a token: wattringctl token new --name NAME --role ROLE --file " + path_);
  return Stamp{status.st_ino, status.st_size, status.st_mode,
               std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<void> TokenStore::load() {
  const auto text = read_secret_file(path_, kFileBytesMax);
  if (!text) return fail(text.error().code, "http.tokens: " + text.error().message, text.error().hint);
  auto list = TokenList::parse(*text);
  if (!list)
    return fail(list.error().code, fmt::format("http.tokens: {}: {}", path_, list.error().message), list.error().hint);
  tokens_ = std::make_shared<const TokenList>(std::move(*list));
  return {};
}

void TokenStore::look_again() {
  const auto now = stamp();
  const bool same = now && *now == stamp_;
  if (same && trouble_.empty()) return;
  const bool was_well = trouble_.empty();
  const Result<void> loaded = now ? load() : Result<void>(Failure(now.error()));
  if (loaded) {
    stamp_ = *now;
    trouble_.clear();
    log_->info("tokens_read", fmt::format("{} tokens from {}", tokens_->tokens().size(), path_));
  } else {
    trouble_ = loaded.error().message;
    if (was_well) log_->error("tokens_refused", loaded.error().text() + "; the tokens from before go on to count");
  }
}

std::shared_ptr<const TokenList> TokenStore::tokens() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns - looked_ns_ >= kLookEveryNs) {
    looked_ns_ = now_ns;
    look_again();
  }
  return tokens_;
}

std::string TokenStore::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace wattring::http
