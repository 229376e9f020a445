// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include "tests/cluster/membership_fakes.hpp"

/// The service's threads, over a network within the process. Nothing sleeps: tests wait for what they expect.

namespace wattring::cluster {
namespace {

using namespace std::chrono_literals;
constexpr auto kLongEnough = 20s;

/// Hands frames over at once; an answer goes to the endpoint that the connection stands for.
class Network {
 public:
  struct Box {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Input> inputs;
    bool woken = false;
    std::uint64_t number = 0;
  };

  class Door final : public Transport {
   public:
    Door(Network& network, std::string endpoint)
        : network_(network), endpoint_(std::move(endpoint)), box_(network.open(endpoint_)) {}
    ~Door() override { network_.close(endpoint_); }

    SendOutcome send(const Route& to, std::string_view frame) override {
      const auto box = network_.find(to);
      if (!box) return SendOutcome::no_route;
      return put(*box, input::Received{Route::back(box_->number), std::string(frame)}), SendOutcome::sent;
    }
    void check_connect(const std::string& endpoint) override {
      const bool there = network_.find(Route::to(endpoint)) != nullptr;
      put(*box_, input::ConnectChecked{endpoint, there ? ConnectOutcome::accepted : ConnectOutcome::refused});
    }
    void receive(std::int64_t wait_ns, std::vector<Input>& inputs) override {
      std::unique_lock lock(box_->mutex);
      box_->changed.wait_for(lock, std::chrono::nanoseconds(wait_ns),
                             [&] { return box_->woken || !box_->inputs.empty(); });
      box_->woken = false;
      inputs.swap(box_->inputs);
    }
    void wake() override {
      const std::lock_guard lock(box_->mutex);
      box_->woken = true;
      box_->changed.notify_all();
    }
    [[nodiscard]] std::string endpoint() const override { return endpoint_; }

   private:
    static void put(Box& box, Input input) {
      const std::lock_guard lock(box.mutex);
      box.inputs.push_back(std::move(input));
      box.changed.notify_all();
    }
    Network& network_;
    const std::string endpoint_;
    const std::shared_ptr<Box> box_;
  };

  std::unique_ptr<Transport> door(const std::string& endpoint) { return std::make_unique<Door>(*this, endpoint); }

 private:
  std::shared_ptr<Box> open(const std::string& endpoint) {
    const std::lock_guard lock(mutex_);
    auto box = std::make_shared<Box>();
    box->number = ++last_number_;
    boxes_[endpoint] = box;
    by_number_[box->number] = box;
    return box;
  }
  void close(const std::string& endpoint) {
    const std::lock_guard lock(mutex_);
    by_number_.erase(boxes_[endpoint]->number);
    boxes_.erase(endpoint);
  }
  std::shared_ptr<Box> find(const Route& to) {
    const std::lock_guard lock(mutex_);
    if (!to.endpoint.empty()) {
      const auto found = boxes_.find(to.endpoint);
      return found == boxes_.end() ? nullptr : found->second;
    }
    const auto found = by_number_.find(to.connection);
    return found == by_number_.end() ? nullptr : found->second;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Box>> boxes_;        // guarded by mutex_
  std::map<std::uint64_t, std::shared_ptr<Box>> by_number_;  // guarded by mutex_
  std::uint64_t last_number_ = 0;                            // guarded by mutex_
};

class MemoryStore final : public MembershipStore {
 public:
  Result<void> keep_epoch(std::uint64_t /*epoch*/) override { return {}; }
  Result<void> keep_peers(const std::vector<std::string>& /*peers*/) override { return {}; }
};

/// A node, and what it was told.
class Member {
 public:
  Member(Network& network, std::uint8_t number, std::vector<std::string> seeds, const std::string& endpoint = {},
         std::uint64_t epoch = 1) {
    MembershipService::Options options;
    options.self = {test::plant(), test::record_of(number, epoch), "{}"};
    if (!endpoint.empty()) options.self.record.endpoints.membership = endpoint;
    options.settings.probe_interval_small_ns = 20 * kNsPerMs;
    options.settings.join_retry_min_ns = 20 * kNsPerMs;
    options.seeds = std::move(seeds);
    MembershipListener listener;
    listener.on_view = [this](std::shared_ptr<const View> view) {
      const std::lock_guard lock(mutex_);
      view_ = std::move(view);
      changed_.notify_all();
    };
    listener.on_catalog = [this](std::vector<Document> documents) {
      const std::lock_guard lock(mutex_);
      documents_.insert(documents_.end(), documents.begin(), documents.end());
      changed_.notify_all();
    };
    listener.on_stop = [this](RejectReason reason, const std::string&) {
      const std::lock_guard lock(mutex_);
      stopped_for_ = reason;
      changed_.notify_all();
    };
    auto door = network.door(options.self.record.endpoints.membership);
    service_ = std::make_unique<MembershipService>(std::move(options), std::move(door), store_, clock_, metrics_,
                                                   Log::silent(), Prng(number), std::move(listener));
    service_->start();
  }
  ~Member() { service_->stop(); }

