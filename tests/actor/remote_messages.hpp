// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "node/actor/message_codecs.hpp"
#include "node/actor/ping.hpp"
#include "tests/actor/actors.hpp"

/// How the messages of actors.hpp cross to another node; Fail has no codec on purpose.

namespace wattring::actor {

template <>
struct WireFormat<Text> {
  static constexpr std::uint16_t kNumber = 1000;
  static constexpr std::string_view kName = "text";
  static void write(PackWriter& writer, const Text& text) { writer.text(text.value); }
  static bool read(PackReader& reader, Text& text) {
    std::string_view value;
    if (!reader.read_text(value)) return false;
    text.value = value;
    return true;
  }
};

template <>
struct WireFormat<Count> {
  static constexpr std::uint16_t kNumber = 1001;
  static constexpr std::string_view kName = "count";
  static void write(PackWriter& writer, const Count& count) { writer.integer(count.value); }
  static bool read(PackReader& reader, Count& count) {
    std::int64_t value = 0;
    if (!reader.read_int(value) || value < INT32_MIN || value > INT32_MAX) return false;
    count.value = static_cast<int>(value);
    return true;
  }
};

template <>
struct WireFormat<GetCount> {
  static constexpr std::uint16_t kNumber = 1002;
  static constexpr std::string_view kName = "get_count";
  static void write(PackWriter&, const GetCount&) {}
  static bool read(PackReader&, GetCount&) { return true; }
};

inline std::shared_ptr<const MessageCodecs> test_codecs() {
  auto codecs = std::make_shared<MessageCodecs>();
  add_system_codecs(*codecs);
  codecs->add<Text>().add<Count>().add<GetCount>();
  return codecs;
}

}  // namespace wattring::actor
