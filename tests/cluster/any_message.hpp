// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <variant>

#include "base/prng.hpp"
#include "cluster/message.hpp"

namespace wattring::cluster {

inline constexpr std::size_t kKindCount = std::variant_size_v<Body>;

/// Any message within the limits, of the kind with this index in Body.
[[nodiscard]] Message any_message(std::size_t kind, Prng& prng);
[[nodiscard]] News any_news(Prng& prng);
[[nodiscard]] Record any_record(Prng& prng);
[[nodiscard]] Document any_document(Prng& prng);

/// Field by field, records by value.
[[nodiscard]] bool same(const Message& a, const Message& b);
[[nodiscard]] bool same(const News& a, const News& b);

/// Every text, list and number is what the headers allow.
[[nodiscard]] bool within_limits(const Message& message);

}  // namespace wattring::cluster
