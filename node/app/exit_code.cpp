// SPDX-License-Identifier: Apache-2.0
#include "node/app/run.hpp"

namespace wattring::app {

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return kExitUsage;
    case ErrorCode::not_found:
    case ErrorCode::already_exists:
    case ErrorCode::wrong_identity:
    case ErrorCode::newer_format:
    case ErrorCode::corrupt:
    case ErrorCode::busy:  // another process has the data directory
      return kExitData;
    case ErrorCode::no_space:
    case ErrorCode::io:
    case ErrorCode::unknown_outcome:
      return kExitIo;
  }
  return kExitInternal;
}

}  // namespace wattring::app
