// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/fact.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

using wattring::ByteReader;

// The first byte chooses the decoder; what a decoder accepts must survive printing and reading again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (const auto reg = wattring::parse_obis(input); reg)
        WATTRING_CHECK(wattring::parse_obis(wattring::format_obis(*reg)).value() == *reg);
      break;
    case 1:
      if (const auto time = wattring::parse_rfc3339(input); time)
        WATTRING_CHECK(wattring::parse_rfc3339(wattring::format_rfc3339(*time)).value() == *time);
      break;
    case 2:
      if (const auto duration = wattring::parse_duration_ms(input); duration) WATTRING_CHECK(*duration >= 0);
      break;
    case 3:
      if (const auto id = wattring::parse_hex128(input); id)
        WATTRING_CHECK(wattring::parse_hex128(wattring::to_hex(*id)).value() == *id);
      break;
    default: {
      ByteReader reader(input);
      while (reader.ok() && !reader.at_end()) {
        const std::size_t before = reader.remaining();
        reader.u8() % 2 == 0 ? void(reader.sized_bytes()) : void(reader.zigzag());
        WATTRING_CHECK(reader.remaining() < before);
      }
    }
  }
  return 0;
}
