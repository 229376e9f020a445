// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/prng.hpp"

namespace wattring::cluster {

/// Damages a frame of the membership protocol the way that hurts a decoder: bits, cuts, inserts, repeats, other kinds
/// and versions, lengths that lie, nesting without end, keys out of order.
void mutate(std::string& frame, Prng& prng);

}  // namespace wattring::cluster
