# SPDX-License-Identifier: Apache-2.0
wattring_test(meter_registers_unit KIND unit
  SOURCES registers_test.cpp decimal_test.cpp zone_test.cpp
  LIBS wattring_meter)
wattring_test(meter_decimal_property KIND property
  SOURCES decimal_property_test.cpp
  LIBS wattring_meter)
