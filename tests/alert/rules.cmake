# SPDX-License-Identifier: Apache-2.0
wattring_test(alert_rules_unit KIND unit
  SOURCES rule_document_test.cpp rule_errors_test.cpp rule_test.cpp
  LIBS wattring_alert)
if(TARGET alert_rules_unit)
  target_compile_definitions(alert_rules_unit PRIVATE
                             WATTRING_RULES_EXAMPLE="${PROJECT_SOURCE_DIR}/docs/metering/rules-example.toml")
endif()
wattring_test(alert_rules_property KIND property
  SOURCES generated_rules.cpp rule_document_property.cpp
  LIBS wattring_alert)
wattring_fuzz(fuzz_rules SOURCES fuzz_rules.cpp LIBS wattring_alert)
