// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "base/limits.hpp"
#include "node/app/cluster_identity.hpp"
#include "node/app/commands/commands.hpp"
#include "node/app/commands/config_files.hpp"
#include "node/app/membership_file.hpp"
#include "persistence/data_directory.hpp"
#include "persistence/files.hpp"

namespace wattring::app {
namespace {

constexpr std::uint32_t kCopiesMax = 7;

constexpr std::uint32_t kShardsDefault = 1024;

Failure usage(std::string message, std::string hint = {}) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

Result<void> check_arguments(const InitArguments& arguments) {
  if (arguments.copies < 1 || arguments.copies > kCopiesMax)
    return usage(fmt::format("--copies {} is not from 1 to {}", arguments.copies, kCopiesMax));
  if (arguments.acks < 1 || arguments.acks > arguments.copies)
    return usage(fmt::format("--acks {} is not from 1 to --copies {}", arguments.acks, arguments.copies),
                 "a reading cannot be acknowledged from more disks than keep it");
  const std::uint32_t shards = arguments.shards.value_or(kShardsDefault);
  if (shards < kShardsMin || shards > kShardsMax || (shards & (shards - 1)) != 0)
    return usage(fmt::format("--shards {} is not a power of two from {} to {}", shards, kShardsMin, kShardsMax));
  if (arguments.join.empty() && !arguments.cluster)
    return usage("a new cluster needs a name: --cluster NAME", "or join one that is there: --join HOST:PORT");
  return {};
}

persistence::Identity founder(const InitArguments& arguments, const Context& context) {
  persistence::Identity identity;
  identity.cluster.bytes = context.random_128();
  identity.cluster_name = *arguments.cluster;
  identity.shard_count = arguments.shards.value_or(kShardsDefault);
  identity.hash_key = context.random_128();
  identity.node.bytes = context.random_128();
  identity.node_name = arguments.node;
  return identity;
}

/// What the operator said of the cluster must be true of the one that answered.
Result<void> check_against(const InitArguments& arguments, const cluster::ClusterObject& object) {
  if (arguments.cluster && *arguments.cluster != object.name)
    return fail(ErrorCode::wrong_identity,
                fmt::format("{} belongs to cluster \"{}\", not to \"{}\"", arguments.join.front(), object.name,
                            *arguments.cluster),
                "check --join and --cluster");
  if (arguments.shards && *arguments.shards != object.shard_count)
    return fail(ErrorCode::wrong_identity,
                fmt::format("cluster \"{}\" has {} shards, not {}", object.name, object.shard_count, *arguments.shards),
                "leave --shards away: it comes with the cluster");
  return {};
}

Result<persistence::Identity> joiner(const InitArguments& arguments, const Config& config, const Context& context) {
  JoinWish wish;
  auto asked = parse_join(arguments.join);
  if (!asked) return Failure(asked.error());
  const auto timeout = parse_duration_ms(arguments.timeout);
  if (!timeout) return Failure(timeout.error());
  wish.asked = std::move(*asked);
  wish.keys = config.cluster.keys;
  wish.node.bytes = context.random_128();
  wish.node_name = arguments.node;
  wish.timeout_ms = *timeout;
  const auto object = context.describe_cluster(wish);
  if (!object) return Failure(object.error());
  if (auto same = check_against(arguments, *object); !same) return Failure(same.error());
  return identity_in(*object, wish.node, arguments.node);
}

/// Before anybody is asked: what the directory lacks is known at once.
Result<void> check_empty(const std::string& data_dir) {
  std::error_code ignored;
  if (!std::filesystem::exists(data_dir, ignored)) return {};
  const auto empty = persistence::is_empty_directory(data_dir);
  if (!empty) return Failure(empty.error());
  if (*empty) return {};
  return fail(ErrorCode::already_exists, data_dir + " is not empty",
              "name an empty directory; a data directory is made once only");
}

Result<persistence::Identity> make_node(const InitArguments& arguments, const Config& config, const Context& context) {
  if (auto empty = check_empty(arguments.data_dir); !empty) return Failure(empty.error());
  auto identity = arguments.join.empty() ? Result<persistence::Identity>(founder(arguments, context))
                                         : joiner(arguments, config, context);
  if (!identity) return identity;
  identity->copies = arguments.copies;
  identity->acks = arguments.acks;
  if (auto made = persistence::DataDirectory::init(arguments.data_dir, *identity); !made) return Failure(made.error());
  if (arguments.join.empty()) return identity;
  if (auto kept = MembershipFile::write(arguments.data_dir, {0, arguments.join, {}}); !kept)
    return Failure(kept.error());
  return identity;
}

std::string made_text(const InitArguments& arguments, const persistence::Identity& identity) {
  const bool joins = !arguments.join.empty();
  // A ring that is there decides; what this node was told counts only for one that it founds.
  const std::string ring = joins ? "; copies and acks are those of the cluster: wattringctl ring"
                                 : fmt::format(
                                       ", copies {}, acks {}: while the cluster is this one node, readings are "
                                       "on its disk only",
                                       identity.copies, identity.acks);
  return fmt::format(
      "{} cluster \"{}\" with node \"{}\" in {}\n"
      "  cluster id  {}\n"
      "  node id     {}\n"
      "  shards {}{}\n"
      "Next: wattringd run --data-dir {}\n",
      joins ? "Will join" : "Founded", identity.cluster_name, identity.node_name, arguments.data_dir,
      to_hex(identity.cluster.bytes), to_hex(identity.node.bytes), identity.shard_count, ring, arguments.data_dir);
}

}  // namespace

int init_node(const InitArguments& arguments, const Context& context) {
  if (const auto good = check_arguments(arguments); !good) return report(context, good.error(), kExitUsage);
  const auto loaded = configuration(arguments.config, context);
  if (!loaded) return loaded.error();
  const auto identity = make_node(arguments, loaded->config, context);
  if (!identity) return report(context, identity.error(), exit_code_of(identity.error().code));
  context.out << made_text(arguments, *identity);
  return kExitDone;
}

}  // namespace wattring::app
