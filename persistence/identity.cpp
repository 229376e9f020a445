// SPDX-License-Identifier: Apache-2.0
#include "persistence/identity.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"

namespace wattring::persistence {
namespace {

constexpr std::size_t kNameBytesMax = 64;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && is_plain_text(name);
}

Failure bad(std::string what) {
  return fail(ErrorCode::invalid_argument, "identity: " + std::move(what));
}

std::string_view view(const std::array<std::uint8_t, 16>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::array<std::uint8_t, 16> read_16(ByteReader& in) {
  std::array<std::uint8_t, 16> out{};
  const std::string_view bytes = in.bytes(out.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) out[i] = static_cast<std::uint8_t>(bytes[i]);
  return out;
}

std::optional<std::string_view> line_value(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(" = ")) return line.substr(name.size() + 3);
  }
  return std::nullopt;
}

}  // namespace

Result<void> check(const Identity& identity) {
  if (!is_name(identity.cluster_name))
    return bad("the cluster's name must be 1 to 64 bytes of UTF-8 without control characters");
  if (!is_name(identity.node_name))
    return bad("the node's name must be 1 to 64 bytes of UTF-8 without control characters");
  if (!std::has_single_bit(identity.shard_count) || identity.shard_count < kShardsMin ||
      identity.shard_count > kShardsMax)
    return bad("the shard count must be a power of two from " + std::to_string(kShardsMin) + " to " +
               std::to_string(kShardsMax) + ", not " + std::to_string(identity.shard_count));
  if (identity.acks < 1 || identity.acks > identity.copies)
    return bad(std::to_string(identity.acks) + " acks of " + std::to_string(identity.copies) +
               " copies are not possible");
  if (identity.format_version != kDataFormatVersion)
    return bad("format " + std::to_string(identity.format_version) + " is not the one this release writes");
  return {};
}

std::string encode(const Identity& identity) {
  std::string out;
  ByteWriter writer(out);
  writer.u32_be(identity.format_version);
  writer.bytes(view(identity.cluster.bytes));
  writer.sized_bytes(identity.cluster_name);
  writer.u32_be(identity.shard_count);
  writer.bytes(view(identity.hash_key));
  writer.bytes(view(identity.node.bytes));
  writer.sized_bytes(identity.node_name);
  writer.u32_be(identity.copies);
  writer.u32_be(identity.acks);
  return out;
}

Result<Identity> decode_identity(std::string_view payload) {
  ByteReader in(payload);
  Identity out;
  out.format_version = in.u32_be();
  if (in.ok() && out.format_version > kDataFormatVersion)
    return fail(ErrorCode::newer_format,
                "the journal has format " + std::to_string(out.format_version) + ", this release knows " +
                    std::to_string(kDataFormatVersion),
                "run the release that wrote it, or a newer one");
  out.cluster.bytes = read_16(in);
  out.cluster_name = in.sized_bytes();
  out.shard_count = in.u32_be();
  out.hash_key = read_16(in);
  out.node.bytes = read_16(in);
  out.node_name = in.sized_bytes();
  out.copies = in.u32_be();
  out.acks = in.u32_be();
  if (!in.at_end() || !check(out)) return fail(ErrorCode::corrupt, "the journal's identity does not decode");
  return out;
}

std::string identity_file_text(const Identity& identity) {
  return "# A wattring data directory. Made by \"wattringd init\"; do not edit.\n"
         "format = " +
         std::to_string(identity.format_version) + "\ncluster = " + to_hex(identity.cluster.bytes) +
         "\ncluster_name = " + identity.cluster_name + "\nnode = " + to_hex(identity.node.bytes) +
         "\nnode_name = " + identity.node_name + "\n";
}

Result<IdentityFile> parse_identity_file(std::string_view text) {
  const auto format = line_value(text, "format");
  IdentityFile out;
  const auto parsed = format ? std::from_chars(format->data(), format->data() + format->size(), out.format_version)
                             : std::from_chars_result{nullptr, std::errc::invalid_argument};
  if (parsed.ec != std::errc{} || parsed.ptr != format->data() + format->size() || out.format_version == 0)
    return fail(ErrorCode::corrupt, "IDENTITY names no format");
  // Lines of a newer format may mean anything; the version is all that is promised.
  if (out.format_version > kDataFormatVersion) return out;
  const auto cluster = parse_hex128(line_value(text, "cluster").value_or(""));
  const auto node = parse_hex128(line_value(text, "node").value_or(""));
  if (!cluster || !node) return fail(ErrorCode::corrupt, "IDENTITY names no cluster or no node");
  out.cluster.bytes = *cluster;
  out.node.bytes = *node;
  return out;
}

}  // namespace wattring::persistence
