# SPDX-License-Identifier: Apache-2.0
wattring_test(alert_rules_unit KIND unit
  SOURCES rule_document_test.cpp rule_errors_test.cpp rule_test.cpp
  LIBS wattring_alert)
if(TARGET alert_rules_unit)
  target_compile_definitions(alert_rules_unit PRIVATE
                             WATTRING_RULES_EXAMPLE="${PROJECT_SOURCE_DIR}/docs/metering/rules-example.toml"
                             WATTRING_RULES_PAGE="${PROJECT_SOURCE_DIR}/docs/metering/rules.md")
endif()
wattring_test(alert_rules_property KIND property
  SOURCES generated_rules.cpp rule_document_property.cpp
  LIBS wattring_alert)
wattring_fuzz(fuzz_rules SOURCES fuzz_rules.cpp LIBS wattring_alert)
# A meter's facts in memory.
if(WATTRING_TESTS)
  wattring_library(wattring_meter_fake
    SOURCES ${PROJECT_SOURCE_DIR}/tests/support/meter_fake.cpp
    LIBS wattring_alert wattring_fold)
endif()
wattring_test(alert_points_unit KIND unit
  SOURCES points_daily_test.cpp points_interval_test.cpp points_momentary_test.cpp points_peak_test.cpp
          points_stuck_test.cpp
  LIBS wattring_meter_fake)
wattring_test(alert_points_property KIND property
  SOURCES generated_meter.cpp points_property.cpp
  LIBS wattring_meter_fake)
