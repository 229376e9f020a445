# SPDX-License-Identifier: Apache-2.0
wattring_test(fold_property_test KIND property SOURCES shard_fold_test.cpp LIBS wattring_fold)
wattring_test(meter_table_test KIND property SOURCES meter_table_test.cpp LIBS wattring_fold)
wattring_test(core_test KIND unit SOURCES core_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(shard_extension_test KIND unit SOURCES shard_extension_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(passivation_test KIND unit SOURCES passivation_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(quarantine_test KIND unit SOURCES quarantine_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(fold_guard_test KIND integration SOURCES fold_guard_test.cpp LIBS wattring_core wattring_test_journal)
wattring_test(retention_test KIND unit SOURCES retention_test.cpp LIBS wattring_fold)
