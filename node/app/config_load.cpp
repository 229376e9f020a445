// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "node/app/config.hpp"
#include "node/app/config_tables.hpp"
#include "node/app/config_toml.hpp"
#include "node/app/config_validate.hpp"

namespace wattring::app {
namespace {

// Used by programs other than the daemon, so a daemon may find them in its environment.
constexpr std::string_view kOtherVariables[] = {"WATTRING_NODES", "WATTRING_SHARED_DATA", "WATTRING_TOKEN_FILE"};
constexpr std::string_view kPrefix = "WATTRING_";

const ConfigKey* find_key(std::string_view path) {
  for (const ConfigKey& key : config_keys()) {
    if (key.path() == path) return &key;
  }
  return nullptr;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const auto near = nearest(word, views);
  return near ? fmt::format(" (did you mean \"{}\"?)", *near) : std::string();
}

/// What to say about a path that no key has.
std::string unknown_key(std::string_view path) {
  std::vector<std::string> paths;
  for (const TableKind& kind : config_tables()) {
    if (path == kind.name || path.starts_with(kind.name + ".")) {
      return fmt::format("{} is a list: each of it is a table headed [[{}]] in a configuration file", kind.name,
                         kind.name);
    }
    paths.push_back(kind.name);
  }
  for (const ConfigKey& key : config_keys()) {
    if (key.section == path) return fmt::format("\"{}\" is a section: its keys stand below [{}]", path, path);
    paths.push_back(key.path());
  }
  for (const ConfigKey& key : config_keys()) {
    if (key.name == path) return fmt::format("unknown key \"{}\" (did you mean \"{}\"?)", path, key.path());
  }
  return fmt::format("unknown key \"{}\"{}", path, did_you_mean(path, paths));
}

/// Collects values and errors from all the layers.
class Loader {
 public:
  void file(const ConfigFile& file) {
    const auto raw = read_toml(file);
    if (!raw) {
      errors.push_back(raw.error());
      return;
    }
    for (const RawEntry& entry : raw->entries) {
      if (is_empty_section(entry)) continue;
      const std::string line = fmt::format("{}:{}", file.path, entry.line);
      apply(entry.path, entry.value, line, fmt::format("{}:{}", line, entry.column));
    }
    for (const RawTable& table : raw->tables) row(file, table);
  }

  void environment(const std::map<std::string, std::string>& variables) {
    for (const auto& [name, value] : variables) {
      if (!name.starts_with(kPrefix)) continue;
      if (std::find(std::begin(kOtherVariables), std::end(kOtherVariables), name) != std::end(kOtherVariables))
        continue;
      variable(name, value);
    }
  }

  void set(const std::string& assignment) {
    const std::string where = "--set " + assignment;
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      errors.push_back({where, "is not section.key=value, for example --set listen.http=127.0.0.1:0"});
      return;
    }
    apply(assignment.substr(0, equals), {RawValue::Kind::untyped, assignment.substr(equals + 1)}, "--set", where);
  }

  LoadedConfig loaded;
  std::vector<ConfigError> errors;

 private:
  static bool is_empty_section(const RawEntry& entry) {
    return entry.value.kind == RawValue::Kind::other && entry.value.text == "{...}" &&
           std::any_of(config_keys().begin(), config_keys().end(),
                       [&entry](const ConfigKey& key) { return !key.section.empty() && key.section == entry.path; });
  }

  void apply(const std::string& path, const RawValue& value, const std::string& origin, const std::string& where) {
    const ConfigKey* key = find_key(path);
    if (key == nullptr) {
      errors.push_back({where, unknown_key(path)});
      return;
    }
    if (const auto result = key->set(loaded.config, value); !result) {
      errors.push_back({where, fmt::format("{} = {} {}", path, value.shown(), result.error().message)});
      return;
    }
    loaded.origins[path] = origin;
  }

  void variable(const std::string& name, const std::string& value) {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_keys()) {
      if (environment_name(key) == name) {
        apply(key.path(), {RawValue::Kind::untyped, value}, "env " + name, "env " + name);
        return;
      }
      names.push_back(environment_name(key));
    }
    errors.push_back({"env " + name, fmt::format("no key has this name{}", did_you_mean(name, names))});
  }

  void row(const ConfigFile& file, const RawTable& table) {
    const std::string where = fmt::format("{}:{}:{}", file.path, table.line, table.column);
    const TableKind* kind = find_table(table.name);
    if (kind == nullptr) {
      errors.push_back({where, unknown_key(table.name)});
      return;
    }
    const std::size_t row = kind->count(loaded.config);
    kind->append(loaded.config);
    for (const RawEntry& entry : table.entries) row_entry(file, entry, *kind, row);
    for (const RowKey& key : kind->keys) {
      const bool there = std::any_of(table.entries.begin(), table.entries.end(),
                                     [&key](const RawEntry& entry) { return entry.path == key.name; });
      if (key.required && !there) {
        errors.push_back({where, fmt::format("this [[{}]] table has no \"{}\"", kind->name, key.name)});
      }
    }
    const std::string path = kind->path_of(loaded.config, row);
    const auto [origin, is_new] = loaded.origins.emplace(path, fmt::format("{}:{}", file.path, table.line));
    if (!is_new && !kind->name_of(loaded.config, row).empty()) {
      errors.push_back({where, fmt::format("{} \"{}\" is there twice, first at {}", kind->name,
                                           kind->name_of(loaded.config, row), origin->second)});
    }
  }

  void row_entry(const ConfigFile& file, const RawEntry& entry, const TableKind& kind, std::size_t row) {
    const std::string where = fmt::format("{}:{}:{}", file.path, entry.line, entry.column);
    std::vector<std::string> names;
    for (const RowKey& key : kind.keys) {
      names.push_back(key.name);
      if (key.name != entry.path) continue;
      if (const auto result = key.set(loaded.config, row, entry.value); !result) {
        errors.push_back(
            {where, fmt::format("{}.{} = {} {}", kind.name, entry.path, entry.value.shown(), result.error().message)});
      }
      return;
    }
    errors.push_back(
        {where, fmt::format("unknown key \"{}.{}\"{}", kind.name, entry.path, did_you_mean(entry.path, names))});
  }
};

}  // namespace

tl::expected<LoadedConfig, std::vector<ConfigError>> load_config(const ConfigSources& sources) {
  Loader loader;
  for (const ConfigFile& file : sources.files) loader.file(file);
  loader.environment(sources.environment);
  for (const std::string& assignment : sources.sets) loader.set(assignment);
  // Rules between keys make sense only when each key by itself does.
  if (loader.errors.empty()) loader.errors = validate(loader.loaded);
  if (!loader.errors.empty()) return tl::unexpected(std::move(loader.errors));
  return std::move(loader.loaded);
}

}  // namespace wattring::app
