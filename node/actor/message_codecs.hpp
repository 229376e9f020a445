// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "base/pack_reader.hpp"
#include "base/pack_writer.hpp"
#include "node/actor/message.hpp"

namespace wattring::actor {

/// How messages of type T cross to another node; specialise it next to T:
///   static constexpr std::uint16_t kNumber;   on the wire, never given to another type
///   static constexpr std::string_view kName;  for people
///   static void write(PackWriter&, const T&);
///   static bool read(PackReader&, T&);        false when the bytes are no T; never trusts a length
/// A later release may add items at the end of what it writes only if `read` of this one takes them.
template <class T>
struct WireFormat;

/// The types of messages that can leave the node. Filled once, then only read: any thread.
class MessageCodecs {
 public:
  struct Codec {
    std::uint16_t number = 0;
    std::string_view name;
    void (*write)(PackWriter& writer, const Message& message) = nullptr;
    /// The payload must end where the message does.
    bool (*read)(PackReader& reader, Message& out) = nullptr;
  };

  /// Each number and type once; another use is a defect of the program and ends it.
  template <class T>
  MessageCodecs& add() {
    add(Message::type_of<T>(),
        {WireFormat<T>::kNumber, WireFormat<T>::kName,
         [](PackWriter& writer, const Message& message) { WireFormat<T>::write(writer, *message.get_if<T>()); },
         [](PackReader& reader, Message& out) {
           T value{};
           if (!WireFormat<T>::read(reader, value)) return false;
           out = Message(std::move(value));
           return true;
         }});
    return *this;
  }

  /// Null for a type that stays on its node.
  [[nodiscard]] const Codec* of(const Message& message) const;
  /// Null for a number that this release does not know.
  [[nodiscard]] const Codec* numbered(std::uint16_t number) const;

 private:
  void add(const void* type, const Codec& codec);

  std::unordered_map<const void*, Codec> by_type_;
  std::unordered_map<std::uint16_t, Codec> by_number_;
};

}  // namespace wattring::actor
