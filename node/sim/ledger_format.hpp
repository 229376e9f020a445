// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Numbers that the ledger's writer and reader share; ledger.hpp tells what they mean.

namespace wattring::sim {

inline constexpr std::string_view kLedgerMagic = "WRLEDGR1";
inline constexpr std::size_t kRecordPrefixBytes = 9;

inline constexpr std::uint8_t kRecordHeader = 1;
inline constexpr std::uint8_t kRecordRegister = 2;
inline constexpr std::uint8_t kRecordMeter = 3;
inline constexpr std::uint8_t kRecordBatch = 4;
inline constexpr std::uint8_t kRecordOutcome = 5;
inline constexpr std::uint8_t kRecordEnd = 6;

inline constexpr unsigned kTagLongRegister = 15;
inline constexpr unsigned kTagMeterNext = 1U << 4U;
inline constexpr unsigned kTagMeterFar = 2U << 4U;
inline constexpr unsigned kTagTime = 1U << 6U;

}  // namespace wattring::sim
