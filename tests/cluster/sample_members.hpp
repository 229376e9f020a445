// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "cluster/record.hpp"

/// Member number N: "n<N>" at 10.0.0.<N>:7411, with an id of nothing but N.

namespace wattring::cluster::test {

inline NodeId id_of(std::uint8_t number) {
  NodeId id;
  id.bytes.fill(number);
  return id;
}

inline Record record_of(std::uint8_t number, std::uint64_t epoch = 1) {
  Record record;
  record.id = id_of(number);
  record.life = {epoch, 1000U * epoch + number};
  record.name = "n" + std::to_string(number);
  record.endpoints.membership = "10.0.0." + std::to_string(number) + ":7411";
  return record;
}

inline RecordPtr shared(Record record) {
  return std::make_shared<const Record>(std::move(record));
}

}  // namespace wattring::cluster::test
