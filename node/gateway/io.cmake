# SPDX-License-Identifier: Apache-2.0
# The native protocol's codec is pure; the doors that own sockets and threads are a target apart.
wattring_library(wattring_native
  SOURCES native_batch_decode.cpp native_batch_encode.cpp native_codec.cpp
  LIBS wattring_base wattring_meter wattring_gateway)
wattring_library(wattring_gateway_io
  SOURCES native_client.cpp p1_source.cpp p1_source_service.cpp source_vitals.cpp zmq.cpp zmq_connections.cpp zmq_gateway.cpp
  LIBS wattring_native wattring_gateway wattring_cluster_zmq)
# The header of libzmq stays inside zmq.cpp.
target_link_libraries(wattring_gateway_io PRIVATE cppzmq)
