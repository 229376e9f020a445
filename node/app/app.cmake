# SPDX-License-Identifier: Apache-2.0
# The way of a batch through the node, without its sockets.
wattring_library(wattring_core
  SOURCES actor_rows.cpp committed_batch.cpp entry_encoder.cpp extension_turns.cpp fold_guard.cpp ingest_pipeline.cpp
          journal_only.cpp meter_pages.cpp meter_supervision.cpp query_service.cpp shard_quarantine.cpp
          shard_residency.cpp shard_sealing.cpp shard_shared.cpp shard_verbs.cpp shard_worker.cpp
          shard_worker_meters.cpp shard_workers.cpp
  LIBS wattring_actor wattring_fold wattring_gateway wattring_persistence_lmdb)

# A shard's meters as the alert rules see them.
wattring_library(wattring_alert_history SOURCES absence_board.cpp meter_history.cpp silence_sweep.cpp LIBS wattring_alert wattring_fold)

# Alerts of a node: on the shards' threads, in the catalog, out of the outbox.
wattring_library(wattring_alerts
  SOURCES alert_catalog.cpp alert_extension.cpp alert_hub.cpp alert_service.cpp alert_system.cpp outbox_store.cpp
  LIBS wattring_config wattring_core wattring_alert_history wattring_alert_delivery wattring_http)

# The composition root.
wattring_library(wattring_app
  SOURCES node.cpp port_reservation.cpp run.cpp
  LIBS wattring_alerts wattring_config wattring_core wattring_gateway_io wattring_http fmt::fmt)
