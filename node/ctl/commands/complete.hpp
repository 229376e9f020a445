// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/ctl/session.hpp"

/// Names for shell completion, asked for while somebody types.

namespace wattring::ctl {

/// What may stand after these words of the command line, e.g. "alerts ack": the name of a list for complete_words();
/// empty when it is nothing of the kind.
[[nodiscard]] std::string_view completion_list(std::string_view words);

/// The words of the list that begin so, a line each. Never more than 300 ms, never an error: silence when nobody
/// answers. Words that a shell could take for more than a word are left out.
[[nodiscard]] int complete_words(const std::string& list, const std::string& prefix, const Context& context,
                                 Globals globals);

}  // namespace wattring::ctl
