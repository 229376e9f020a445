// SPDX-License-Identifier: Apache-2.0
#include "node/actor/message_codecs.hpp"

#include "base/check.hpp"

namespace wattring::actor {

void MessageCodecs::add(const void* type, const Codec& codec) {
  const bool new_type = by_type_.emplace(type, codec).second;
  const bool new_number = by_number_.emplace(codec.number, codec).second;
  WATTRING_CHECK(new_type && new_number);
}

const MessageCodecs::Codec* MessageCodecs::of(const Message& message) const {
  const auto found = by_type_.find(message.type());
  return found == by_type_.end() ? nullptr : &found->second;
}

const MessageCodecs::Codec* MessageCodecs::numbered(std::uint16_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &found->second;
}

}  // namespace wattring::actor
