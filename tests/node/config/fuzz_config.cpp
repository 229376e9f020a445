// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "node/app/config_print.hpp"

/// The input up to the first zero byte is a file, what follows are flags, one a line. What is accepted must survive
/// being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using wattring::app::config_toml;
  using wattring::app::ConfigSources;
  using wattring::app::load_config;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = std::min(input.find('\0'), input.size());
  ConfigSources sources;
  sources.files.push_back({"w.toml", std::string(input.substr(0, split))});
  input.remove_prefix(std::min(split + 1, input.size()));
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    sources.sets.emplace_back(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  const auto loaded = load_config(sources);
  if (!loaded) {
    WATTRING_CHECK(!loaded.error().empty());
    return 0;
  }
  const auto again = load_config({{{"again.toml", config_toml(loaded->config)}}, {}, {}});
  WATTRING_CHECK(again.has_value());
  WATTRING_CHECK(again->config == loaded->config);
  return 0;
}
