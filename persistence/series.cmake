# SPDX-License-Identifier: Apache-2.0
# The facts of a series and their bytes; pure.
set(series_sources)
foreach(source chunk_codec column_codec series_chunk)
  if(EXISTS ${PROJECT_SOURCE_DIR}/persistence/${source}.cpp)
    list(APPEND series_sources ${PROJECT_SOURCE_DIR}/persistence/${source}.cpp)
  endif()
endforeach()
wattring_library(wattring_series SOURCES ${series_sources} LIBS wattring_base)
