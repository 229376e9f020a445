// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "persistence/format.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {

/// Takes one slice of operations that belong into one transaction; slices come in order.
using SliceSink = std::function<Result<void>(std::vector<persistence::OwnedOp>&& slice, bool last)>;

inline constexpr std::size_t kSliceBytesTarget = 1U << 20U;

/// Cuts a stream of operations into slices of about the target size.
class Slicer {
 public:
  explicit Slicer(const SliceSink& sink) : sink_(sink) {}

  Result<void> add(persistence::WriteOp::Kind kind, persistence::Table table, std::string key, std::string value) {
    if (bytes_ >= kSliceBytesTarget) {
      auto sent = sink_(std::exchange(ops_, {}), false);
      bytes_ = 0;
      if (!sent) return sent;
    }
    bytes_ += key.size() + value.size();
    ops_.push_back({kind, table, std::move(key), std::move(value)});
    return {};
  }
  Result<void> put_sealed(persistence::Table table, std::string key, std::string_view payload) {
    std::string value = persistence::seal_value(payload, persistence::position_of(key));
    return add(persistence::WriteOp::Kind::put, table, std::move(key), std::move(value));
  }
  Result<void> erase(persistence::Table table, std::string_view key) {
    return add(persistence::WriteOp::Kind::erase, table, std::string(key), {});
  }
  Result<void> finish() { return sink_(std::move(ops_), true); }

 private:
  const SliceSink& sink_;
  std::vector<persistence::OwnedOp> ops_;
  std::size_t bytes_ = 0;
};

}  // namespace wattring::meter
