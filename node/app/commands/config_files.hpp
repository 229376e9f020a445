// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/app/commands/commands.hpp"
#include "node/app/config.hpp"

namespace wattring::app {

/// Reads F and, in order of their names, the *.toml of the folder conf.d beside it. Without --config the default file
/// counts if it is there. io: a file that was named cannot be read.
[[nodiscard]] Result<std::vector<ConfigFile>> read_config_files(const ConfigArguments& arguments,
                                                                const std::string& default_path);

/// The whole configuration, its time zones looked up on this system. Otherwise prints every error and gives the exit
/// code.
[[nodiscard]] tl::expected<LoadedConfig, int> configuration(const ConfigArguments& arguments, const Context& context);

}  // namespace wattring::app
