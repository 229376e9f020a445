# SPDX-License-Identifier: Apache-2.0
wattring_test(alert_engine_property KIND property SOURCES engine_property.cpp LIBS wattring_alert_history)
wattring_test(alert_silence_unit KIND unit SOURCES silence_test.cpp LIBS wattring_alert_history)
wattring_test(alert_record_property KIND property SOURCES alert_record_property.cpp LIBS wattring_alert)
