# SPDX-License-Identifier: Apache-2.0
if(WATTRING_TESTS OR WATTRING_FUZZ)
  wattring_library(wattring_cluster_messages
    SOURCES any_message.cpp frame_mutator.cpp
    LIBS wattring_cluster_codec)
endif()
wattring_test(cluster_codec_unit KIND unit
  SOURCES catalog_test.cpp codec_refusal_test.cpp codec_test.cpp endpoint_test.cpp peer_guard_test.cpp
  LIBS wattring_cluster_messages wattring_msgpack)
if(TARGET cluster_codec_unit)
  target_compile_definitions(cluster_codec_unit PRIVATE
    WATTRING_MEMBERSHIP_PAGE="${PROJECT_SOURCE_DIR}/docs/protocols/membership.md"
    WATTRING_GOLDEN_FRAMES="${CMAKE_CURRENT_SOURCE_DIR}/golden/frames.txt")
endif()
wattring_test(cluster_codec_property KIND property
  SOURCES catalog_property.cpp codec_property.cpp
  LIBS wattring_cluster_messages)
# It has an operator new of its own.
wattring_test(cluster_codec_memory KIND unit SOURCES codec_memory_test.cpp LIBS wattring_cluster_messages)
# The codec with its defect built in, which the rule "wholly or not at all" must notice.
if(WATTRING_TESTS)
  wattring_library(wattring_cluster_codec_mutant
    SOURCES ../../cluster/codec.cpp ../../cluster/codec_reader.cpp ../../cluster/endpoint.cpp
    LIBS wattring_cluster)
  target_compile_definitions(wattring_cluster_codec_mutant PRIVATE WATTRING_MUTANTS)
endif()
wattring_test(cluster_codec_mutant KIND unit
  SOURCES any_message.cpp codec_mutant_test.cpp
  LIBS wattring_cluster_codec_mutant)
wattring_fuzz(fuzz_message SOURCES fuzz_message.cpp LIBS wattring_cluster_messages)
