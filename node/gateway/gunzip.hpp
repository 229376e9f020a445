// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "node/gateway/refusal.hpp"

namespace wattring::gateway {

/// Expands a gzip (RFC 1952, one or more members) or zlib (RFC 1950) body into `out`, never beyond `limit_bytes`, so
/// that a small body cannot claim much memory. TOO_LARGE when there is more; BAD_FRAME when it is damaged, cut off or
/// something else. After a fault `out` is empty.
[[nodiscard]] std::optional<Reason> gunzip(std::string_view compressed, std::size_t limit_bytes, std::string& out);

}  // namespace wattring::gateway
