// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// The answer in the format that was asked for.
[[nodiscard]] std::string render(const Answer& answer, Format format);

using Query = std::function<Outcome<Answer>(Session&)>;
/// Asks once and prints; with --watch again and again: a terminal is repainted, elsewhere only changes are printed.
/// Returns the exit code of the (last) answer.
[[nodiscard]] int show(const Query& query, const Context& context, const Globals& globals);

/// Wraps the text in a terminal colour when colours are wanted. Colour never says what the words do not.
enum class Colour { green, yellow, red };
[[nodiscard]] std::string painted(std::string_view text, Colour colour, const Globals& globals);

/// The members of a row that the columns name, as texts; what is null is empty.
[[nodiscard]] std::vector<std::string> cells_of(const Json& row, const std::vector<std::string>& columns);

/// Rows "key,value" of all leaves, for documents that are no list.
[[nodiscard]] Csv flattened(const Json& document);

}  // namespace wattring::ctl
