// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "node/app/alert_service.hpp"
#include "node/app/document_rows.hpp"

/// The alert service as keeper of the cluster's documents.

namespace wattring::app {

cluster::Catalog AlertService::initial() {
  const std::lock_guard lock(mutex_);
  return documents_;
}

void AlertService::on_grew(std::vector<cluster::Document> documents) {
  const std::lock_guard port(port_mutex_);
  std::move(documents.begin(), documents.end(), std::back_inserter(arrived_));
}

void AlertService::spread_by(Spread spread) {
  const std::lock_guard lock(spread_mutex_);
  spread_ = std::move(spread);
}

/// On the disk first, then they count. What the disk does not take now is tried again with the next tick.
void AlertService::take_in() {
  std::vector<cluster::Document> arrived;
  {
    const std::lock_guard port(port_mutex_);
    if (arrived_.empty()) return;
    arrived = arrived_;
  }
  const std::lock_guard lock(mutex_);
  cluster::Catalog all = documents_;
  Catalog next = catalog_;
  std::vector<persistence::OwnedOp> operations;
  for (const cluster::Document& document : arrived) {
    const auto added = all.add(document);
    if (!added) hub_.log->error("document_not_kept", added.error().text());
    if (!added || *added == cluster::Catalog::Added::known) continue;
    operations.push_back(put_document(document));
    if (auto taken = take_document(document, next); !taken)
      hub_.log->warn("document_not_understood", taken.error().text());
  }
  if (!operations.empty()) {
    const auto installed = install(std::move(next), operations);
    if (!installed && !disk_refuses_)
      hub_.log->error("document_not_kept", "documents of the cluster wait for the disk: " + installed.error().text());
    disk_refuses_ = !installed;
    if (!installed) return;
    documents_ = std::move(all);
  }
  const std::lock_guard port(port_mutex_);
  arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(arrived.size()));
}

void AlertService::hand_on() {
  const std::lock_guard lock(spread_mutex_);
  if (!spread_) return;
  std::vector<cluster::Document> published;
  {
    const std::lock_guard port(port_mutex_);
    published.swap(published_);
  }
  const auto refused = std::find_if_not(published.begin(), published.end(), std::cref(spread_));
  const std::lock_guard port(port_mutex_);
  published_.insert(published_.begin(), std::make_move_iterator(refused), std::make_move_iterator(published.end()));
}

}  // namespace wattring::app
