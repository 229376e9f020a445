# SPDX-License-Identifier: Apache-2.0
wattring_test(zmq_transport_contract KIND contract THREADS
  SOURCES zmq_contract_test.cpp zmq_network.cpp ${PROJECT_SOURCE_DIR}/tests/contract/transport_contract.cpp
  LIBS wattring_cluster_zmq)
wattring_test(zmq_hostile_test KIND integration
  SOURCES zmq_hostile_test.cpp zmq_network.cpp
  LIBS wattring_cluster_zmq cppzmq)
wattring_test(cluster_keys_unit KIND unit
  SOURCES connection_table_test.cpp curve_keys_test.cpp
  LIBS wattring_cluster_zmq)
