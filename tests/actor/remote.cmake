# SPDX-License-Identifier: Apache-2.0
wattring_test(remoting_unit KIND unit
  SOURCES remote_codec_test.cpp remote_links_test.cpp
  LIBS wattring_actor_remote)
wattring_test(remoting_property KIND property
  SOURCES remote_codec_property.cpp remote_links_property.cpp
  LIBS wattring_actor_remote)
wattring_test(remoting_contract KIND contract THREADS
  SOURCES remoting_contract.cpp remoting_zmq_test.cpp memory_network.cpp
  LIBS wattring_actor_remote wattring_actor_remote_examples wattring_cluster_zmq)
wattring_fuzz(fuzz_remote SOURCES fuzz_remote.cpp LIBS wattring_actor_remote)
