// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "node/actor/remote_codec.hpp"
#include "tests/actor/remote_messages.hpp"

namespace wattring::actor {
namespace {

using Kind = RemoteEnvelope::Kind;

NodeId any_node() {
  NodeId node;
  for (std::uint8_t& byte : node.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return node;
}

std::string any_path() {
  return "/" + *rc::gen::resize(40, rc::gen::string<std::string>());
}

RemoteEnvelope any_envelope(const NodeId& source, const NodeId& self) {
  RemoteEnvelope envelope;
  envelope.kind = static_cast<Kind>(*rc::gen::inRange(0, 6));
  envelope.from = {source, any_path()};
  envelope.to = {self, any_path()};
  if (envelope.kind == Kind::refused) envelope.refusal = *rc::gen::element(Delivery::full, Delivery::dead);
  const bool numbered =
      envelope.kind == Kind::watch || envelope.kind == Kind::terminated || envelope.kind == Kind::watch_known;
  if (numbered) envelope.watch = *rc::gen::arbitrary<std::uint64_t>();
  if (envelope.kind == Kind::watch) envelope.known_in = *rc::gen::arbitrary<std::uint32_t>();
  if (envelope.kind != Kind::message) return envelope;
  if (*rc::gen::arbitrary<bool>()) envelope.from.node = any_node();
  if (*rc::gen::inRange(0, 4) == 0) envelope.from = {source, ""};
  if (*rc::gen::arbitrary<bool>()) {
    envelope.message = Text{*rc::gen::string<std::string>()};
  } else {
    envelope.message = Count{*rc::gen::arbitrary<int>()};
  }
  return envelope;
}

void assert_same(const RemoteEnvelope& a, const RemoteEnvelope& b) {
  RC_ASSERT(a.kind == b.kind);
  RC_ASSERT(a.from == b.from);
  RC_ASSERT(a.to == b.to);
  RC_ASSERT(a.refusal == b.refusal);
  RC_ASSERT(a.watch == b.watch);
  RC_ASSERT(a.known_in == b.known_in);
  RC_ASSERT((a.message.type() == b.message.type()));
  if (const Text* text = a.message.get_if<Text>()) RC_ASSERT(text->value == b.message.get_if<Text>()->value);
  if (const Count* count = a.message.get_if<Count>()) RC_ASSERT(count->value == b.message.get_if<Count>()->value);
}

struct Sample {
  RemoteHeader header;
  NodeId self;
  std::vector<RemoteEnvelope> envelopes;
  std::string frame;
};

Sample any_sample(const MessageCodecs& codecs) {
  Sample sample;
  sample.self = any_node();
  sample.header = {.wants_answer = *rc::gen::arbitrary<bool>(),
                   .cluster = *rc::gen::arbitrary<std::uint64_t>(),
                   .source = any_node(),
                   .source_life = {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()},
                   .destination_nonce = *rc::gen::arbitrary<std::uint64_t>(),
                   .sequence = *rc::gen::arbitrary<std::uint64_t>(),
                   .session = *rc::gen::arbitrary<std::uint32_t>()};
  FrameBuilder builder;
  for (int left = *rc::gen::inRange(0, 8); left > 0; --left) {
    sample.envelopes.push_back(any_envelope(sample.header.source, sample.self));
    std::string encoded;
    write_envelope(encoded, sample.envelopes.back(), sample.header.source, codecs.of(sample.envelopes.back().message));
    builder.add(encoded);
  }
  sample.frame = builder.seal(sample.header);
  return sample;
}

RC_GTEST_PROP(RemoteCodecProperty, WhatIsWrittenIsRead, ()) {
  const auto codecs = test_codecs();
  const Sample sample = any_sample(*codecs);
  RC_ASSERT(read_header(sample.frame).value() == sample.header);
  const auto read = read_envelopes(sample.frame, sample.header.source, sample.self, *codecs);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->size() == sample.envelopes.size());
  for (std::size_t i = 0; i < read->size(); ++i) assert_same(sample.envelopes[i], (*read)[i]);
}

RC_GTEST_PROP(RemoteCodecProperty, AFrameWithAnotherByteIsReadWithinItsLimitsOrRefused, ()) {
  const auto codecs = test_codecs();
  Sample sample = any_sample(*codecs);
  const auto at = *rc::gen::inRange<std::size_t>(kRemoteHeaderBytes, sample.frame.size());
  sample.frame[at] = *rc::gen::arbitrary<char>();
  const auto read = read_envelopes(sample.frame, sample.header.source, sample.self, *codecs);
  RC_PRE(read.has_value());
  RC_ASSERT(read->size() <= kRemoteEnvelopesMax);
  for (const RemoteEnvelope& envelope : *read) {
    RC_ASSERT(envelope.to.node == sample.self);
    RC_ASSERT(!envelope.to.path.empty() && envelope.to.path.front() == '/');
  }
}

}  // namespace
}  // namespace wattring::actor
