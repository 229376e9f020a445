// SPDX-License-Identifier: Apache-2.0
#include "node/meter/fold_options.hpp"

#include "node/meter/registers.hpp"

namespace wattring::meter {

FoldOptions fold_options(Register reg) {
  FoldOptions options;
  const RegisterInfo* info = find_register(reg);
  if (info == nullptr) return options;
  options.kind = info->kind;
  options.modulus = info->modulus;
  const bool energy = info->dimension == Dimension::active_energy || info->dimension == Dimension::reactive_energy;
  if (!energy) options.power_max_w = 0;  // the limit is one of power
  return options;
}

}  // namespace wattring::meter
