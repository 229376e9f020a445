// SPDX-License-Identifier: Apache-2.0
#include "node/http/meter_pages_json.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace wattring::http {
namespace {

using nlohmann::json;

bool is_page(const json& page) {
  return page.is_object() && page.contains("meters") && page["meters"].is_array() &&
         std::all_of(page["meters"].begin(), page["meters"].end(), [](const json& meter) {
           return meter.is_object() && meter.value("meter", json()).is_string() &&
                  meter.value("registers", json()).is_array() && meter.value("last_time", json()).is_string();
         });
}

void join(json& known, const json& other) {
  if (other["last_time"] > known["last_time"]) known["last_time"] = other["last_time"];
  json& registers = known["registers"];
  for (const json& reg : other["registers"])
    if (std::find(registers.begin(), registers.end(), reg) == registers.end()) registers.push_back(reg);
}

}  // namespace

struct MeterPages::Impl {
  std::map<std::string, json> meters;
  bool more = false;
};

MeterPages::MeterPages() : impl_(std::make_unique<Impl>()) {}
MeterPages::~MeterPages() = default;

bool MeterPages::add(const std::string& body) {
  const json page = json::parse(body, nullptr, false);
  if (!is_page(page)) return false;
  for (const json& meter : page["meters"]) {
    const auto [at, added] = impl_->meters.try_emplace(meter["meter"].get<std::string>(), meter);
    if (!added) join(at->second, meter);
  }
  impl_->more = impl_->more || !page.value("next", json()).is_null();
  return page.value("complete", json(true)) == true;
}

std::string MeterPages::render(std::size_t limit, bool complete) const {
  json page = json::object();
  json& rows = page["meters"] = json::array();
  for (const auto& [id, meter] : impl_->meters)
    if (rows.size() < limit) rows.push_back(meter);
  const bool more = impl_->more || impl_->meters.size() > limit;
  page["next"] = more && !rows.empty() ? rows.back()["meter"] : json();
  page["complete"] = complete;
  return page.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wattring::http
