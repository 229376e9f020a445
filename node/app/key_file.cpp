// SPDX-License-Identifier: Apache-2.0
#include "node/app/key_file.hpp"

#include "cluster/curve.hpp"

namespace wattring::app {

Result<cluster::CurveKeys> read_key_file(const std::string& path) {
  auto keys = cluster::load_key_file(path);
  if (keys) return keys;
  return fail(ErrorCode::invalid_argument, "cluster.keys: " + keys.error().message, keys.error().hint);
}

}  // namespace wattring::app
