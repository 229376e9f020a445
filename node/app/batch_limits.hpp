// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/app/watermark_board.hpp"
#include "node/gateway/batch.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// Turns away the readings of the batch that are below the watermark of their shard, as far as this node knows it:
/// TS_TOO_OLD, of no line, because the batch does not say where they stood. Texts have no watermark. Any thread.
void refuse_expired(gateway::Batch& batch, const sharding::ShardKey& key, const WatermarkBoard& watermarks);

}  // namespace wattring::app
