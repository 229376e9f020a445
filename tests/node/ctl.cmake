# SPDX-License-Identifier: Apache-2.0
wattring_test(ctl_test KIND unit
  SOURCES ctl/actor_verbs_test.cpp ctl/alert_verbs_test.cpp ctl/cluster_verbs_test.cpp ctl/conservation_test.cpp ctl/drain_plan_test.cpp ctl/erase_verb_test.cpp ctl/events_doctor_test.cpp
          ctl/fake_nodes.cpp ctl/globals_test.cpp ctl/import_split_test.cpp ctl/import_test.cpp ctl/json_test.cpp ctl/keygen_test.cpp ctl/member_names_test.cpp ctl/members_verbs_test.cpp
          ctl/meter_verbs_test.cpp ctl/rule_verbs_test.cpp ctl/shard_verbs_test.cpp ctl/token_trust_test.cpp ctl/token_verbs_test.cpp ctl/wording_test.cpp
  LIBS wattring_alert wattring_ctl)
if(TARGET ctl_test)
  target_compile_definitions(ctl_test PRIVATE WATTRING_GOLDEN_DIR="${CMAKE_CURRENT_SOURCE_DIR}/ctl/golden")
endif()
wattring_test(ctl_property_test KIND property
  SOURCES ctl/ctl_property_test.cpp
  LIBS wattring_ctl)
wattring_fuzz(fuzz_import_split SOURCES ctl/fuzz_import_split.cpp LIBS wattring_ctl)
wattring_test(ctl_http_test KIND integration
  SOURCES ctl/http_client_test.cpp
  LIBS wattring_ctl_http PkgConfig::HTTPLIB)
wattring_test(ctl_node_test KIND integration
  SOURCES ctl/ctl_node_test.cpp http_fakes.cpp
  LIBS wattring_ctl wattring_ctl_http wattring_http nlohmann_json::nlohmann_json ZLIB::ZLIB)
