// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <memory>

// Reads one byte past its buffer when the input begins with "wat". scripts/fuzz demands that this is found: a fuzzing
// set-up without coverage or without AddressSanitizer would pass everything.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || data[0] != 'w' || data[1] != 'a' || data[2] != 't') return 0;
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = data[i];
  const volatile std::uint8_t past_the_end = copy[size];
  return past_the_end == 0 ? 0 : 0;
}
