// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/peers/options.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <string_view>

namespace wattring::bench {
namespace {

using Setter = std::function<bool(std::string_view)>;

template <class T>
Setter number(T& target) {
  return [&target](std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
    return error == std::errc{} && end == text.data() + text.size();
  };
}

Setter text(std::string& target) {
  return [&target](std::string_view value) {
    target = value;
    return true;
  };
}

Failure usage(const std::string& message) {
  return fail(ErrorCode::invalid_argument, message,
              "options: --protocol http|redis|copy --host IPv4 --port N --path P --command C --meters N --batch N "
              "--connections N --seconds S --lines-per-s N --start-ms T --step-ms D");
}

}  // namespace

Result<Options> parse_options(std::span<char* const> arguments) {
  Options options;
  const std::map<std::string_view, Setter> setters{
      {"--protocol", text(options.protocol)},   {"--host", text(options.host)},
      {"--port", number(options.port)},         {"--path", text(options.path)},
      {"--command", text(options.command)},     {"--meters", number(options.meters)},
      {"--batch", number(options.batch)},       {"--connections", number(options.connections)},
      {"--seconds", number(options.seconds)},   {"--lines-per-s", number(options.lines_per_s)},
      {"--start-ms", number(options.start_ms)}, {"--step-ms", number(options.step_ms)}};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto setter = setters.find(arguments[i]);
    if (setter == setters.end()) return usage("unknown option " + std::string(arguments[i]));
    if (i + 1 == arguments.size() || !setter->second(arguments[i + 1]))
      return usage(std::string(arguments[i]) + " needs a proper value");
  }
  if (options.batch == 0 || options.connections == 0 || options.connections > 64 || options.meters > 10'000'000 ||
      options.meters == 0 || options.meters % (options.batch * options.connections) != 0)
    return usage("--meters must be a multiple of batch * connections, and at most 10,000,000");
  if (options.seconds <= 0 || options.seconds > 600) return usage("--seconds must be within 600");
  return options;
}

}  // namespace wattring::bench
