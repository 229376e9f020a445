# SPDX-License-Identifier: Apache-2.0
wattring_test(membership_unit KIND unit
  SOURCES cluster_inquiry_test.cpp event_log_test.cpp event_text_test.cpp membership_memory_test.cpp
          membership_turns_test.cpp
  LIBS wattring_membership)
wattring_test(membership_property KIND property SOURCES membership_memory_property.cpp LIBS wattring_membership)
wattring_test(membership_service_test KIND unit THREADS SOURCES membership_service_test.cpp LIBS wattring_membership_service)
