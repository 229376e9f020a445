// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/curve_keys.hpp"
#include "node/gateway/batch.hpp"
#include "node/gateway/ingest_door.hpp"

namespace wattring::gateway {

/// A client of the native protocol (docs/protocols/ingest.md): one DEALER socket, batches in flight up to the credit
/// that the server grants. One thread.
class NativeClient {
 public:
  struct Options {
    std::string endpoint;  ///< "127.0.0.1:7413"
    std::int64_t connect_timeout_ms = 3000;
    std::optional<cluster::CurveKeys> keys{};  ///< for a node whose listener has keys
  };
  struct Reply {
    std::uint64_t batch_id = 0;
    IngestReply reply;
  };
  /// Connects and waits for the server's welcome.
  [[nodiscard]] static Result<std::unique_ptr<NativeClient>> connect(const Options& options);

  virtual ~NativeClient() = default;
  /// Batches that may be sent now without overrunning the credit.
  [[nodiscard]] virtual std::uint32_t credit() const = 0;
  /// Encodes and sends; returns the batch id. busy when credit() is 0 or the socket is full.
  [[nodiscard]] virtual Result<std::uint64_t> send(const Batch& batch) = 0;
  /// Replies that have arrived; waits up to the time-out for the first one (0 = do not wait).
  [[nodiscard]] virtual std::vector<Reply> receive(std::int64_t timeout_ms) = 0;
};

}  // namespace wattring::gateway
