// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/app/config.hpp"

namespace wattring::app {

/// `config show`: one "key = value" a line in TOML; with origin, where each value comes from, in a second column.
[[nodiscard]] std::string show_config(const LoadedConfig& loaded, bool with_origin);
/// The lines of show_config with origin, only for keys that are not at their default.
[[nodiscard]] std::vector<std::string> changed_settings(const LoadedConfig& loaded);
/// A commented file that sets every key. `config defaults` is this with a default Config; load_config() gives the same
/// value back.
[[nodiscard]] std::string config_toml(const Config& config);
/// `config docs`: the reference of all keys in Markdown.
[[nodiscard]] std::string config_reference();

}  // namespace wattring::app
