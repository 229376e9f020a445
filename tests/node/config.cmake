# SPDX-License-Identifier: Apache-2.0
wattring_test(config_test KIND unit
  SOURCES config/config_load_test.cpp config/config_print_test.cpp config/config_values_test.cpp
  LIBS wattring_config)
if(TARGET config_test)
  target_compile_definitions(config_test PRIVATE
    WATTRING_REFERENCE_PAGE="${PROJECT_SOURCE_DIR}/docs/operations/configuration.md")
endif()
wattring_test(config_property_test KIND property
  SOURCES config/config_property_test.cpp
  LIBS wattring_config)
wattring_fuzz(fuzz_config SOURCES config/fuzz_config.cpp LIBS wattring_config)
wattring_test(app_verbs_test KIND contract THREADS
  SOURCES config/verbs_test.cpp
  LIBS wattring_app_cli)
