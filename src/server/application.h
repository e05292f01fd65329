#pragma once
// Everything wired together: the only place that knows every room.

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "engine/engine.h"
#include "lifecycle/manager.h"
#include "protocol/dialect/infer_handler.h"
#include "protocol/openinference/health.h"
#include "protocol/openinference/shared_tensors.h"
#include "protocol/reflection/descriptor_index.h"
#include "routing/infer_service.h"
#include "server/certificates.h"
#include "server/config.h"
#include "server/listen_address.h"
#include "server/resources.h"
#include "telemetry/http_metrics.h"
#include "telemetry/metrics.h"
#include "transport/http/server.h"

namespace slipway::server {

/// The routes of every dialect that an address may have.
using Routers = std::map<ListenDialect, std::shared_ptr<http::Router>>;

/// Members are destroyed in reverse order: what is below uses what is above.
class Application {
 public:
  /// Opens the sources and binds the listeners; nothing is served yet.
  static StatusOr<std::unique_ptr<Application>> Create(const Config& config,
                                                       std::shared_ptr<Engine> engine);
  ~Application();

  /// Health is answered from now on; models are loaded meanwhile.
  /// @param settled  called once, when the first pass over the models is done or given up.
  void Start(std::function<void()> settled);

  /// kBadModel when there are models and not one of them can be served.
  Status CheckServing() const;

  /// What may change live (config_diff.h).
  void Apply(const Config& config);

  /// Reads certificates and keys again: when they have changed, or in any case.
  void RefreshCertificates();
  void ReloadCertificates();

  /// Ready turns false at once, no further load begins; in-flight requests finish. False when the
  /// limit cut some.
  bool Drain();
  /// After Drain: false when a load in progress still runs after a moment. Then this must not be
  /// destroyed: it would wait for that.
  bool LoadsHaveEnded();

  /// "http://127.0.0.1:8080" or "https://…" of the first listener, or "unix:/path".
  std::string Address() const;
  /// The others, as they were bound.
  std::vector<std::string> FurtherAddresses() const;
  /// A complete curl command for a model that is ready; "" when none is.
  std::string SampleCommand() const;

 private:
  explicit Application(const Config& config);
  Status Wire(std::shared_ptr<Engine> engine);
  StatusOr<std::vector<std::unique_ptr<repository::Source>>> OpenSources() const;
  std::unique_ptr<lifecycle::Loader> MakeLoader(std::shared_ptr<Engine> engine);
  void MakeManager(std::vector<std::unique_ptr<repository::Source>> sources,
                   std::unique_ptr<lifecycle::Loader> loader);
  std::shared_ptr<http::Router> MakeRouter(
      ListenDialect dialect, const std::shared_ptr<const reflection::DescriptorIndex>& contracts);
  void AddModelsRoutes(http::Router& router, ListenDialect dialect,
                       const dialect::Services& dialects);
  http::ServerOptions MakeServerOptions() const;
  /// Every loop looks at the table again: idle ones would keep an unloaded version in memory, and
  /// health may have changed.
  void WakeLoops();
  void SetBodyLimits(const http::Limits& limits);
  void OnFinished(const http::Exchange& exchange, int status, size_t bytes_out);

  Config config_;
  Resources resources_;
  SteadyClock clock_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> access_log_{false};
  Registry registry_;
  std::unique_ptr<LifecycleMetrics> lifecycle_metrics_;
  std::shared_ptr<HttpMetrics> http_metrics_;
  std::unique_ptr<batching::WorkerPool> pool_;
  std::unique_ptr<lifecycle::Manager> manager_;
  std::unique_ptr<routing::InferService> infer_;
  std::unique_ptr<openinference::HealthWatches> health_watches_;
  BodyMemory body_memory_;
  std::unique_ptr<openinference::SharedMemory> shared_memory_;  // null: not offered
  std::unique_ptr<Certificates> certificates_;                  // null without TLS
  Routers routers_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace slipway::server
