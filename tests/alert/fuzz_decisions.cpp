// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "node/alert/decision.hpp"

/// Whatever is accepted must survive being written and read again, and join once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wattring::alert;
  const auto decisions = decode_decisions({reinterpret_cast<const char*>(data), size});
  if (!decisions) return 0;
  const auto again = decode_decisions(encode(*decisions));
  WATTRING_CHECK(again && *again == *decisions);
  DecisionBook book;
  for (const Decision& one : *decisions) (void)book.join(one);
  for (const Decision& one : *decisions) WATTRING_CHECK(!book.join(one));
  return 0;
}
