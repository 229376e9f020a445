// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/commands/ring.hpp"
#include "node/ctl/commands/shards.hpp"
#include "node/ctl/operator_verbs.hpp"

namespace wattring::ctl {

/// What the parser fills in for the verbs below; outlives the parsing.
struct ShardVerbArguments {
  ShardsArguments list;
  std::string meter;
  std::string shard;
  RingArguments plan;
  RingArguments commit;
  RingArguments remove;
  std::string removed;
  DrainArguments drain;
  std::string resumed;
};

/// `shards`, `ring` and `node`.
void add_shard_verbs(CLI::App& root, ShardVerbArguments& arguments, VerbFunction& verb);

}  // namespace wattring::ctl
