# SPDX-License-Identifier: Apache-2.0
wattring_test(alert_delivery_test KIND unit
  SOURCES delivery_queue_test.cpp delivery_runner_test.cpp payload_test.cpp
  LIBS wattring_alert_delivery nlohmann_json::nlohmann_json fmt::fmt)
wattring_test(alert_delivery_property KIND property
  SOURCES delivery_property.cpp
  LIBS wattring_alert_delivery fmt::fmt)
wattring_test(alert_delivery_service_test KIND integration
  SOURCES delivery_receiver.cpp delivery_service_test.cpp
  LIBS wattring_alert_delivery nlohmann_json::nlohmann_json fmt::fmt)
wattring_test(alertmanager_test KIND integration
  SOURCES alertmanager_process.cpp alertmanager_test.cpp
  LIBS wattring_alert_delivery nlohmann_json::nlohmann_json PkgConfig::HTTPLIB fmt::fmt)
