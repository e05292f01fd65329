#include <algorithm>

#include "telemetry/exposition.h"
#include "telemetry/metrics.h"

namespace slipway {
namespace {

using Collector = std::function<void(MetricSink&)>;

/// One metric under one name.
template <typename Metric>
struct Series final : MetricSource {
  Series(std::string n, std::string h, Labels l)
      : name(std::move(n)), help(std::move(h)), labels(std::move(l)) {}

  void Collect(MetricSink& sink) const override {
    if constexpr (std::is_same_v<Metric, Counter>)
      sink.AddCounter(name, help, labels, static_cast<double>(metric.Value()));
    else if constexpr (std::is_same_v<Metric, Gauge>)
      sink.AddGauge(name, help, labels, static_cast<double>(metric.Value()));
    else
      sink.AddHistogram(name, help, labels, metric.Read());
  }

  Metric metric;
  const std::string name;
  const std::string help;
  const Labels labels;
};

struct Contents {
  std::vector<std::weak_ptr<const MetricSource>> sources;
  std::vector<std::shared_ptr<const Collector>> collectors;
  size_t purge_at = 64;  // sources; twice what was alive at the last purge, so adding stays O(1)

  void Purge() {
    std::erase_if(sources, [](const auto& source) { return source.expired(); });
    purge_at = std::max<size_t>(64, 2 * sources.size());
  }
};

}  // namespace

struct Registry::State {
  Guarded<Contents> contents;

  template <typename Metric>
  std::shared_ptr<Metric> Add(std::string name, std::string help, Labels labels) {
    auto series =
        std::make_shared<Series<Metric>>(std::move(name), std::move(help), std::move(labels));
    AddSource(series);
    return {series, &series->metric};
  }

  void AddSource(std::weak_ptr<const MetricSource> source) {
    contents.With([&](Contents& c) {
      if (c.sources.size() >= c.purge_at) c.Purge();
      c.sources.push_back(std::move(source));
    });
  }
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

std::shared_ptr<Counter> Registry::AddCounter(std::string name, std::string help, Labels labels) {
  return state_->Add<Counter>(std::move(name), std::move(help), std::move(labels));
}

std::shared_ptr<Gauge> Registry::AddGauge(std::string name, std::string help, Labels labels) {
  return state_->Add<Gauge>(std::move(name), std::move(help), std::move(labels));
}

std::shared_ptr<Histogram> Registry::AddHistogram(std::string name, std::string help,
                                                  Labels labels) {
  return state_->Add<Histogram>(std::move(name), std::move(help), std::move(labels));
}

void Registry::AddSource(std::weak_ptr<const MetricSource> source) {
  state_->AddSource(std::move(source));
}

void Registry::AddCollector(Collector collector) {
  auto shared = std::make_shared<const Collector>(std::move(collector));
  state_->contents.With([&](Contents& c) { c.collectors.push_back(std::move(shared)); });
}

std::string Registry::Scrape(MetricNames names) const {
  // Collected outside the lock: a source may be slow, and may use the registry.
  std::vector<std::shared_ptr<const MetricSource>> sources;
  const auto collectors = state_->contents.With([&](Contents& c) {
    c.Purge();
    for (const auto& source : c.sources)
      if (auto alive = source.lock()) sources.push_back(std::move(alive));
    return c.collectors;
  });
  Exposition exposition(names);
  for (const auto& source : sources) source->Collect(exposition);
  for (const auto& collector : collectors) (*collector)(exposition);
  return exposition.Render();
}

}  // namespace slipway
