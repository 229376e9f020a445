// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "cluster/catalog.hpp"

namespace wattring::app {

/// Between who keeps the cluster's documents on the disk and acts on them, and membership, which spreads them.
class CatalogPort {
 public:
  virtual ~CatalogPort() = default;
  /// What is on the disk; what membership begins with.
  [[nodiscard]] virtual cluster::Catalog initial() = 0;
  /// Documents that are new in the cluster's set, from anybody (effect::CatalogGrew). Waits for nothing: they are
  /// written and count a moment later. What a crash loses before that comes again with the next sync.
  virtual void on_grew(std::vector<cluster::Document> documents) = 0;
  /// Hands a document that was published here, and is on the disk, to the others; false: not now, try again. Any
  /// thread.
  using Spread = std::function<bool(const cluster::Document&)>;
  /// Null: nobody to hand them to (any more); when it returns the former one is not called again.
  virtual void spread_by(Spread spread) = 0;
};

}  // namespace wattring::app
