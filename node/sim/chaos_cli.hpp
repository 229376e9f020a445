// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/sim/options.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace wattring::sim {

struct ChaosCommandLine {
  ChaosRunOptions run;
  ChaosReportOptions report;
};
void add_chaos(CLI::App& app, ChaosCommandLine& into);
/// After the parse. Throws what CLI11 throws when neither a plan nor --random was given.
[[nodiscard]] Command chaos_command(const CLI::App& app, const ChaosCommandLine& parsed);

}  // namespace wattring::sim
