# SPDX-License-Identifier: Apache-2.0
wattring_library(wattring_app
  SOURCES committed_batch.cpp entry_encoder.cpp ingest_pipeline.cpp node.cpp port_reservation.cpp query_service.cpp run.cpp
          shard_workers.cpp
  LIBS wattring_config wattring_fold wattring_gateway wattring_gateway_io wattring_http wattring_persistence_lmdb fmt::fmt)
