# SPDX-License-Identifier: Apache-2.0
# The fold of a shard: pure, reads the disk through a ReadTransaction.
wattring_library(wattring_fold
  SOURCES attention.cpp erasure.cpp fold_options.cpp interval_chunk.cpp meter_removal.cpp meter_table.cpp pending_facts.cpp
          quarantine_row.cpp retention.cpp series_reader.cpp shard_fold.cpp shard_passivation.cpp shard_rebuild.cpp
          shard_restart.cpp shard_digest.cpp shard_erasing.cpp shard_export.cpp shard_limits.cpp shard_seal.cpp
          transfer_format.cpp transfer_row.cpp
  LIBS wattring_sharding wattring_persistence wattring_series wattring_meter)
