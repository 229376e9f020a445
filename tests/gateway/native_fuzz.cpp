// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "node/gateway/native_codec.hpp"

using namespace wattring::gateway;

/// Every decoder of the native protocol on any bytes; what is decoded must obey the rules and encode again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  constexpr AcceptWindow window{1'000'000'000'000, 1'700'000'000'000};
  Batch batch;
  native::decode_batch(frame, window, batch);
  for (const wattring::Fact& fact : batch.facts())
    if (window.check(fact.start_ms) || fact.end_ms < fact.start_ms || fact.end_ms > window.newest_ms) std::abort();
  for (const auto& run : batch.runs())
    if (!valid_meter_id(batch.id(run))) std::abort();
  if (!batch.facts().empty()) {
    std::string again;
    if (!native::encode_batch(1, batch, again)) std::abort();
    Batch back;
    native::decode_batch(again, window, back);
    if (back.facts() != batch.facts() || back.texts() != batch.texts()) std::abort();
  }
  (void)native::peek_batch_id(frame);
  (void)native::decode_hello(frame);
  (void)native::decode_welcome(frame);
  (void)native::decode_reply(frame);
  (void)native::decode_error(frame);
  (void)native::decode_ping(frame);
  return 0;
}
