# SPDX-License-Identifier: Apache-2.0
# Alerts as JSON, for whoever shows them. Pure.
wattring_library(wattring_alert_payload SOURCES payload.cpp LIBS wattring_alert)
target_link_libraries(wattring_alert_payload PRIVATE fmt::fmt)

# Outbox -> sinks: the order and the waits (pure), the sinks, and the actors that run them.
wattring_library(wattring_alert_delivery
  SOURCES delivery.cpp delivery_actors.cpp delivery_runner.cpp delivery_service.cpp http_post.cpp
          sink_alertmanager.cpp sink_log.cpp sink_make.cpp sink_webhook.cpp
  LIBS wattring_alert_payload wattring_actor wattring_base)
# Through pkg-config, whose macros decide the layout of the library's classes; its header stays in http_post.cpp.
target_link_libraries(wattring_alert_delivery PRIVATE fmt::fmt PkgConfig::HTTPLIB)
