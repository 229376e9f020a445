# SPDX-License-Identifier: Apache-2.0
wattring_bench(native_bench
  SOURCES native_bench.cpp
  LIBS wattring_native wattring_msgpack benchmark::benchmark)
