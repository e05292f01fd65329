#include <map>
#include <utility>

#include "telemetry/model_metrics.h"

namespace slipway {

/// What is known of each version beside its requests.
class LifecycleMetrics::Versions final : public MetricSource {
 public:
  struct Version {
    std::weak_ptr<ModelMetrics> metrics;
    std::string state;
    std::array<uint64_t, kReasonCount> load_failures{};
  };
  using Table = std::map<std::pair<std::string, std::string>, Version>;

  void Collect(MetricSink& sink) const override {
    table.With([&](const Table& versions) {
      for (const auto& [id, version] : versions) CollectOne(sink, id.first, id.second, version);
    });
  }

  template <typename F>
  auto WithVersion(std::string_view model, std::string_view version, F&& f) {
    return table.With(
        [&](Table& versions) { return f(versions[{std::string(model), std::string(version)}]); });
  }

  Guarded<Table> table;

 private:
  static void CollectOne(MetricSink& sink, const std::string& model, const std::string& number,
                         const Version& version) {
    if (!version.state.empty())
      sink.AddGauge("slipway_model_version_state", "1 for the state that the version is in.",
                    {{"model", model}, {"version", number}, {"state", version.state}}, 1);
    for (size_t i = 0; i < version.load_failures.size(); ++i) {
      if (version.load_failures[i] == 0) continue;
      sink.AddCounter("slipway_model_load_failures_total",
                      "Loads that were refused or failed, by reason.",
                      {{"model", model},
                       {"version", number},
                       {"reason", std::string(InfoOf(static_cast<Reason>(i)).label)}},
                      static_cast<double>(version.load_failures[i]));
    }
  }
};

LifecycleMetrics::LifecycleMetrics(Registry& registry)
    : registry_(registry),
      versions_(std::make_shared<Versions>()),
      load_seconds_(registry.AddHistogram("slipway_model_load_seconds",
                                          "Time that loading a version took, over all versions.")) {
  registry_.AddSource(versions_);
}

LifecycleMetrics::~LifecycleMetrics() = default;

std::shared_ptr<ModelMetrics> LifecycleMetrics::ForVersion(std::string_view model,
                                                           std::string_view version) {
  return versions_->WithVersion(model, version, [&](Versions::Version& entry) {
    auto metrics = entry.metrics.lock();
    if (metrics == nullptr) {
      metrics = std::make_shared<ModelMetrics>(std::string(model), std::string(version));
      entry.metrics = metrics;
      registry_.AddSource(metrics);
    }
    return metrics;
  });
}

void LifecycleMetrics::SetState(std::string_view model, std::string_view version,
                                std::string_view state) {
  versions_->WithVersion(model, version, [&](Versions::Version& entry) { entry.state = state; });
}

void LifecycleMetrics::RecordLoad(Duration duration) { load_seconds_->Record(duration); }

void LifecycleMetrics::RecordLoadFailure(std::string_view model, std::string_view version,
                                         Reason reason) {
  versions_->WithVersion(model, version, [&](Versions::Version& entry) {
    ++entry.load_failures[static_cast<size_t>(reason)];
  });
}

void LifecycleMetrics::Forget(std::string_view model, std::string_view version) {
  versions_->table.With([&](Versions::Table& versions) {
    versions.erase({std::string(model), std::string(version)});
  });
}

}  // namespace slipway
