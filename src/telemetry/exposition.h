#pragma once
// Samples gathered into families and written as Prometheus text.

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <string_view>

#include "base/string_map.h"
#include "telemetry/metrics.h"

namespace slipway {

/// One scrape. Threads: one.
class Exposition final : public MetricSink {
 public:
  explicit Exposition(MetricNames names) : names_(names) {}

  void AddCounter(std::string_view name, std::string_view help, const Labels& labels,
                  double value) override;
  void AddGauge(std::string_view name, std::string_view help, const Labels& labels,
                double value) override;
  void AddHistogram(std::string_view name, std::string_view help, const Labels& labels,
                    const LatencySnapshot& value, Unit unit) override;
  MetricNames names() const override { return names_; }

  /// The text; the exposition is empty afterwards.
  std::string Render();

 private:
  struct Family {
    prometheus::MetricFamily metrics;
    StringMap<size_t> series;  // by labels: index into metrics.metric
  };

  prometheus::ClientMetric& SeriesOf(std::string_view name, std::string_view help,
                                     prometheus::MetricType type, const Labels& labels);

  MetricNames names_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace slipway
