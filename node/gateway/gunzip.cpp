// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace wattring::gateway {
namespace {

constexpr std::size_t kFirstBytes = 16U << 10U;

class Inflater {
 public:
  Inflater(std::string_view compressed, std::size_t limit, std::string& out) : limit_(limit), out_(out) {
    // zlib's interface predates const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream_.avail_in = static_cast<uInt>(compressed.size());
    ready_ = inflateInit2(&stream_, kAnyHeader) == Z_OK;
  }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::optional<Reason> run() {
    out_.clear();
    std::size_t used = 0;
    while (ready_) {
      if (used == out_.size() && !grow()) return Reason::too_large;
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + used);
      const auto room = static_cast<uInt>(std::min<std::size_t>(out_.size() - used, std::numeric_limits<uInt>::max()));
      stream_.avail_out = room;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      used += room - stream_.avail_out;
      if (used > limit_) return Reason::too_large;
      if (status == Z_STREAM_END) {
        if (stream_.avail_in == 0) {
          out_.resize(used);
          return std::nullopt;
        }
        if (inflateReset(&stream_) != Z_OK) break;
      } else if (status != Z_OK) {
        break;  // damaged, or Z_BUF_ERROR: the input is over before the end
      }
    }
    return Reason::bad_frame;
  }

 private:
  /// 15 bits of window; 32: the header tells gzip from zlib.
  static constexpr int kAnyHeader = 15 + 32;

  /// One byte past the limit is enough to see that there is more.
  bool grow() {
    if (out_.size() > limit_) return false;
    out_.resize(std::min(std::max(out_.size() * 2, kFirstBytes), limit_ + 1));
    return true;
  }

  z_stream stream_{};
  const std::size_t limit_;
  std::string& out_;
  bool ready_ = false;
};

}  // namespace

std::optional<Reason> gunzip(std::string_view compressed, std::size_t limit_bytes, std::string& out) {
  if (compressed.size() > std::numeric_limits<uInt>::max()) return Reason::too_large;
  const std::optional<Reason> fault = Inflater(compressed, limit_bytes, out).run();
  if (fault) std::string().swap(out);
  return fault;
}

}  // namespace wattring::gateway
