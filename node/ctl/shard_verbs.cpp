// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/shard_verbs.hpp"

#include <CLI/CLI.hpp>

#include "node/ctl/verb_group.hpp"

namespace wattring::ctl {
namespace {

void add_shards(CLI::App& root, ShardVerbArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("shards", "Which node has which part of the meters, and what is on its way");
  look_by_default(app, verb, shards_map);
  VerbGroup verbs(app, verb);
  verbs.look("map", "The home of every shard, a character each", shards_map);
  CLI::App& list = verbs.look("list", "Every shard: home, owners, state, what an acknowledgement is worth",
                              [&arguments](Session& session) { return shards_list(session, arguments.list); });
  list.add_option("--state", arguments.list.state, "Only these")
      ->check(CLI::IsMember({"ok", "degraded", "filling", "nobody"}));
  list.add_option("--of", arguments.list.node, "Only those that this node owns, by its name or id")->type_name("NODE");
  verbs.look("moving", "Where something may be missing, and what is kept for others", shards_moving);
  verbs
      .look("where", "The shard of a meter, its home and its owners",
            [&arguments](Session& session) { return shards_where(session, arguments.meter); })
      .add_option("METER", arguments.meter, "Id of the meter; it need not exist yet")
      ->required();
  verbs.look("show", "One shard", [&arguments](Session& session) { return shards_show(session, arguments.shard); })
      .add_option("N", arguments.shard, "Its number")
      ->required();
}

void add_change(CLI::App& app, RingArguments& change) {
  app.add_option("--add", change.add, "Take this node in; else those that wait")
      ->type_name("NODE")
      ->expected(1)
      ->take_all();
  app.add_option("--remove", change.remove, "Take this node out for good")->type_name("NODE")->expected(1)->take_all();
  app.add_option("--weight", change.weight, "Its share; 100 is an ordinary node")
      ->type_name("NODE=WEIGHT")
      ->expected(1)
      ->take_all();
  app.add_option("--lose-shards", change.lose_shards,
                 "Last resort: readings of these are lost, as the refusal lists them")
      ->type_name("RANGES");
}

void add_ring(CLI::App& root, ShardVerbArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("ring", "Who owns data: members, weights, and changes of them");
  look_by_default(app, verb, ring_show);
  VerbGroup verbs(app, verb);
  verbs.look("show", "Members, and who waits to get in", ring_show);
  add_change(verbs.look("plan", "What a change would move; without one: taking in those that wait",
                        [&arguments](Session& session) { return ring_plan(session, arguments.plan); }),
             arguments.plan);
  CLI::App& commit = verbs.change("commit", "Make the change; without one: take in those that wait",
                                  [&arguments](Session& session) { return ring_commit(session, arguments.commit); });
  add_change(commit, arguments.commit);
  commit.add_flag("--yes", arguments.commit.yes, "Do not ask");
}

void add_node(CLI::App& root, ShardVerbArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("node", "Drain a node, let it work again, remove it for good");
  app.require_subcommand(1);
  VerbGroup verbs(app, verb);
  CLI::App& drain = verbs.change("drain", "Before maintenance: others count on it as little as they can",
                                 [&arguments](Session& session) { return node_drain(session, arguments.drain); });
  drain.add_option("NODE", arguments.drain.node, "Its name or id")->required();
  drain.add_flag("--dry-run", arguments.drain.dry_run, "Say what would happen");
  drain.add_flag("--yes", arguments.drain.yes, "Do not ask");
  verbs
      .change("resume", "End a drain",
              [&arguments](Session& session) { return node_resume(session, arguments.resumed); })
      .add_option("NODE", arguments.resumed, "Its name or id")
      ->required();
  CLI::App& remove = verbs.change("remove", "Take it out of the ring for good; its copies are made anew elsewhere",
                                  [&arguments](Session& session) {
                                    arguments.remove.remove = {arguments.removed};
                                    return ring_commit(session, arguments.remove);
                                  });
  remove.add_option("NODE", arguments.removed, "Its name or id")->required();
  remove.add_flag("--dry-run", arguments.remove.dry_run, "Say what would happen");
  remove.add_flag("--yes", arguments.remove.yes, "Do not ask");
  remove
      .add_option("--lose-shards", arguments.remove.lose_shards,
                  "Last resort: readings of these are lost, as the refusal lists them")
      ->type_name("RANGES");
}

}  // namespace

void add_shard_verbs(CLI::App& root, ShardVerbArguments& arguments, VerbFunction& verb) {
  add_shards(root, arguments, verb);
  add_ring(root, arguments, verb);
  add_node(root, arguments, verb);
}

}  // namespace wattring::ctl
