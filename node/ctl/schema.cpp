// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/schema.hpp"

#include <map>
#include <string>
#include <vector>

namespace wattring::ctl {
namespace {

/// A place in the document.
struct Place {
  bool required = true;
  std::vector<std::string> kinds;                     ///< of a leaf
  std::map<std::string, Place, std::less<>> members;  ///< of an object; "*" = any name
  std::vector<Place> element;                         ///< of an array; at most one
};

std::string_view take(std::string_view& text, char until) {
  const std::size_t end = std::min(text.find(until), text.size());
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return head;
}

Place& element_of(Place& place) {
  if (place.element.empty()) place.element.emplace_back();
  return place.element.front();
}

void add_line(Place& root, std::string_view line) {
  std::string_view path = take(line, ' ');
  Place* place = &root;
  while (!path.empty()) {
    std::string_view name = take(path, '.');
    const bool array = name.ends_with("[]");
    if (array) name.remove_suffix(2);
    const bool optional = name.ends_with('?');
    if (optional) name.remove_suffix(1);
    place = &place->members[std::string(name)];
    if (optional) place->required = false;
    if (array) place = &element_of(*place);
  }
  while (!line.empty()) place->kinds.emplace_back(take(line, ' '));
}

Json schema_of(const Place& place) {
  Json out;
  if (!place.element.empty()) return out.set("type", "array").set("items", schema_of(place.element.front()));
  if (place.members.empty()) {
    if (place.kinds.size() == 1) return out.set("type", place.kinds.front());
    Json kinds = Json::Array{};
    for (const std::string& kind : place.kinds) kinds.push(Json(kind));
    return out.set("type", std::move(kinds));
  }
  Json properties = Json::Object{};
  Json required = Json::Array{};
  out.set("type", "object");
  for (const auto& [name, member] : place.members) {
    if (name == "*") {
      out.set("additionalProperties", schema_of(member));
      continue;
    }
    properties.set(name, schema_of(member));
    if (member.required) required.push(Json(name));
  }
  if (!properties.members().empty()) out.set("properties", std::move(properties));
  if (!required.items().empty()) out.set("required", std::move(required));
  return out;
}

}  // namespace

Json json_schema(const SchemaText& text) {
  Place root;
  std::string_view fields = text.fields;
  while (!fields.empty())
    if (const std::string_view line = take(fields, '\n'); !line.empty()) add_line(root, line);
  Json schema;
  schema.set("$schema", "https://json-schema.org/draft/2020-12/schema").set("title", text.schema);
  const Json body = schema_of(root);
  Json properties = body["properties"];
  Json name;
  name.set("const", text.schema);
  properties.set("schema", std::move(name));
  Json required = body["required"];
  required.push(Json("schema"));
  return schema.set("type", "object").set("properties", std::move(properties)).set("required", std::move(required));
}

}  // namespace wattring::ctl
