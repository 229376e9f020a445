// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "node/ctl/json.hpp"

namespace wattring::ctl {

/// What the JSON of one verb looks like. A line is "PATH KIND...": a path has names, "name[]" for elements of an array
/// and "*" for any name; "?" after a name that may be missing ("name?", "name?[]").
struct SchemaText {
  std::string_view verb;    ///< "meter show"
  std::string_view schema;  ///< "wattring.meter/1"
  std::string_view fields;
};
[[nodiscard]] std::span<const SchemaText> schema_texts();
/// Those of them about shards, ring and nodes.
[[nodiscard]] std::span<const SchemaText> shard_schema_texts();

/// As JSON Schema (draft 2020-12). Unknown members are allowed: later releases add some.
[[nodiscard]] Json json_schema(const SchemaText& text);

}  // namespace wattring::ctl
