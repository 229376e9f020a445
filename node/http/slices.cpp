// SPDX-License-Identifier: Apache-2.0
#include "node/http/slices.hpp"

namespace wattring::http {
namespace {

constexpr std::string_view kBoundary = "\n{";

std::string_view take(std::string_view& body, std::size_t size) {
  const std::string_view slice = body.substr(0, size);
  body.remove_prefix(slice.size());
  return slice;
}

/// Whether the line end at `at` stands between two objects.
bool between_objects(std::string_view body, std::size_t at) {
  const std::size_t last = body.substr(0, at).find_last_not_of(" \t\r\n");
  return last != body.npos && body[last] == '}';
}

}  // namespace

std::string_view take_objects(std::string_view& body, std::size_t bytes) {
  if (body.size() <= bytes) return take(body, body.size());
  std::size_t end = body.rfind(kBoundary, bytes);
  while (end != body.npos && !between_objects(body, end)) end = end == 0 ? body.npos : body.rfind(kBoundary, end - 1);
  if (end == body.npos) {
    end = body.find(kBoundary, bytes);
    while (end != body.npos && !between_objects(body, end)) end = body.find(kBoundary, end + 1);
  }
  return take(body, end == body.npos ? body.size() : end + 1);
}

std::string_view take_lines(std::string_view& body, std::size_t bytes) {
  if (body.size() <= bytes) return take(body, body.size());
  std::size_t end = body.rfind('\n', bytes);
  if (end == body.npos) end = body.find('\n', bytes);
  return take(body, end == body.npos ? body.size() : end + 1);
}

std::string_view take_telegrams(std::string_view& body, std::size_t bytes) {
  if (body.size() <= bytes) return take(body, body.size());
  std::size_t end = body.rfind("\n/", bytes);
  if (end == body.npos) end = body.find("\n/", bytes);
  return take(body, end == body.npos ? body.size() : end + 1);
}

}  // namespace wattring::http
