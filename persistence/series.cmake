# SPDX-License-Identifier: Apache-2.0
# The facts of a series and their bytes; pure.
set(series_sources chunk_codec.cpp column_codec.cpp series_chunk.cpp)
list(TRANSFORM series_sources PREPEND ${PROJECT_SOURCE_DIR}/persistence/)
wattring_library(wattring_series SOURCES ${series_sources} LIBS wattring_base)
