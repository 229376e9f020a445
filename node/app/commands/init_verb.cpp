// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "base/limits.hpp"
#include "node/app/commands/commands.hpp"
#include "persistence/data_directory.hpp"

namespace wattring::app {
namespace {

constexpr std::uint32_t kCopiesMax = 7;

Result<void> check_arguments(const InitArguments& arguments) {
  if (arguments.copies < 1 || arguments.copies > kCopiesMax) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("--copies {} is not from 1 to {}", arguments.copies, kCopiesMax));
  }
  if (arguments.acks < 1 || arguments.acks > arguments.copies) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("--acks {} is not from 1 to --copies {}", arguments.acks, arguments.copies),
                "a reading cannot be acknowledged from more disks than keep it");
  }
  if (arguments.shards < kShardsMin || arguments.shards > kShardsMax ||
      (arguments.shards & (arguments.shards - 1)) != 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("--shards {} is not a power of two from {} to {}",
                                                         arguments.shards, kShardsMin, kShardsMax));
  }
  return {};
}

persistence::Identity new_identity(const InitArguments& arguments, const Context& context) {
  persistence::Identity identity;
  identity.cluster.bytes = context.random_128();
  identity.cluster_name = arguments.cluster;
  identity.shard_count = arguments.shards;
  identity.hash_key = context.random_128();
  identity.node.bytes = context.random_128();
  identity.node_name = arguments.node;
  identity.copies = arguments.copies;
  identity.acks = arguments.acks;
  return identity;
}

}  // namespace

int init_node(const InitArguments& arguments, const Context& context) {
  if (const auto code = refuse_join(arguments.join, context)) return *code;
  if (const auto good = check_arguments(arguments); !good) return report(context, good.error(), kExitUsage);
  const persistence::Identity identity = new_identity(arguments, context);
  if (const auto made = persistence::DataDirectory::init(arguments.data_dir, identity); !made) {
    return report(context, made.error(), exit_code_of(made.error().code));
  }
  context.out << fmt::format(
      "Founded cluster \"{}\" with node \"{}\" in {}\n"
      "  cluster id  {}\n"
      "  node id     {}\n"
      "  shards {}, copies {}, acks {}: while the cluster is this one node, readings are on its disk only\n"
      "Next: wattringd run --data-dir {}\n",
      arguments.cluster, arguments.node, arguments.data_dir, to_hex(identity.cluster.bytes),
      to_hex(identity.node.bytes), arguments.shards, arguments.copies, arguments.acks, arguments.data_dir);
  return kExitDone;
}

}  // namespace wattring::app
