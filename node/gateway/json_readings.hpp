// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "node/gateway/batch.hpp"
#include "node/gateway/ingest_door.hpp"

/// JSON and NDJSON to readings (docs/protocols/json.md).

namespace wattring::gateway {

struct JsonContext {
  AcceptWindow window;
  std::uint64_t revision = 0;  ///< of readings that state none
};

/// An array of objects, or objects line by line. A refusal's "line" is the element's number in the array or, for lines,
/// the number of the line on which the object begins. Each reading stands alone. Of a document that is cut off, what
/// was whole is kept. A member that no reading has is refused, because it is nearly always a misspelt one.
void decode_json(std::string_view body, const JsonContext& context, Batch& out);

}  // namespace wattring::gateway
