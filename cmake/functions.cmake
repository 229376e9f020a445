# SPDX-License-Identifier: Apache-2.0

add_library(wattring_options INTERFACE)
target_include_directories(wattring_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(wattring_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                       -Woverloaded-virtual -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # At -O3 and under sanitizers GCC 12 reports string concatenation wrongly.
  target_compile_options(wattring_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
target_link_options(wattring_options INTERFACE -Wl,-z,relro,-z,now)

# wattring_library(NAME SOURCES a.cpp ... LIBS x y)
function(wattring_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC wattring_options ${ARG_LIBS})
endfunction()

# wattring_program(NAME SOURCES a.cpp ... LIBS x y)
function(wattring_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wattring_options ${ARG_LIBS})
endfunction()

# wattring_test(NAME KIND unit|property|contract|integration|chaos SOURCES ... LIBS ...): one test program; its cases are
# ctest tests with the kind as label, so that "scripts/test unit" runs a kind.
function(wattring_test name)
  cmake_parse_arguments(ARG "" "KIND" "SOURCES;LIBS" ${ARGN})
  if(NOT WATTRING_TESTS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wattring_options ${ARG_LIBS} GTest::gtest_main)
  if(ARG_KIND STREQUAL "property")
    target_link_libraries(${name} PRIVATE rapidcheck)
  endif()
  set(timeout 120)
  if(ARG_KIND STREQUAL "integration" OR ARG_KIND STREQUAL "chaos")
    set(timeout 300)
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${ARG_KIND}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_KIND} TIMEOUT ${timeout})
endfunction()

# wattring_fuzz(NAME SOURCES ... LIBS ...): a libFuzzer target.
function(wattring_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  if(NOT WATTRING_FUZZ)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wattring_options ${ARG_LIBS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# wattring_bench(NAME SOURCES ... LIBS ...)
function(wattring_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  if(NOT WATTRING_BENCH)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wattring_options ${ARG_LIBS})
endfunction()
