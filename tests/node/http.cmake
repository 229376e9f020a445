# SPDX-License-Identifier: Apache-2.0
wattring_test(http_test KIND unit THREADS
  SOURCES http_access_test.cpp http_actors_test.cpp http_alerts_test.cpp http_cluster_alerts_test.cpp http_cluster_test.cpp http_erase_test.cpp http_exchange_test.cpp http_fakes.cpp http_foreign_test.cpp http_ingest_test.cpp
          http_json_body_test.cpp http_params_test.cpp http_query_test.cpp http_relay_test.cpp http_router_test.cpp http_rules_test.cpp
          http_shards_test.cpp http_slices_test.cpp http_status_test.cpp
  LIBS wattring_http nlohmann_json::nlohmann_json ZLIB::ZLIB)
wattring_test(http_property_test KIND property
  SOURCES http_property_test.cpp
  LIBS wattring_http nlohmann_json::nlohmann_json)
wattring_test(http_server_test KIND integration
  SOURCES http_fakes.cpp http_hostile_test.cpp http_server_test.cpp
  LIBS wattring_http nlohmann_json::nlohmann_json ZLIB::ZLIB)
wattring_fuzz(fuzz_json_body SOURCES fuzz_json_body.cpp LIBS wattring_http_body)
