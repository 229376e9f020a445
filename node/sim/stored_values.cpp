// SPDX-License-Identifier: Apache-2.0
#include "node/sim/stored_values.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace wattring::sim {
namespace {

// A page: number u64, pad u16, flags u16, lower u16, upper u16, then the offsets (u16) of its nodes. A node: low u16,
// high u16, flags u16, key bytes u16, key, data.
constexpr std::uint64_t kPageHead = 16;
constexpr std::uint64_t kNodeHead = 8;
constexpr std::uint64_t kFlagsAt = 10;
constexpr std::uint64_t kLowerAt = 12;
constexpr std::uint16_t kLeafPage = 0x02;
constexpr std::uint16_t kElsewhere = 0x01;  // the data is the number of the page where the value begins
constexpr std::uint16_t kTableNode = 0x02;  // the data tells of a table
// Of both first pages, after the head: what an LMDB file begins with, the page size in the first table, the second
// table (of names), and the number of the transaction.
constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint64_t kPageSizeAt = 40;
constexpr std::uint64_t kNamesAt = 88;
constexpr std::uint64_t kTransactionAt = 144;
constexpr std::uint64_t kRootAt = 40;  // in a table's 48 bytes
constexpr std::uint64_t kNoPage = std::numeric_limits<std::uint64_t>::max();
constexpr int kDepthMax = 32;

class File {
 public:
  explicit File(std::string_view bytes) : bytes_(bytes) {}
  bool open();
  void walk(const std::string& table, std::uint64_t page, int depth);
  std::uint64_t names_root() const { return names_root_; }
  bool broken() const { return broken_; }
  std::vector<StoredValue> values;

 private:
  template <class T>
  T at(std::uint64_t offset) {
    T value{};
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) {
      broken_ = true;
    } else {
      std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    }
    return value;
  }
  void take(const std::string& table, std::uint64_t node, int depth);

  const std::string_view bytes_;
  std::uint64_t page_bytes_ = 0;
  std::uint64_t names_root_ = kNoPage;
  bool broken_ = false;
};

bool File::open() {
  page_bytes_ = at<std::uint32_t>(kPageSizeAt);
  if (at<std::uint32_t>(kPageHead) != kMagic || page_bytes_ < 512 || page_bytes_ > 65'536) return false;
  const std::uint64_t newest =
      at<std::uint64_t>(kTransactionAt) >= at<std::uint64_t>(page_bytes_ + kTransactionAt) ? 0 : page_bytes_;
  names_root_ = at<std::uint64_t>(newest + kNamesAt + kRootAt);
  return !broken_;
}

void File::walk(const std::string& table, std::uint64_t page, int depth) {
  if (page == kNoPage || broken_) return;
  const std::uint64_t start = page * page_bytes_;
  const bool leaf = (at<std::uint16_t>(start + kFlagsAt) & kLeafPage) != 0;
  const std::uint64_t nodes = (at<std::uint16_t>(start + kLowerAt) - kPageHead) / 2;
  if (depth > kDepthMax || nodes > page_bytes_) broken_ = true;
  for (std::uint64_t i = 0; i < nodes && !broken_; ++i) {
    const std::uint64_t node = start + at<std::uint16_t>(start + kPageHead + 2 * i);
    if (leaf) {
      take(table, node, depth);
    } else {
      const auto child = at<std::uint16_t>(node) | std::uint64_t{at<std::uint16_t>(node + 2)} << 16 |
                         std::uint64_t{at<std::uint16_t>(node + 4)} << 32;
      walk(table, child, depth + 1);
    }
  }
}

void File::take(const std::string& table, std::uint64_t node, int depth) {
  const std::uint64_t bytes = at<std::uint16_t>(node) | std::uint64_t{at<std::uint16_t>(node + 2)} << 16;
  const auto flags = at<std::uint16_t>(node + 4);
  const auto key_bytes = at<std::uint16_t>(node + 6);
  const std::uint64_t data = node + kNodeHead + key_bytes;
  if ((flags & kTableNode) != 0) {
    if (data > bytes_.size()) broken_ = true;
    if (!broken_)
      walk(std::string(bytes_.substr(node + kNodeHead, key_bytes)), at<std::uint64_t>(data + kRootAt), depth);
    return;
  }
  const std::uint64_t begin = (flags & kElsewhere) != 0 ? at<std::uint64_t>(data) * page_bytes_ + kPageHead : data;
  if (begin > bytes_.size() || bytes_.size() - begin < bytes) broken_ = true;
  values.push_back({table, begin, bytes});
}

}  // namespace

Result<std::vector<StoredValue>> stored_values(std::string_view file) {
  File walked(file);
  if (!walked.open()) return fail(ErrorCode::corrupt, "this is no data file");
  walked.walk("", walked.names_root(), 0);
  if (walked.broken()) return fail(ErrorCode::corrupt, "the data file has another shape than expected");
  return std::move(walked.values);
}

}  // namespace wattring::sim
