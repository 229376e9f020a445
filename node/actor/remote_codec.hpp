// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/ids.hpp"
#include "cluster/record.hpp"
#include "node/actor/message_codecs.hpp"
#include "node/actor/remote.hpp"

/// Envelopes between nodes as bytes: frames of a fixed header and a MessagePack array (docs/protocols/remoting.md).
/// Pure; any thread. A frame is taken whole or not at all, and never decides how much memory is used: at most about
/// 64 bytes for each byte that arrived, within kRemoteFrameBytesMax.

namespace wattring::actor {

inline constexpr std::uint8_t kRemoteMajor = 1;
inline constexpr std::uint8_t kRemoteMinor = 0;
inline constexpr std::size_t kRemoteHeaderBytes = 68;
inline constexpr std::size_t kRemoteBodyAt = kRemoteHeaderBytes + 5;  ///< after the header of the array
inline constexpr std::size_t kRemoteFrameBytesMax = 1U << 20U;
inline constexpr std::size_t kRemoteEnvelopesMax = 4'096;  ///< in a frame

struct RemoteHeader {
  std::uint8_t minor = kRemoteMinor;
  bool wants_answer = false;  ///< the sender wants a frame back, if only an empty one
  std::uint64_t cluster = 0;  ///< cluster::cluster_hash
  NodeId source;
  cluster::Life source_life;
  std::uint64_t destination_nonce = 0;  ///< of the life that is meant
  std::uint64_t sequence = 0;           ///< of frames from this life to that life, from 1
  std::uint32_t session = 0;            ///< grows whenever the sender forgets what the receiver watches there
  friend bool operator==(const RemoteHeader&, const RemoteHeader&) = default;
};

enum class FrameError : std::uint8_t {
  truncated,  ///< ends within the header
  not_ours,   ///< another protocol
  version,    ///< another major version
  too_large,
  malformed,
};
[[nodiscard]] std::string_view to_string(FrameError error);  ///< "malformed", for counters

/// One envelope of `self`, added to `out`. `codec`: of the message, for Kind::message.
void write_envelope(std::string& out, const RemoteEnvelope& envelope, const NodeId& self,
                    const MessageCodecs::Codec* codec);

/// A frame under construction: room for the header, then envelopes.
class FrameBuilder {
 public:
  FrameBuilder();
  void add(std::string_view envelope);
  [[nodiscard]] std::size_t envelopes() const { return envelopes_; }
  [[nodiscard]] std::size_t bytes() const { return frame_.size(); }
  /// The frame; the builder is used up.
  [[nodiscard]] std::string seal(const RemoteHeader& header);

 private:
  std::string frame_;
  std::uint32_t envelopes_ = 0;
};

[[nodiscard]] tl::expected<RemoteHeader, FrameError> read_header(std::string_view frame);
/// A message whose type is unknown here, or whose payload its codec refuses, comes with an empty Message. `self`: who
/// receives; it becomes the node of every `to`.
[[nodiscard]] tl::expected<std::vector<RemoteEnvelope>, FrameError> read_envelopes(std::string_view frame,
                                                                                   const NodeId& source,
                                                                                   const NodeId& self,
                                                                                   const MessageCodecs& codecs);

}  // namespace wattring::actor
