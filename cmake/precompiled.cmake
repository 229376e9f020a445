# SPDX-License-Identifier: Apache-2.0
# Sanitizer and fuzzing builds compile with these headers, which saves time. The release build does not: there a file
# that lacks an include fails.
option(WATTRING_PRECOMPILED "Compile with precompiled headers" OFF)

set(WATTRING_COMMON_HEADERS
    <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <cstring> <deque> <functional> <limits> <map> <memory>
    <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> <tl/expected.hpp>)

if(WATTRING_PRECOMPILED)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  # A library's and a program's, because these differ in -fPIC and -fPIE.
  set(empty ${CMAKE_BINARY_DIR}/precompiled.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "int main() { return 0; }\n")
  add_library(wattring_library_headers STATIC ${empty})
  target_link_libraries(wattring_library_headers PRIVATE wattring_options fmt::fmt)
  target_precompile_headers(wattring_library_headers PRIVATE ${WATTRING_COMMON_HEADERS})
  add_executable(wattring_test_headers ${empty})
  target_link_libraries(wattring_test_headers PRIVATE wattring_options fmt::fmt GTest::gtest_main rapidcheck)
  target_compile_options(wattring_test_headers PRIVATE ${WATTRING_TEST_FLAGS})
  target_precompile_headers(wattring_test_headers PRIVATE ${WATTRING_COMMON_HEADERS} <gtest/gtest.h> <rapidcheck.h>)
endif()

function(wattring_precompiled target headers)
  if(WATTRING_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM ${headers})
  endif()
endfunction()
