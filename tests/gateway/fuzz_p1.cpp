// SPDX-License-Identifier: Apache-2.0
// Any stream, cut anywhere, gives the same telegrams and never harm.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "node/gateway/p1_framer.hpp"
#include "tests/gateway/p1_support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace gateway = wattring::gateway;
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  gateway::Batch batch;
  const auto stats = gateway::decode_telegrams(stream, gateway::p1_context(), batch);
  WATTRING_CHECK(stats.readings == batch.facts().size());
  for (const auto& run : batch.runs()) WATTRING_CHECK(gateway::valid_meter_id(batch.id(run)));

  gateway::P1Framer whole;
  gateway::P1Framer parts;
  std::vector<gateway::P1Piece> expected;
  std::vector<gateway::P1Piece> pieces;
  whole.feed(stream, expected);
  whole.finish(expected);
  const std::size_t step = data[0] % 64 + 1;
  for (std::size_t at = 0; at < stream.size(); at += step) parts.feed(stream.substr(at, step), pieces);
  parts.finish(pieces);
  WATTRING_CHECK(pieces.size() == expected.size());
  for (std::size_t i = 0; i < pieces.size(); ++i)
    WATTRING_CHECK(pieces[i].bytes == expected[i].bytes && pieces[i].fault == expected[i].fault);

  // Without checksums to get past, the lines are reached.
  gateway::P1Telegram telegram;
  (void)gateway::parse_p1_telegram("/F\n" + std::string(stream) + "\n!", telegram);
  return 0;
}
