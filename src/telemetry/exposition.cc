#include "telemetry/exposition.h"

#include <fmt/core.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <sstream>

#include "base/check.h"
#include "base/utf8.h"

namespace slipway {
namespace {

bool IsMetricName(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), is_word);
}

/// The text format is UTF-8: one stray byte and Prometheus refuses the whole scrape.
std::string Utf8Only(std::string_view value) {
  std::string text(value);
  if (!IsValidUtf8(text))
    std::replace_if(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  return text;
}

/// Equal for equal labels only: each part is preceded by its length.
std::string KeyOf(const Labels& labels) {
  std::string key;
  for (const auto& [name, value] : labels)
    fmt::format_to(std::back_inserter(key), "{}:{}{}:{}", name.size(), name, value.size(), value);
  return key;
}

}  // namespace

prometheus::ClientMetric& Exposition::SeriesOf(std::string_view name, std::string_view help,
                                               prometheus::MetricType type, const Labels& labels) {
  auto it = families_.find(name);
  if (it == families_.end()) {
    SLIPWAY_CHECK(IsMetricName(name), "metric names are our own");
    it = families_.emplace(std::string(name), Family{}).first;
    it->second.metrics.name = name;
    it->second.metrics.help = help;
    it->second.metrics.type = type;
  }
  Family& family = it->second;
  SLIPWAY_CHECK(family.metrics.type == type, "a metric has one type");
  const auto [known, fresh] =
      family.series.try_emplace(KeyOf(labels), family.metrics.metric.size());
  if (fresh) {
    auto& series = family.metrics.metric.emplace_back();
    for (const auto& [label, value] : labels) series.label.push_back({label, Utf8Only(value)});
  }
  return family.metrics.metric[known->second];
}

void Exposition::AddCounter(std::string_view name, std::string_view help, const Labels& labels,
                            double value) {
  SeriesOf(name, help, prometheus::MetricType::Counter, labels).counter.value += value;
}

void Exposition::AddGauge(std::string_view name, std::string_view help, const Labels& labels,
                          double value) {
  SeriesOf(name, help, prometheus::MetricType::Gauge, labels).gauge.value += value;
}

void Exposition::AddHistogram(std::string_view name, std::string_view help, const Labels& labels,
                              const LatencySnapshot& value, Unit unit) {
  const double ns = unit == Unit::kSeconds ? 1e9 : 1e3;
  auto& histogram = SeriesOf(name, help, prometheus::MetricType::Histogram, labels).histogram;
  histogram.bucket.resize(kLatencyBounds + 1);
  uint64_t cumulative = 0;
  for (size_t i = 0; i <= kLatencyBounds; ++i) {
    cumulative += value.buckets[i];
    histogram.bucket[i].cumulative_count += cumulative;
    histogram.bucket[i].upper_bound = i < kLatencyBounds
                                          ? static_cast<double>(kLatencyBoundsNs[i]) / ns
                                          : std::numeric_limits<double>::infinity();
  }
  histogram.sample_count += cumulative;
  histogram.sample_sum += static_cast<double>(value.sum_ns) / ns;
}

std::string Exposition::Render() {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(families_.size());
  for (auto& [name, family] : families_) families.push_back(std::move(family.metrics));
  families_.clear();
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace slipway
