// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/children.hpp"

#include <utility>

#include "node/actor/detail/cell.hpp"

namespace wattring::actor::detail {

Children::~Children() {
  // One after the other, not one inside the other's destructor.
  while (first_ != nullptr) {
    Cell* child = std::exchange(first_, first_->sibling_next_);
    child->release();
  }
}

Cell* Children::lookup(std::uint64_t hash, std::string_view name) const {
  if (buckets_.empty()) return nullptr;
  Cell* cell = buckets_[hash & (buckets_.size() - 1)];
  while (cell != nullptr && !(cell->name_hash() == hash && cell->has_name(name))) cell = cell->hash_next_;
  return cell;
}

void Children::grow() {
  buckets_.assign(buckets_.empty() ? 8 : buckets_.size() * 2, nullptr);
  for (Cell* cell = first_; cell != nullptr; cell = cell->sibling_next_) {
    Cell*& bucket = buckets_[cell->name_hash() & (buckets_.size() - 1)];
    cell->hash_next_ = std::exchange(bucket, cell);
  }
}

Children::Added Children::add(Cell& child, std::size_t children_max) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Added::closed;
  if (size_ >= children_max) return Added::full;
  if (!child.is_nameless() && lookup(child.name_hash(), child.name()) != nullptr) return Added::name_taken;
  child.retain();
  child.sibling_previous_ = last_;
  (last_ == nullptr ? first_ : last_->sibling_next_) = &child;
  last_ = &child;
  ++size_;
  if (size_ > buckets_.size()) {
    grow();
  } else {
    Cell*& bucket = buckets_[child.name_hash() & (buckets_.size() - 1)];
    child.hash_next_ = std::exchange(bucket, &child);
  }
  return Added::yes;
}

ActorRef Children::remove(Cell& child) {
  const std::lock_guard lock(mutex_);
  if (buckets_.empty()) return {};
  Cell** link = &buckets_[child.name_hash() & (buckets_.size() - 1)];
  while (*link != nullptr && *link != &child) link = &(*link)->hash_next_;
  if (*link == nullptr) return {};
  *link = child.hash_next_;
  (child.sibling_previous_ == nullptr ? first_ : child.sibling_previous_->sibling_next_) = child.sibling_next_;
  (child.sibling_next_ == nullptr ? last_ : child.sibling_next_->sibling_previous_) = child.sibling_previous_;
  --size_;
  ActorRef kept(&child);
  child.release();
  return kept;
}

ActorRef Children::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return ActorRef(lookup(Cell::hash_name(name), name));
}

std::vector<ActorRef> Children::list(std::size_t children_max) const {
  const std::lock_guard lock(mutex_);
  std::vector<ActorRef> children;
  children.reserve(std::min(size_, children_max));
  for (Cell* cell = first_; cell != nullptr && children.size() < children_max; cell = cell->sibling_next_) {
    children.emplace_back(cell);
  }
  return children;
}

std::size_t Children::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

void Children::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Children::reopen() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
}

void Children::set_last_failure(std::string text) {
  const std::lock_guard lock(mutex_);
  last_failure_ = std::move(text);
}

std::string Children::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

}  // namespace wattring::actor::detail
