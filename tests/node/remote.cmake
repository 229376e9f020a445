# SPDX-License-Identifier: Apache-2.0
wattring_test(remote_system_contract KIND contract THREADS
  SOURCES remote_system_test.cpp
  LIBS wattring_remote_system)
