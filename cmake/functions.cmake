# SPDX-License-Identifier: Apache-2.0

add_library(wattring_options INTERFACE)
target_include_directories(wattring_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(wattring_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                       -Woverloaded-virtual -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # At -O3 and under sanitizers GCC 12 reports string concatenation wrongly.
  target_compile_options(wattring_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # What GCC does not take for a conversion either.
  target_compile_options(wattring_options INTERFACE -Wno-sign-conversion)
endif()
target_link_options(wattring_options INTERFACE -Wl,-z,relro,-z,now)

# wattring_library(NAME SOURCES a.cpp ... LIBS x y)
function(wattring_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC wattring_options ${ARG_LIBS})
  wattring_precompiled(${name} wattring_library_headers)
  if(WATTRING_UNITY)
    # nlohmann's `json` is a name that others give their parameters.
    set(alone ${ARG_SOURCES})
    list(FILTER alone INCLUDE REGEX "_json\\.cpp$")
    set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${name} PRIVATE -Wno-subobject-linkage)  # what one file includes is no header of others
    endif()
  endif()
endfunction()

# wattring_program(NAME SOURCES a.cpp ... LIBS x y)
function(wattring_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wattring_options ${ARG_LIBS})
endfunction()

# wattring_test(NAME KIND unit|property|contract|simulation|integration|chaos [THREADS] SOURCES ... LIBS ...): one test
# program; its cases are ctest tests with the kind as label, so that "scripts/test unit" runs a kind. THREADS: more than
# one thread runs in it, so that ThreadSanitizer has something to find. Integration and chaos start whole programs, which
# have many.
function(wattring_test name)
  cmake_parse_arguments(ARG "THREADS" "KIND" "SOURCES;LIBS" ${ARGN})
  if(NOT WATTRING_TESTS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wattring_options ${ARG_LIBS} GTest::gtest_main)
  if(ARG_KIND STREQUAL "property")
    target_link_libraries(${name} PRIVATE rapidcheck)
  endif()
  target_compile_options(${name} PRIVATE ${WATTRING_TEST_FLAGS})
  wattring_precompiled(${name} wattring_test_headers)
  if(WATTRING_ONLY_THREADS AND NOT ARG_THREADS AND NOT ARG_KIND MATCHES "^(integration|chaos)$")
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  # TIMEOUT ends what hangs and promises nothing: a property of 15 s takes minutes under a sanitizer on a busy machine.
  gtest_discover_tests(${name} TEST_PREFIX "${ARG_KIND}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_KIND} TIMEOUT 600)
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
