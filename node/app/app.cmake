# SPDX-License-Identifier: Apache-2.0
wattring_library(wattring_fold
  SOURCES ../meter/meter_table.cpp ../meter/pending_facts.cpp ../meter/reading_entry.cpp ../meter/series_reader.cpp
          ../meter/shard_fold.cpp ../meter/shard_seal.cpp
  LIBS wattring_sharding wattring_persistence wattring_series wattring_meter)
wattring_library(wattring_app
  SOURCES committed_batch.cpp entry_encoder.cpp ingest_pipeline.cpp node.cpp port_reservation.cpp query_service.cpp run.cpp
          shard_workers.cpp
  LIBS wattring_config wattring_fold wattring_gateway wattring_gateway_io wattring_http wattring_persistence_lmdb fmt::fmt)
