// SPDX-License-Identifier: Apache-2.0
// Two nodes in one process: an actor of one is told and asked by the other.
#include "node/actor/examples/elsewhere.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "node/actor/ask.hpp"
#include "node/actor/match.hpp"
#include "node/actor/remote_service.hpp"

namespace wattring::actor::examples {

struct Deposit {
  std::int64_t amount = 0;
};
struct GetBalance {};
struct Balance {
  std::int64_t amount = 0;
};

}  // namespace wattring::actor::examples

namespace wattring::actor {

// How the messages cross: numbers that no other type has, and MessagePack.
template <>
struct WireFormat<examples::Deposit> {
  static constexpr std::uint16_t kNumber = 300;
  static constexpr std::string_view kName = "deposit";
  static void write(PackWriter& writer, const examples::Deposit& deposit) { writer.integer(deposit.amount); }
  static bool read(PackReader& reader, examples::Deposit& deposit) { return reader.read_int(deposit.amount); }
};
template <>
struct WireFormat<examples::GetBalance> {
  static constexpr std::uint16_t kNumber = 301;
  static constexpr std::string_view kName = "get_balance";
  static void write(PackWriter&, const examples::GetBalance&) {}
  static bool read(PackReader&, examples::GetBalance&) { return true; }
};
template <>
struct WireFormat<examples::Balance> {
  static constexpr std::uint16_t kNumber = 302;
  static constexpr std::string_view kName = "balance";
  static void write(PackWriter& writer, const examples::Balance& balance) { writer.integer(balance.amount); }
  static bool read(PackReader& reader, examples::Balance& balance) { return reader.read_int(balance.amount); }
};

}  // namespace wattring::actor

namespace wattring::actor::examples {
namespace {

class Account final : public TypedActor<Account, Deposit, GetBalance> {
 public:
  void on(Context&, const Deposit& deposit) { balance_ += deposit.amount; }
  void on(Context& context, const GetBalance&) { context.reply(Balance{balance_}); }

 private:
  std::int64_t balance_ = 0;
};

std::shared_ptr<const MessageCodecs> codecs() {
  auto all = std::make_shared<MessageCodecs>();
  all->add<Deposit>().add<GetBalance>().add<Balance>();
  return all;
}

SystemOptions joined(const NodeId& node, RemoteTransport& remote) {
  SystemOptions options;
  options.node = node;
  options.transport = &remote;
  return options;
}

/// A node's actors and their way to others.
struct Node {
  explicit Node(const NodeId& given)
      : id(given), remote({.self = id}, {codecs(), std::make_shared<SystemClock>(), metrics, Log::silent()}) {}
  NodeId id;
  Metrics metrics;
  RemoteService remote;
  System system{joined(id, remote)};
};

/// What membership tells each node: who is there, in which life, and where.
void introduce(Node& a, Node& b) {
  auto view = std::make_shared<cluster::View>();
  for (const Node* node : {&a, &b}) {
    auto record = std::make_shared<cluster::Record>();
    record->id = node->id;
    record->life = {1, node->id.bytes[0]};
    record->endpoints.peers = node->remote.endpoint();
    view->members.emplace_back().record = std::move(record);
  }
  a.remote.set_view(*view);
  b.remote.set_view(*view);
}

/// A question that is put again until the nodes have met; it changes nothing, so it may be.
Result<std::int64_t> balance_of(System& system, const ActorRef& account) {
  for (int attempts = 100;; --attempts) {
    const auto balance = answer_as<Balance>(ask(system, account, GetBalance{}, 200).get());
    if (balance) return balance->amount;
    if (attempts == 0) return wattring::Failure(balance.error());
  }
}

}  // namespace

Result<std::int64_t> elsewhere(std::unique_ptr<cluster::Transport> here, std::unique_ptr<cluster::Transport> there) {
  Node asking(NodeId{{1}});
  Node keeping(NodeId{{2}});
  for (Node* node : {&asking, &keeping}) node->system.start();
  asking.remote.start(asking.system, std::move(here));
  keeping.remote.start(keeping.system, std::move(there));
  introduce(asking, keeping);

  Result<std::int64_t> balance = fail(ErrorCode::not_found, "no account");
  if (keeping.system.spawn(Props::make<Account>(), "account")) {
    // The same handle, tell and ask as for an actor of this node.
    const ActorRef account = asking.system.ref({keeping.id, "/account"});
    balance = balance_of(asking.system, account);
    account.tell(Deposit{42});
    balance = balance_of(asking.system, account);
  }
  for (Node* node : {&asking, &keeping}) {
    node->system.stop();
    node->remote.stop();
  }
  return balance;
}

}  // namespace wattring::actor::examples
