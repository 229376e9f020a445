// SPDX-License-Identifier: Apache-2.0
#include "node/app/commands/config_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include "node/meter/zone.hpp"

namespace wattring::app {
namespace {

namespace fs = std::filesystem;

Result<ConfigFile> read_file(const std::string& path) {
  std::error_code failure;
  if (fs::is_directory(path, failure)) {
    return fail(ErrorCode::io, fmt::format("{} is a directory, not a configuration file", path));
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  ConfigFile file{path, {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}};
  if (!in.is_open() || in.bad()) {
    return fail(ErrorCode::io, fmt::format("cannot read {}: {}", path, std::strerror(errno == 0 ? EIO : errno)),
                "check that the file is there and that this user may read it");
  }
  return file;
}

/// The *.toml of conf.d beside the file, sorted; none when there is no such folder.
Result<std::vector<std::string>> drop_ins(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path() / "conf.d";
  std::error_code failure;
  std::vector<std::string> found;
  if (!fs::is_directory(folder, failure)) return found;
  for (auto at = fs::directory_iterator(folder, failure); !failure && at != fs::directory_iterator();
       at.increment(failure)) {
    if (at->path().extension() == ".toml") found.push_back(at->path().string());
  }
  if (failure) return fail(ErrorCode::io, fmt::format("cannot list {}: {}", folder.string(), failure.message()));
  std::sort(found.begin(), found.end());
  return found;
}

/// Names that only this system can judge.
std::vector<ConfigError> unknown_zones(const LoadedConfig& loaded) {
  std::vector<ConfigError> errors;
  const auto check = [&](const std::string& key, const std::string& zone) {
    if (zone.empty() || meter::Zone::find(zone)) return;
    const auto origin = loaded.origins.find(key);
    errors.push_back({origin == loaded.origins.end() ? key + " (default)" : origin->second,
                      fmt::format("time zone \"{}\" is not in this system's tzdata", zone)});
  };
  check("meters.zone", loaded.config.meters.zone);
  for (const P1Source& source : loaded.config.p1) check("p1." + source.name, source.zone);
  return errors;
}

int print_errors(const std::vector<ConfigError>& errors, const Context& context) {
  for (const ConfigError& error : errors) context.err << error.text() << "\n";
  context.err << fmt::format("{} error{}. The daemon would not start.\n", errors.size(), errors.size() == 1 ? "" : "s");
  return kExitConfig;
}

}  // namespace

Result<std::vector<ConfigFile>> read_config_files(const ConfigArguments& arguments, const std::string& default_path) {
  std::error_code failure;
  if (!arguments.file && !fs::exists(default_path, failure)) return std::vector<ConfigFile>{};
  const std::string path = arguments.file.value_or(default_path);
  auto others = drop_ins(path);
  if (!others) return Failure(others.error());
  others->insert(others->begin(), path);
  std::vector<ConfigFile> files;
  for (const std::string& one : *others) {
    auto file = read_file(one);
    if (!file) return Failure(file.error());
    files.push_back(std::move(*file));
  }
  return files;
}

tl::expected<LoadedConfig, int> configuration(const ConfigArguments& arguments, const Context& context) {
  auto files = read_config_files(arguments, context.default_config_path);
  if (!files) return tl::unexpected(report(context, files.error(), kExitIo));
  auto loaded = load_config({std::move(*files), context.environment, arguments.sets});
  if (!loaded) return tl::unexpected(print_errors(loaded.error(), context));
  const auto zones = unknown_zones(*loaded);
  if (!zones.empty()) return tl::unexpected(print_errors(zones, context));
  return std::move(*loaded);
}

}  // namespace wattring::app
