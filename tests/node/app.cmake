# SPDX-License-Identifier: Apache-2.0
wattring_test(fold_property_test KIND property SOURCES shard_fold_test.cpp LIBS wattring_fold)
wattring_test(meter_table_test KIND property SOURCES meter_table_test.cpp LIBS wattring_fold)
wattring_test(core_test KIND unit THREADS SOURCES core_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(shard_extension_test KIND unit THREADS SOURCES shard_extension_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(shard_board_test KIND unit SOURCES shard_board_test.cpp LIBS wattring_shard_board)
wattring_test(passivation_test KIND unit THREADS SOURCES passivation_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(actor_rows_test KIND unit THREADS SOURCES actor_rows_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(quarantine_test KIND unit THREADS SOURCES quarantine_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(sealing_test KIND unit THREADS SOURCES sealing_test.cpp slice_chain_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(shard_moves_test KIND property THREADS SOURCES shard_moves_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(shard_unread_test KIND unit THREADS SOURCES shard_unread_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(shard_crashes_test KIND property THREADS SOURCES shard_crashes_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(holdings_test KIND unit SOURCES holdings_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(fold_guard_test KIND integration SOURCES fold_guard_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(retention_test KIND unit SOURCES retention_test.cpp LIBS wattring_fold)
wattring_test(limit_desk_test KIND unit THREADS SOURCES limit_desk_test.cpp LIBS wattring_replication wattring_test_journal)
wattring_test(erasure_test KIND property SOURCES erasure_test.cpp shard_limits_test.cpp LIBS wattring_fold)
wattring_test(alert_store_test KIND unit THREADS SOURCES alert_store_test.cpp LIBS wattring_alerts)
wattring_test(alert_spread_test KIND unit THREADS SOURCES alert_spread_test.cpp LIBS wattring_alerts wattring_replication)
wattring_test(audit_log_test KIND unit SOURCES audit_log_test.cpp LIBS wattring_audit)
if(WATTRING_TESTS AND TARGET wattringd)
  add_test(NAME integration.ThreeNodesKeepCopiesOfEachOthersReadings
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/replication_check.py ${CMAKE_BINARY_DIR}/bin)
  set_tests_properties(integration.ThreeNodesKeepCopiesOfEachOthersReadings PROPERTIES LABELS integration TIMEOUT 600
                       RUN_SERIAL ON
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  add_test(NAME integration.WhatIsErasedStaysGoneWhenANodeReturns
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/erasure_check.py ${CMAKE_BINARY_DIR}/bin)
  set_tests_properties(integration.WhatIsErasedStaysGoneWhenANodeReturns PROPERTIES LABELS integration TIMEOUT 600
                       RUN_SERIAL ON
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  add_test(NAME integration.ADamagedCopyIsMadeWholeByTheQuestionThatComesUponIt
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/repair_check.py ${CMAKE_BINARY_DIR}/bin)
  set_tests_properties(integration.ADamagedCopyIsMadeWholeByTheQuestionThatComesUponIt PROPERTIES LABELS integration TIMEOUT 600
                       RUN_SERIAL ON
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  add_test(NAME integration.OneOfThreeNodesTellsAnAlert
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/alert_homes_check.py ${CMAKE_BINARY_DIR}/bin)
  set_tests_properties(integration.OneOfThreeNodesTellsAnAlert PROPERTIES LABELS integration TIMEOUT 600
                       RUN_SERIAL ON
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endif()
