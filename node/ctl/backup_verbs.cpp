// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/backup_verbs.hpp"

#include <CLI/CLI.hpp>

#include "base/time.hpp"
#include "node/ctl/verb_group.hpp"

namespace wattring::ctl {
namespace {

void add_retry(CLI::App& app, std::string& text, std::int64_t& retry_ms) {
  app.add_option_function<std::string>(
         "--retry",
         [&retry_ms](const std::string& given) {
           const auto parsed = parse_duration_ms(given);
           if (!parsed) throw CLI::ValidationError("--retry", given + " is not a duration, for example 60s");
           retry_ms = *parsed;
         },
         "How long to try again when nodes are busy or silent; else " + text)
      ->type_name("DURATION");
}

void add_create(VerbGroup& verbs, BackupVerbArguments& arguments) {
  CLI::App& app = verbs.change("create", "Copy the whole cluster, as it is now, into files here",
                               [&arguments](Session& session) { return backup_create(session, arguments.create); });
  app.add_option("--to", arguments.create.to, "Folder of backups; the new one gets a folder of its own in it")
      ->type_name("FOLDER");
  app.add_option("--resume", arguments.create.resume, "Go on with one that was cut off")->type_name("BACKUP");
  app.add_flag("--incomplete", arguments.create.incomplete,
               "Take shards too of which too few owners can be reached to be sure that nothing is missing");
  add_retry(app, arguments.create_retry, arguments.create.retry_ms);
  app.footer(
      "Each shard is read from an owner that is sure to have everything acknowledged before it was asked. Nodes may "
      "be\n"
      "away as long as one sure owner of each shard is there. It costs the nodes what a transfer costs and is held to\n"
      "placement.transfer_bytes_per_second. Needs a token with the role admin where tokens are asked for.\n"
      "The folder is a backup when manifest.json is in it; that is written last.");
}

void add_restore(VerbGroup& verbs, BackupVerbArguments& arguments) {
  CLI::App& app = verbs.change("restore", "Bring a backup's readings, alerts and rules into a running cluster",
                               [&arguments](Session& session) { return backup_restore(session, arguments.restore); });
  app.add_option("BACKUP", arguments.restore.folder, "Its folder")->required();
  app.add_flag("--dry-run", arguments.restore.dry_run, "Check it, and say what would happen");
  app.add_flag("--yes", arguments.restore.yes, "Do not ask");
  app.add_option("--lose-shards", arguments.restore.lose_shards,
                 "Go on without damaged shards, exactly as the refusal lists them")
      ->type_name("RANGES");
  add_retry(app, arguments.restore_retry, arguments.restore.retry_ms);
  app.footer(
      "The cluster may have any number of nodes and of shards: each reading goes where its meter belongs there, "
      "through\n"
      "the ordinary way of readings, and is acknowledged like them. What is there already stays; restoring twice "
      "changes\n"
      "nothing. A damaged backup is refused before anything is written. In the end everything is read back and "
      "compared:\n"
      "exit 0 when every reading of the backup is there, 21 when not.");
}

}  // namespace

void add_backup_verbs(CLI::App& root, BackupVerbArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("backup", "Copies of the whole cluster: take, check, list and restore them");
  app.require_subcommand(1);
  VerbGroup verbs(app, verb);
  add_create(verbs, arguments);
  verbs
      .look("verify", "Read every byte of a backup and compare it with its manifest; exit 21 when damaged",
            [&arguments](Session& session) { return backup_verify(session.context(), arguments.verified); })
      .add_option("BACKUP", arguments.verified, "Its folder; no node is asked")
      ->required();
  verbs.look("list", "The backups in a folder", [&arguments](Session&) { return backup_list(arguments.listed); })
      .add_option("FOLDER", arguments.listed, "No node is asked")
      ->capture_default_str();
  add_restore(verbs, arguments);
}

}  // namespace wattring::ctl
