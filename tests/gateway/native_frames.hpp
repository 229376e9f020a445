// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "node/gateway/native_codec.hpp"

/// Frames made by msgpack-c, so that our own codec is held against another one.

namespace wattring::gateway::native {

inline constexpr std::int64_t kTestNowMs = 1'700'000'000'000;
inline constexpr AcceptWindow kTestWindow{kTestNowMs - 1'000'000'000, kTestNowMs + 300'000};
inline constexpr Register kImport = obis(1, 0, 1, 8, 0);
inline constexpr Register kExport = obis(1, 0, 2, 8, 0);
inline constexpr Register kPower = obis(1, 0, 1, 7, 0);
inline constexpr Register kEquipment = obis(0, 0, 96, 1, 1);

using Packer = msgpack::packer<msgpack::sbuffer>;

inline std::string packed(const std::function<void(Packer&)>& write) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  write(packer);
  return {buffer.data(), buffer.size()};
}
inline std::string frame_of(FrameType type, const std::string& body) {
  return {std::string{static_cast<char>(kMagic), static_cast<char>(kVersion), static_cast<char>(type)} + body};
}
/// A BATCH frame with number 9 and base time kTestNowMs; `rest` writes the registers and the meters.
inline std::string batch_frame(std::uint64_t readings, const std::function<void(Packer&)>& rest) {
  return frame_of(FrameType::batch, packed([&](Packer& packer) {
                    packer.pack_array(5).pack(std::uint64_t{9}).pack(kTestNowMs).pack(readings);
                    rest(packer);
                  }));
}
/// One meter, one register, one reading whose items after the register's number `items` writes.
inline std::string one_reading(std::string_view reg, std::uint32_t count, const std::function<void(Packer&)>& items,
                               std::string_view meter = "m1") {
  return batch_frame(1, [&](Packer& packer) {
    packer.pack_array(1).pack(reg);
    packer.pack_array(1).pack_array(2).pack(meter).pack_array(1).pack_array(1 + count).pack(0);
    items(packer);
  });
}
inline Batch decoded(std::string_view frame) {
  Batch batch;
  decode_batch(frame, kTestWindow, batch);
  return batch;
}
inline Fact reading(Register reg, std::int64_t time_ms, std::int64_t value) {
  Fact fact;
  fact.reg = reg;
  fact.start_ms = fact.end_ms = time_ms;
  fact.value = value;
  return fact;
}

}  // namespace wattring::gateway::native
