# SPDX-License-Identifier: Apache-2.0
wattring_test(cluster_members_property KIND property SOURCES members_property.cpp LIBS wattring_cluster_messages)
wattring_test(cluster_members_unit KIND unit SOURCES leaves_test.cpp swim_test.cpp LIBS wattring_cluster_messages)
