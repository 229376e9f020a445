// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "cluster/membership_service.hpp"
#include "cluster/zmq_context.hpp"
#include "cluster/zmq_security.hpp"
#include "cluster/zmq_transport.hpp"
#include "node/app/catalog_port.hpp"
#include "node/app/config.hpp"
#include "node/app/membership_file.hpp"
#include "node/http/cluster_door.hpp"
#include "persistence/identity.hpp"

namespace wattring::app {

/// The node among the others: its keys, its membership and what HTTP sees of it. Any thread, but for open(), start(),
/// leave_cluster() and stop(), which are its owner's.
class ClusterSystem final : public http::ClusterDoor {
 public:
  struct Options {
    std::string data_dir;
    Config config;
    persistence::Identity identity;
    std::string version;  ///< of this program; others see it
  };
  struct Doors {
    const Clock& clock;
    Metrics& metrics;
    std::shared_ptr<Log> log;
  };
  /// Binds listen.membership; nothing is said yet. The doors must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ClusterSystem>> open(Options options, const Doors& doors, Prng prng);
  ~ClusterSystem() override;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  /// This node did not join others: it is where its cluster began.
  [[nodiscard]] bool founded() const { return file_.memory().seeds.empty(); }
  /// For the node's other sockets. security() is null without keys.
  [[nodiscard]] const std::shared_ptr<cluster::ZmqContext>& context() const { return context_; }
  [[nodiscard]] const std::shared_ptr<cluster::ZmqSecurity>& security() const { return security_; }

  using OnView = std::function<void(std::shared_ptr<const cluster::View>)>;
  /// Once, when all the other listeners stand. on_view is called on the membership thread and must not wait. The
  /// catalog must outlive it.
  [[nodiscard]] Result<void> start(const cluster::Endpoints& listening, CatalogPort& catalog, OnView on_view);
  /// Says goodbye to the others, then stops.
  void leave_cluster();
  /// Idempotent.
  void stop();

  std::shared_ptr<const cluster::View> view() override;  ///< null before start()
  std::vector<http::ClusterEvent> events(std::uint64_t after, std::size_t limit) override;
  void leave() override { leave_asked_ = true; }
  /// Asks the others to count on this node as little as they can, or as ever again.
  [[nodiscard]] Result<void> set_draining(bool draining);

  /// Reads the key file anew. What is wrong with it goes to the log, and the old keys stay.
  void reload_keys();
  /// "none", or what is the same on nodes with the same list; and why a newer file was refused.
  [[nodiscard]] std::string keys_summary() const;
  [[nodiscard]] bool has_keys() const override { return security_ != nullptr; }

  [[nodiscard]] bool leave_asked() const { return leave_asked_; }
  /// Why this node must not go on, when somebody who may say so has said so.
  [[nodiscard]] std::optional<Error> expelled() const;

 private:
  ClusterSystem(Options options, const Doors& doors, Prng prng);
  [[nodiscard]] Result<void> load_keys();
  [[nodiscard]] Result<void> bind();
  [[nodiscard]] cluster::Swim::Self self(const cluster::Endpoints& listening, std::uint64_t epoch);
  void on_stop(cluster::RejectReason reason, const std::string& text);
  /// Null before start().
  [[nodiscard]] cluster::MembershipService* service() const;

  const Options options_;
  const Doors doors_;
  Prng prng_;
  MembershipFile file_;
  std::string endpoint_;
  std::shared_ptr<cluster::ZmqContext> context_;
  std::shared_ptr<cluster::ZmqSecurity> security_;
  std::unique_ptr<cluster::ZmqTransport> transport_;  ///< until start()
  std::atomic<bool> leave_asked_{false};
  CatalogPort* catalog_ = nullptr;  ///< from start() on

  mutable std::mutex mutex_;
  std::optional<Error> expelled_;  // guarded by mutex_
  std::string keys_trouble_;       // guarded by mutex_; why the last reload changed nothing
  // Guarded by mutex_ as a pointer; it is set once.
  std::unique_ptr<cluster::MembershipService> service_;
};

}  // namespace wattring::app
