// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "base/limits.hpp"
#include "node/app/commands/commands.hpp"
#include "node/app/commands/journal_payloads.hpp"
#include "node/app/config_values.hpp"
#include "persistence/data_directory.hpp"
#include "persistence/verify.hpp"

namespace wattring::app {
namespace {

using persistence::DataDirectory;

int report(const Error& error, const Context& context) {
  return app::report(context, error, exit_code_of(error.code));
}

Result<std::unique_ptr<DataDirectory>> open_directory(const JournalArguments& arguments, bool read_only) {
  DataDirectory::Options options;
  options.journal.read_only = read_only;
  options.ballast_bytes = 0;
  return DataDirectory::open(arguments.data_dir, options);
}

persistence::LineSink lines_to(std::ostream& stream) {
  return [&stream](std::string_view line) { stream << line << "\n"; };
}

/// Opens the directory read-only and hands a snapshot of its journal to the function, which gives the exit code.
template <class Function>
int with_snapshot(const JournalArguments& arguments, const Context& context, Function&& function) {
  const auto directory = open_directory(arguments, true);
  if (!directory) return report(directory.error(), context);
  const auto snapshot = (*directory)->journal().read();
  if (!snapshot) return report(snapshot.error(), context);
  return function(**directory, **snapshot);
}

void print_stat(const DataDirectory& directory, const persistence::JournalStat& stat,
                const persistence::JournalUsage& usage, std::ostream& out) {
  const persistence::Identity& identity = directory.identity();
  out << fmt::format("cluster {}  {}\nnode    {}  {}\nshards {}  copies {}  acks {}  format {}\n\n",
                     identity.cluster_name, to_hex(identity.cluster.bytes), identity.node_name,
                     to_hex(identity.node.bytes), identity.shard_count, identity.copies, identity.acks,
                     identity.format_version);
  out << fmt::format("{:<10}{:>14}{:>18}{:>18}\n", "TABLE", "VALUES", "KEY BYTES", "VALUE BYTES");
  for (std::size_t i = 0; i < stat.tables.size(); ++i) {
    const persistence::TableStat& table = stat.tables[i];
    out << fmt::format("{:<10}{:>14}{:>18}{:>18}\n", persistence::to_string(static_cast<persistence::Table>(i)),
                       table.values, table.key_bytes, table.value_bytes);
  }
  out << (stat.entries == 0
              ? "\njournal  empty: all readings are sealed"
              : fmt::format("\njournal  records {} to {}   entries {}   shards {}   writers {}", stat.first_lsn.value,
                            stat.last_lsn.value, stat.entries, stat.shards, stat.writers));
  out << fmt::format("   bad records {}\n", stat.bad_records);
  out << fmt::format("bytes    used {}   reusable {}   file {}   map {}\n", usage.used_bytes, usage.reusable_bytes,
                     usage.file_bytes, usage.map_bytes);
}

}  // namespace

int journal_verify(const JournalArguments& arguments, const Context& context) {
  return with_snapshot(arguments, context, [&](DataDirectory&, const persistence::ReadTransaction& snapshot) {
    const auto found = persistence::verify(snapshot, check_value_payload, check_entry_payload, lines_to(context.out));
    if (!found) return report(found.error(), context);
    context.out << fmt::format("{} values ({} bytes), {} records with {} entries: {}\n", found->values, found->bytes,
                               found->records, found->entries,
                               found->ok() ? "all sound" : fmt::format("{} findings", found->findings));
    return int{found->ok() ? kExitDone : kExitData};
  });
}

int journal_stat(const JournalArguments& arguments, const Context& context) {
  return with_snapshot(arguments, context, [&](DataDirectory& directory, const persistence::ReadTransaction& snapshot) {
    const auto stat = persistence::stat(snapshot);
    if (!stat) return report(stat.error(), context);
    const auto usage = directory.journal().usage();
    if (!usage) return report(usage.error(), context);
    print_stat(directory, *stat, *usage, context.out);
    return int{kExitDone};
  });
}

int journal_dump(const JournalArguments& arguments, const Context& context) {
  persistence::DumpOptions options;
  if (arguments.shard) {
    if (*arguments.shard >= kShardsMax) {
      return app::report(context, Error{ErrorCode::invalid_argument, fmt::format("no shard {}", *arguments.shard), {}},
                         kExitUsage);
    }
    options.shard = ShardId{static_cast<std::uint16_t>(*arguments.shard)};
  }
  if (arguments.limit) options.records_max = *arguments.limit;
  return with_snapshot(arguments, context, [&](DataDirectory&, const persistence::ReadTransaction& snapshot) {
    const auto done = persistence::dump(snapshot, options, print_entry_payload, lines_to(context.out));
    return done ? int{kExitDone} : report(done.error(), context);
  });
}

int journal_compact(const JournalArguments& arguments, const Context& context) {
  const auto directory = open_directory(arguments, false);
  if (!directory) return report(directory.error(), context);
  const auto done = (*directory)->compact();
  if (!done) return report(done.error(), context);
  context.out << fmt::format("Compacted {}: {} bytes before, {} after.\n", arguments.data_dir, done->bytes_before,
                             done->bytes_after);
  return kExitDone;
}

}  // namespace wattring::app