  MembershipService& service() { return *service_; }
  [[nodiscard]] bool sees(std::uint8_t number, MemberState state) {
    return until([&] {
      const MemberView* member = view_ ? view_->find(test::id_of(number)) : nullptr;
      return member != nullptr && member->state() == state;
    });
  }
  [[nodiscard]] bool sees_draining(std::uint8_t number, bool draining) {
    return until([&] {
      const MemberView* member = view_ ? view_->find(test::id_of(number)) : nullptr;
      return member != nullptr && is_draining(*member->record) == draining;
    });
  }
  [[nodiscard]] bool has_document(const Document& document) {
    return until([&] { return std::ranges::find(documents_, document) != documents_.end(); });
  }
  [[nodiscard]] bool stopped_for(RejectReason reason) {
    return until([&] { return stopped_for_ == reason; });
  }

 private:
  template <class Condition>
  [[nodiscard]] bool until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLongEnough, condition);
  }

  SystemClock clock_;
  Metrics metrics_;
  MemoryStore store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const View> view_;         // guarded by mutex_
  std::vector<Document> documents_;          // guarded by mutex_
  std::optional<RejectReason> stopped_for_;  // guarded by mutex_
  std::unique_ptr<MembershipService> service_;
};

TEST(MembershipServiceTest, BeforeAnybodyIsMetTheViewShowsTheNodeItself) {
  Network network;
  Member one(network, 1, {});
  ASSERT_NE(one.service().view(), nullptr);
  EXPECT_NE(one.service().view()->find(test::id_of(1)), nullptr);
  EXPECT_TRUE(one.service().events(0, 10).empty());
}

TEST(MembershipServiceTest, NodesMeetAndOneThatLeavesIsNoFailure) {
  Network network;
  Member one(network, 1, {});
  {
    Member two(network, 2, {"10.0.0.1:7411"});
    EXPECT_TRUE(two.sees(1, MemberState::alive));
    EXPECT_TRUE(one.sees(2, MemberState::alive));
    two.service().leave();
  }
  EXPECT_TRUE(one.sees(2, MemberState::left));
  // A thread that gets no processor for a while may be suspected meanwhile, and is cleared again.
  std::map<EventKind, int> told;
  for (const LoggedEvent& event : one.service().events(0, 100)) ++told[event.event.kind];
  EXPECT_EQ(told[EventKind::joined], 1);
  EXPECT_EQ(told[EventKind::left], 1);
  EXPECT_EQ(told[EventKind::failed], 0);
}

TEST(MembershipServiceTest, NamesOfSeedsAreLookedUp) {
  Network network;
  Member one(network, 1, {}, "127.0.0.1:7411");
  Member two(network, 2, {"localhost:7411"});
  EXPECT_TRUE(two.sees(1, MemberState::alive));
}

TEST(MembershipServiceTest, ADocumentReachesTheOthersAndItsPublisherHearsOfIt) {
  Network network;
  Member one(network, 1, {});
  Member two(network, 2, {"10.0.0.1:7411"});
  ASSERT_TRUE(one.sees(2, MemberState::alive));
  const Document document{"rule", "high", 1000, 1, "limit = 5"};
  std::promise<Result<Catalog::Added>> added;
  ASSERT_TRUE(
      one.service().publish(document, [&](Result<Catalog::Added> outcome) { added.set_value(std::move(outcome)); }));
  auto outcome = added.get_future();
  ASSERT_EQ(outcome.wait_for(kLongEnough), std::future_status::ready);
  EXPECT_EQ(outcome.get().value(), Catalog::Added::added);
  EXPECT_TRUE(two.has_document(document));
}

TEST(MembershipServiceTest, TheOthersHearThatANodeDrainsAndThatItDoesSoNoMore) {
  Network network;
  Member one(network, 1, {});
  Member two(network, 2, {"10.0.0.1:7411"});
  ASSERT_TRUE(one.sees(2, MemberState::alive));
  ASSERT_TRUE(two.service().set_draining(true));
  EXPECT_TRUE(one.sees_draining(2, true));
  EXPECT_TRUE(two.sees_draining(2, true));
  EXPECT_TRUE(one.sees(2, MemberState::alive)) << "it is as alive as before";
  ASSERT_TRUE(two.service().set_draining(false));
  EXPECT_TRUE(one.sees_draining(2, false));
}

TEST(MembershipServiceTest, TheSecondHolderOfAnIdHasToStop) {
  Network network;
  Member one(network, 1, {});
  Member two(network, 2, {"10.0.0.1:7411"});
  ASSERT_TRUE(one.sees(2, MemberState::alive));
  Member copy(network, 2, {"10.0.0.1:7411"}, "10.0.0.22:7411", 2);
  EXPECT_TRUE(copy.stopped_for(RejectReason::duplicate_id));
  copy.service().leave();
}

TEST(MembershipServiceTest, MetadataHasALimit) {
  Network network;
  Member one(network, 1, {});
  EXPECT_TRUE(one.service().set_metadata("{}"));
  EXPECT_EQ(one.service().set_metadata(std::string(kMetadataBytesMax + 1, 'x')).error().code,
            ErrorCode::invalid_argument);
}

TEST(MembershipServiceTest, StoppingTwiceIsStopping) {
  Network network;
  Member one(network, 1, {"name.invalid:7411"});
  one.service().stop();
  one.service().stop();
  one.service().leave();
}

}  // namespace
}  // namespace wattring::cluster
