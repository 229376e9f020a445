// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "node/actor/actor_ref.hpp"
#include "node/actor/supervision.hpp"

namespace wattring::actor::detail {

class Cell;

/// A parent's children: a list in the order of birth and a hash table by name, both through links inside the cells, so
/// that a birth allocates nothing here. The parent's thread changes it, any thread looks; every call takes the lock.
class Children {
 public:
  enum class Added : std::uint8_t { yes, name_taken, full, closed };
  /// Keeps one handle for each child.
  [[nodiscard]] Added add(Cell& child, std::size_t children_max);
  /// The handle that was kept; nobody when it is no child.
  [[nodiscard]] ActorRef remove(Cell& child);
  [[nodiscard]] ActorRef find(std::string_view name) const;
  /// The first so many, oldest first.
  [[nodiscard]] std::vector<ActorRef> list(std::size_t children_max = ~std::size_t{0}) const;
  [[nodiscard]] std::size_t size() const;
  /// No more births; they were `open` before.
  void close();
  void reopen();

  void set_last_failure(std::string text);
  [[nodiscard]] std::string last_failure() const;

  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children();

 private:
  [[nodiscard]] Cell* lookup(std::uint64_t hash, std::string_view name) const;
  void grow();

  mutable std::mutex mutex_;
  // Guarded by mutex_, as are the links inside the children.
  Cell* first_ = nullptr;
  Cell* last_ = nullptr;
  std::vector<Cell*> buckets_;  ///< a power of two of them
  std::size_t size_ = 0;
  bool closed_ = false;
  std::string last_failure_;  ///< the parent's own
};

}  // namespace wattring::actor::detail
