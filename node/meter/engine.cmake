# SPDX-License-Identifier: Apache-2.0
# The fold of a shard: pure, reads the disk through a ReadTransaction.
wattring_library(wattring_fold
  SOURCES attention.cpp fold_options.cpp interval_chunk.cpp meter_removal.cpp meter_table.cpp pending_facts.cpp
          quarantine_row.cpp retention.cpp series_reader.cpp shard_fold.cpp shard_passivation.cpp shard_restart.cpp
          shard_seal.cpp
  LIBS wattring_sharding wattring_persistence wattring_series wattring_meter)
