# SPDX-License-Identifier: Apache-2.0
# Frames about readings to and from other nodes.
wattring_library(wattring_data_links SOURCES data_links.cpp LIBS wattring_cluster wattring_cluster_zmq wattring_peer_codec)

# The core of replication between its doors: journal, workers, other nodes.
wattring_library(wattring_replication
  SOURCES disk_notes.cpp fill_pace.cpp follow_routes.cpp peer_calls.cpp replication_gauges.cpp replication_service.cpp replication_turns.cpp ring_turns.cpp
          shard_transfers.cpp transfer_message.cpp usable_nodes.cpp
  LIBS wattring_core wattring_data_links wattring_replica)

# What operators see and change of it.
wattring_library(wattring_shard_board SOURCES shard_board.cpp LIBS wattring_http wattring_replication)
wattring_library(wattring_shard_desk SOURCES shard_desk.cpp LIBS wattring_cluster_system wattring_shard_board)
target_link_libraries(wattring_shard_desk PRIVATE fmt::fmt)
