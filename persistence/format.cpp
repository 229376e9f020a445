// SPDX-License-Identifier: Apache-2.0
#include "persistence/format.hpp"

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/hash.hpp"

namespace wattring::persistence {

std::size_t begin_value(std::string& out) {
  const std::size_t start = out.size();
  out.push_back(static_cast<char>(kValueVersion));
  return start;
}

void end_value(std::string& out, std::size_t start, std::uint64_t position) {
  WATTRING_CHECK(start < out.size());
  ByteWriter(out).u64_be(hash64(std::string_view(out).substr(start), position));
}

std::string seal_value(std::string_view payload, std::uint64_t position) {
  std::string out;
  out.reserve(payload.size() + kEnvelopeBytes);
  const std::size_t start = begin_value(out);
  out.append(payload);
  end_value(out, start, position);
  return out;
}

Result<std::string_view> open_value(std::string_view sealed, std::uint64_t position) {
  if (sealed.size() < kEnvelopeBytes)
    return fail(ErrorCode::corrupt, "a value of " + std::to_string(sealed.size()) + " bytes is too short to be one");
  const std::string_view covered = sealed.substr(0, sealed.size() - 8);
  if (ByteReader(sealed.substr(covered.size())).u64_be() != hash64(covered, position))
    return fail(ErrorCode::corrupt,
                "the checksum of a value of " + std::to_string(sealed.size()) + " bytes does not hold");
  if (static_cast<std::uint8_t>(covered.front()) != kValueVersion)
    return fail(ErrorCode::newer_format,
                "a value has version " + std::to_string(static_cast<std::uint8_t>(covered.front())) +
                    ", this release knows " + std::to_string(kValueVersion),
                "run the release that wrote it, or a newer one");
  return covered.substr(1);
}

std::uint64_t position_of(std::string_view key) {
  return hash64(key);
}

}  // namespace wattring::persistence
