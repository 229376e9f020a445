// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.hpp"

#include <bit>
#include <charconv>

namespace wattring {
namespace {

/// The shortest text that reads back as the same value.
std::string number(double value) {
  std::array<char, 40> out{};
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value).ptr;
  return {out.data(), end};
}

std::string with_labels(std::string_view name, std::string_view labels) {
  std::string out(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  return out;
}

void print_sample(std::string& out, std::string_view series, std::string_view value) {
  out.append(series).append(" ").append(value).append("\n");
}

template <class Families>
auto& family_of(Families& families, std::string_view name, std::string_view help, std::string_view type) {
  auto& family = families[std::string(name)];
  if (family.type.empty()) {
    family.help = help;
    family.type = type;
  }
  return family;
}

template <class List, class Pool>
auto& find_or_add(List& list, Pool& pool, std::string_view labels) {
  for (auto& series : list)
    if (series.labels == labels) return *series.object;
  auto& object = pool.emplace_back();
  list.push_back({std::string(labels), &object});
  return object;
}

constexpr std::array<std::uint64_t, 12> kExportedBoundsNs{100'000,    250'000,     500'000,     1'000'000,
                                                          2'500'000,  5'000'000,   10'000'000,  25'000'000,
                                                          50'000'000, 100'000'000, 500'000'000, 5'000'000'000};

void print_histogram(std::string& out, std::string_view name, std::string_view labels, const DurationHistogram& h) {
  const std::string prefix = labels.empty() ? "" : std::string(labels) + ",";
  const std::string full = std::string(name) + "_bucket";
  for (const std::uint64_t bound : kExportedBoundsNs) {
    out += with_labels(full, prefix + "le=\"" + number(static_cast<double>(bound) * 1e-9) + "\"") + " " +
           std::to_string(h.count_up_to_ns(bound)) + "\n";
  }
  out += with_labels(full, prefix + "le=\"+Inf\"") + " " + std::to_string(h.count()) + "\n";
  out += with_labels(std::string(name) + "_sum", labels) + " " + number(h.sum_seconds()) + "\n";
  out += with_labels(std::string(name) + "_count", labels) + " " + std::to_string(h.count()) + "\n";
}

}  // namespace

std::size_t DurationHistogram::bucket_of(std::uint64_t duration_ns) {
  const std::uint64_t units = duration_ns / 256;  // the first bucket ends at 1.024 us
  if (units < 4) return 0;
  const auto exponent = static_cast<unsigned>(std::bit_width(units)) - 1;  // >= 2
  const auto quarter = static_cast<unsigned>((units >> (exponent - 2)) & 3U);
  const std::size_t bucket = 1 + (exponent - 2) * 4 + quarter;
  return bucket < kBuckets ? bucket : kBuckets - 1;
}

std::uint64_t DurationHistogram::upper_edge_ns(std::size_t bucket) {
  if (bucket == 0) return std::uint64_t{4} * 256;
  const std::size_t exponent = (bucket - 1) / 4 + 2;
  const std::size_t quarter = (bucket - 1) % 4;
  return ((5 + quarter) << (exponent - 2)) * 256;
}

void DurationHistogram::record_ns(std::uint64_t duration_ns) {
  buckets_[bucket_of(duration_ns)].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(duration_ns, std::memory_order_relaxed);
}

double DurationHistogram::quantile_seconds(double q) const {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  if (total == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(total - 1)) + 1;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) return static_cast<double>(upper_edge_ns(i)) * 1e-9;
  }
  return static_cast<double>(upper_edge_ns(kBuckets - 1)) * 1e-9;
}

std::uint64_t DurationHistogram::count_up_to_ns(std::uint64_t bound_ns) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets && upper_edge_ns(i) <= bound_ns + bound_ns / 4; ++i)
    seen += buckets_[i].load(std::memory_order_relaxed);
  return seen;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return find_or_add(family_of(families_, name, help, "counter").counters, counters_, labels);
}

std::uint64_t Metrics::total(std::string_view name, std::string_view label_part) const {
  const std::lock_guard lock(mutex_);
  const auto family = families_.find(name);
  std::uint64_t sum = 0;
  if (family == families_.end()) return sum;
  for (const auto& series : family->second.counters)
    if (series.labels.find(label_part) != std::string::npos) sum += series.object->value();
  return sum;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return find_or_add(family_of(families_, name, help, "gauge").gauges, gauges_, labels);
}

DurationHistogram& Metrics::histogram(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return find_or_add(family_of(families_, name, help, "histogram").histograms, histograms_, labels);
}

void Metrics::gauge_function(std::string_view name, std::string_view help, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  family_of(families_, name, help, "gauge").read = std::move(read);
}

std::string Metrics::prometheus_text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out.append("# HELP ").append(name).append(" ").append(family.help).append("\n# TYPE ");
    out.append(name).append(" ").append(family.type).append("\n");
    for (const auto& series : family.counters)
      print_sample(out, with_labels(name, series.labels), std::to_string(series.object->value()));
    for (const auto& series : family.gauges)
      print_sample(out, with_labels(name, series.labels), number(series.object->value()));
    if (family.read) print_sample(out, name, number(family.read()));
    for (const auto& series : family.histograms) print_histogram(out, name, series.labels, *series.object);
  }
  return out;
}

}  // namespace wattring
