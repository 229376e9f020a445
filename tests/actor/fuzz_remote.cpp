// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "node/actor/remote_codec.hpp"
#include "tests/actor/remote_messages.hpp"

using namespace wattring;
using namespace wattring::actor;

/// Whatever is read from a frame can be written, and is then read as the same number of envelopes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto codecs = test_codecs();
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  const auto header = read_header(frame);
  if (!header) return 0;
  NodeId self;
  self.bytes[0] = 1;
  const auto envelopes = read_envelopes(frame, header->source, self, *codecs);
  if (!envelopes) return 0;
  FrameBuilder builder;
  for (const RemoteEnvelope& envelope : *envelopes) {
    const MessageCodecs::Codec* const codec = codecs->of(envelope.message);
    if (envelope.kind == RemoteEnvelope::Kind::message && codec == nullptr) continue;
    std::string encoded;
    write_envelope(encoded, envelope, header->source, codec);
    builder.add(encoded);
  }
  const std::size_t written = builder.envelopes();
  const std::string again = builder.seal(*header);
  const auto header_again = read_header(again);
  const auto read_again = read_envelopes(again, header->source, self, *codecs);
  if (!read_again || read_again->size() != written) std::abort();
  if (header_again && header_again->sequence != header->sequence) std::abort();
  return 0;
}
