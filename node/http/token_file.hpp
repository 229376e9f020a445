// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace wattring::http {

/// The modes that a file of secrets may have: nobody but its owner, and readers of its group.
[[nodiscard]] Result<void> check_secret_mode(const std::string& path, mode_t mode);

/// The whole file. io when it cannot be read, invalid_argument when others may read or write it, or when it is longer.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path, std::size_t bytes_max);

/// The token that a client shows: the first word of the file. Errors as above; invalid_argument when there is none.
[[nodiscard]] Result<std::string> read_token_file(const std::string& path);

}  // namespace wattring::http
