# SPDX-License-Identifier: Apache-2.0
wattring_test(replication_unit KIND unit THREADS
  SOURCES data_links_test.cpp fill_pace_test.cpp peer_calls_test.cpp shard_transfers_test.cpp
  LIBS wattring_replication)
wattring_test(replication_contract KIND contract THREADS SOURCES replication_service_test.cpp LIBS wattring_replication)
wattring_test(disk_notes_test KIND unit THREADS SOURCES disk_notes_test.cpp LIBS wattring_replication wattring_test_journal)
