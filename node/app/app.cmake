# SPDX-License-Identifier: Apache-2.0
# The way of a batch through the node, without its sockets.
wattring_library(wattring_core
  SOURCES actor_rows.cpp batch_limits.cpp committed_batch.cpp entry_encoder.cpp entry_writer.cpp extension_turns.cpp fold_guard.cpp holdings.cpp
          ingest_pipeline.cpp journal_only.cpp limit_desk.cpp log_reader.cpp meter_pages.cpp meter_supervision.cpp query_service.cpp
          shard_arrivals.cpp shard_drops.cpp shard_erasing.cpp shard_import.cpp shard_marks.cpp shard_moves.cpp shard_quarantine.cpp shard_restored.cpp slice_chain.cpp
          shard_residency.cpp shard_sealing.cpp shard_shared.cpp shard_verbs.cpp shard_worker.cpp shard_worker_limits.cpp
          shard_worker_meters.cpp shard_workers.cpp write_and_wait.cpp
  LIBS wattring_actor wattring_fold wattring_gateway wattring_persistence_lmdb wattring_sharding)

# A shard's meters as the alert rules see them.
wattring_library(wattring_alert_history SOURCES absence_board.cpp meter_history.cpp silence_sweep.cpp LIBS wattring_alert wattring_fold)

# Alerts of a node: on the shards' threads, in the catalog, out of the outbox.
wattring_library(wattring_alerts
  SOURCES alert_catalog.cpp alert_extension.cpp alert_hub.cpp alert_service.cpp alert_spread.cpp alert_system.cpp alert_voice.cpp
          decision_writer.cpp document_rows.cpp outbox_store.cpp told_marks.cpp
  LIBS wattring_cluster wattring_config wattring_core wattring_alert_history wattring_alert_delivery wattring_http)

# The node among the others. What needs no socket first.
wattring_library(wattring_cluster_files
  SOURCES advertise.cpp cluster_identity.cpp key_file.cpp listen_address.cpp membership_file.cpp
  LIBS wattring_config wattring_membership wattring_cluster_zmq wattring_persistence_lmdb)
wattring_library(wattring_cluster_system
  SOURCES cluster_system.cpp
  LIBS wattring_cluster_files wattring_cluster_zmq wattring_http wattring_membership_service)

# Actors of this node and of others, over sockets.
wattring_library(wattring_remote_system SOURCES remote_system.cpp LIBS wattring_actor_remote wattring_cluster_zmq)

# What administrators changed, on the disk.
wattring_library(wattring_audit SOURCES audit_log.cpp LIBS wattring_base)

# Copies of readings on several nodes.
include(replication.cmake)

# Whole shards for backups.
wattring_library(wattring_backup_desk SOURCES backup_desk.cpp LIBS wattring_alerts wattring_backup wattring_http wattring_replication)

# The composition root.
wattring_library(wattring_app
  SOURCES join_cluster.cpp node.cpp node_facts.cpp node_retention.cpp peer_reads.cpp run.cpp
  LIBS wattring_alerts wattring_audit wattring_backup_desk wattring_cluster_system wattring_config wattring_core wattring_gateway_io wattring_http
       wattring_remote_system wattring_replication wattring_shard_desk fmt::fmt)
