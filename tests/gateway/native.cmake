# SPDX-License-Identifier: Apache-2.0
wattring_test(native_unit KIND unit
  SOURCES native_batch_test.cpp native_codec_test.cpp
  LIBS wattring_native wattring_msgpack)
if(TARGET native_unit)
  target_compile_definitions(native_unit PRIVATE
    WATTRING_INGEST_PAGE="${PROJECT_SOURCE_DIR}/docs/protocols/ingest.md")
endif()
wattring_test(native_property KIND property
  SOURCES native_property_test.cpp
  LIBS wattring_native wattring_msgpack)
wattring_fuzz(fuzz_native
  SOURCES native_fuzz.cpp
  LIBS wattring_native)
wattring_bench(native_bench
  SOURCES native_bench.cpp
  LIBS wattring_native wattring_msgpack benchmark::benchmark)
wattring_test(zmq_unit KIND unit
  SOURCES zmq_connections_test.cpp
  LIBS wattring_gateway_io)
wattring_test(zmq_gateway_test KIND integration
  SOURCES native_client_test.cpp zmq_gateway_test.cpp
  LIBS wattring_gateway_io wattring_msgpack cppzmq)
wattring_test(p1_source_unit KIND unit
  SOURCES p1_source_unit_test.cpp source_vitals_test.cpp
  LIBS wattring_gateway_io)
wattring_test(p1_source_test KIND integration
  SOURCES p1_source_test.cpp
  LIBS wattring_gateway_io)
