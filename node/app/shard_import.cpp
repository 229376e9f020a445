// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_import.hpp"

#include <memory>
#include <string>

#include "node/meter/transfer_row.hpp"
#include "persistence/record.hpp"

namespace wattring::app {

Result<sharding::PackPtr> ShardImport::stage(std::string_view part) {
  if (auto sound = meter::check_transfer_part(part, shard_, key_); !sound) return Failure(sound.error());
  return stage_checked(part);
}

sharding::PackPtr ShardImport::stage_checked(std::string_view part) {
  ++parts_;
  digest_ = meter::transfer_digest(digest_, part);
  return record_of(meter::kTransferPartFormat, part);
}

Result<sharding::PackPtr> ShardImport::claim(const meter::TransferClaim& claim) {
  if (claim.parts != parts_ || claim.digest != digest_)
    return fail(ErrorCode::corrupt,
                "transfer of shard " + std::to_string(shard_.value) + ": the sender claims " +
                    std::to_string(claim.parts) + " parts, " + std::to_string(parts_) + " came, or others than it sent",
                "the transfer begins anew");
  return record_of(meter::kTransferClaimFormat, meter::encode_transfer_claim(claim));
}

sharding::PackPtr ShardImport::record_of(std::uint8_t format, std::string_view payload) {
  const std::uint64_t number = format == meter::kTransferPartFormat ? parts_ : parts_ + 1;
  persistence::RecordBuilder builder(transfer_, payload.size());
  builder.begin_entry(shard_, Sequence{number}, format, chain_).append(payload);
  chain_ = builder.end_entry();
  return std::make_shared<const std::string>(builder.finish());
}

}  // namespace wattring::app
