#include "server/application.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "engine/choice/engines.h"
#include "protocol/admin/routes.h"
#include "protocol/azureml/routes.h"
#include "protocol/flask/routes.h"
#include "protocol/invocations/routes.h"
#include "protocol/openapi/routes.h"
#include "protocol/openinference/routes.h"
#include "protocol/reflection/methods.h"
#include "protocol/sagemaker/multi_model.h"
#include "protocol/tfserving/routes.h"
#include "protocol/torchserve/grpc_methods.h"
#include "protocol/torchserve/management_routes.h"
#include "protocol/torchserve/routes.h"
#include "protocol/vertex/routes.h"
#include "repository/choices.h"
#include "server/config_translation.h"
#include "server/listen_address.h"
#include "server/version.h"
#include "telemetry/process_metrics.h"

namespace slipway::server {
namespace {

constexpr std::string_view kDefaultGrpc = "127.0.0.1:9000";

void AddTransportMetrics(Registry& registry, const http::Server& server) {
  registry.AddCollector([&server](MetricSink& sink) {
    sink.AddCounter("slipway_http2_streams_refused_total",
                    "Streams refused because their connection had too many.", {},
                    static_cast<double>(server.stats().streams_refused));
  });
}

void AddRequestMemory(Registry& registry, const http::Budget& bodies,
                      const routing::InferService& infer) {
  registry.AddCollector([&](MetricSink& sink) {
    const auto gauge = [&](const char* what, size_t bytes) {
      sink.AddGauge("slipway_request_memory_bytes",
                    "Memory charged to the requests at hand, in bytes.", {{"what", what}},
                    static_cast<double>(bytes));
    };
    gauge("bodies", bodies.used());
    gauge("tables", infer.TableBytes());
  });
}

/// Which routes live where. Control is open on the main listeners only while these are on loopback
/// and have no listener of their own.
std::vector<http::Listener> ToListeners(const HttpConfig& config, const Certificates* certificates,
                                        const Routers& routers) {
  std::vector<http::Listener> listeners;
  const uint8_t open = http::Bit(http::Access::kHealth) | http::Bit(http::Access::kInference);
  const auto add = [&](const std::string& text, bool optional, std::optional<uint8_t> access = {}) {
    const auto parsed = ParseListenAddress(text);
    if (!parsed.ok()) return listeners.push_back({text});  // Server::Create says what is wrong
    const bool control = config.control_listen.empty() && parsed->loopback;
    const bool tls = parsed->SpeaksTls(certificates != nullptr);
    listeners.push_back({parsed->address, access.value_or(control ? http::kAllAccess : open),
                         optional, tls ? certificates->contexts() : nullptr,
                         routers.at(parsed->dialect)});
  };
  for (const std::string& address : config.listen) add(address, false);
  for (const std::string& address : config.grpc_listen) add(address, false);
  if (config.grpc_listen.empty() && config.listen == HttpConfig().listen)
    add(std::string(kDefaultGrpc), true);
  for (const std::string& address : config.control_listen)
    add(address, false, http::Bit(http::Access::kHealth) | http::Bit(http::Access::kControl));
  return listeners;
}

}  // namespace

Application::Application(const Config& config) : config_(config), resources_(DetectResources()) {}

Application::~Application() {
  // The lifecycle thread posts to the server's loops at each change.
  if (manager_) manager_->Stop();
  // Runs in progress use the service and answer through the server: they end first.
  if (pool_) pool_->Stop();
}

StatusOr<std::unique_ptr<Application>> Application::Create(const Config& config,
                                                           std::shared_ptr<Engine> engine) {
  std::unique_ptr<Application> application(new Application(config));
  RETURN_IF_ERROR(application->Wire(std::move(engine)));
  return application;
}

Status Application::Wire(std::shared_ptr<Engine> engine) {
  const int processors = resources_.processors;
  log::Info("resources",
            {{"processors", processors},
             {"from", resources_.processors_from},
             {"io_threads", Or(config_.resources.io_threads, processors)},
             {"compute_threads", Or(config_.resources.compute_threads, processors)},
             {"memory_mib", MemoryLimit(config_, resources_) >> 20},
             {"memory_from", config_.resources.memory_limit_bytes > 0 ? "configuration"
                                                                      : resources_.memory_from}});
  access_log_ = config_.log.access;
  ASSIGN_OR_RETURN(auto sources, OpenSources());
  lifecycle_metrics_ = std::make_unique<LifecycleMetrics>(registry_);
  AddProcessMetrics(registry_);
  AddBuildInfo(registry_, std::string(kVersion), OnnxRuntimeVersion());
  pool_ = std::make_unique<batching::WorkerPool>(Or(config_.resources.compute_threads, processors));
  MakeManager(std::move(sources), MakeLoader(std::move(engine)));
  infer_ = std::make_unique<routing::InferService>(
      routing::InferServiceOptions{.default_timeout = config_.models.request_timeout,
                                   .table_bytes = RunMemory(config_, resources_).run_bytes},
      manager_->table(), Or(config_.resources.io_threads, processors), clock_);
  AddRequestMemory(registry_, *body_memory_.budget, *infer_);
  health_watches_ =
      std::make_unique<openinference::HealthWatches>(Or(config_.resources.io_threads, processors));
  if (config_.shared_memory.allow) {
    shared_memory_ = std::make_unique<openinference::SharedMemory>(
        shm::RegionsOptions{.rules = {.prefix = config_.shared_memory.prefix}}, body_memory_);
  }
  SetBodyLimits(ToHttpLimits(config_, resources_));
  std::vector<std::string> patterns;
  const auto contracts = reflection::BuiltInContracts();
  for (const ListenDialect dialect : kListenDialects) {
    routers_[dialect] = MakeRouter(dialect, contracts);
    for (const http::Route& route : routers_[dialect]->routes()) patterns.push_back(route.pattern);
  }
  http_metrics_ = std::make_shared<HttpMetrics>(patterns);
  registry_.AddSource(http_metrics_);
  if (!config_.tls.certificate.empty()) {
    ASSIGN_OR_RETURN(certificates_, Certificates::Open(config_.tls, clock_));
  }
  ASSIGN_OR_RETURN(server_,
                   http::Server::Create(MakeServerOptions(), routers_[ListenDialect::kDefault]));
  AddTransportMetrics(registry_, *server_);
  if (certificates_) AddTlsMetrics(registry_, config_.tls, *certificates_, *server_);
  return OkStatus();
}

StatusOr<std::vector<std::unique_ptr<repository::Source>>> Application::OpenSources() const {
  ASSIGN_OR_RETURN(const repository::Choices choices, ChoicesOf(config_.models));
  std::vector<std::unique_ptr<repository::Source>> sources;
  for (const std::string& path : config_.models.paths) {
    ASSIGN_OR_RETURN(auto source, repository::OpenSource(path, config_.models.allowed_roots));
    sources.push_back(choices.empty() ? std::move(source)
                                      : repository::WithChoices(std::move(source), choices));
  }
  return sources;
}

std::unique_ptr<lifecycle::Loader> Application::MakeLoader(std::shared_ptr<Engine> engine) {
  lifecycle::LoaderOptions options;
  options.probe = config_.probe.enabled;
  options.probe_options.limits.memory_bytes = config_.probe.memory_limit_bytes > 0
                                                  ? config_.probe.memory_limit_bytes
                                                  : MemoryLimit(config_, resources_);
  options.probe_options.timeout = config_.probe.time_limit;
  options.probe_options.limits.cpu_time =
      std::chrono::ceil<std::chrono::seconds>(config_.probe.time_limit);
  // The other half is for the runtime's own copy.
  options.open.max_total_bytes = MemoryLimit(config_, resources_) / 2;
  options.engine.intra_op_threads = Or(config_.resources.intra_op_threads, 1);
  const int run_processors =
      std::min(Or(config_.resources.compute_threads, resources_.processors), resources_.processors);
  if (config_.resources.intra_op_threads == 0) options.probe_options.processors = run_processors;
  options.engine.memory = RunMemory(config_, resources_);
  // In JSON eight bytes of a tensor take two at least: "0,".
  options.engine.max_input_bytes = 4 * config_.limits.max_body_bytes;
  options.admission.max_queue = static_cast<size_t>(config_.models.queue_size);
  options.admission.max_wait = config_.models.queue_time;
  options.run_limit = config_.models.run_limit;
  options.batch = {.max_rows = config_.models.max_batch,
                   .max_delay = std::chrono::microseconds(config_.models.batch_delay_us),
                   .splits = config_.models.split_batches};
  // As many as there are threads to run one: no limit but the threads.
  options.default_instances = Or(config_.resources.compute_threads, resources_.processors) +
                              Or(config_.resources.io_threads, resources_.processors);
  if (config_.cache.max_bytes > 0) {
    options.cache = std::make_shared<CacheStore>(
        CacheOptions{.max_bytes = config_.cache.max_bytes, .ttl = config_.cache.ttl});
    registry_.AddSource(options.cache);
  }
  const std::string& data = config_.data_folder;
  const std::string runtime = fmt::format("{} {}", engine->name(), engine->version());
  if (!data.empty()) {
    options.digests = std::make_shared<io::DigestMemory>(data + "/digests");
    options.prepared = std::make_shared<lifecycle::PreparedStore>(data + "/prepared", runtime);
  }
  lifecycle::VerifiedStore verified(data.empty() ? "" : data + "/verified", runtime,
                                    run_processors);
  return std::make_unique<lifecycle::Loader>(options, std::move(engine), std::move(verified),
                                             *pool_, *lifecycle_metrics_, clock_);
}

void Application::MakeManager(std::vector<std::unique_ptr<repository::Source>> sources,
                              std::unique_ptr<lifecycle::Loader> loader) {
  lifecycle::ManagerOptions options;
  options.control = ToLifecycle(config_.models.control);
  options.poll_interval = config_.models.poll_interval;
  options.load_at_start = {config_.models.load.begin(), config_.models.load.end()};
  options.on_change = [this] {
    if (server_) WakeLoops();
  };
  manager_ = std::make_unique<lifecycle::Manager>(std::move(options), std::move(sources),
                                                  std::move(loader), *lifecycle_metrics_);
}

std::shared_ptr<http::Router> Application::MakeRouter(
    ListenDialect dialect, const std::shared_ptr<const reflection::DescriptorIndex>& contracts) {
  auto router = std::make_shared<http::Router>();
  openinference::AddRoutes(*router,
                           {.infer = *infer_,
                            .models = *manager_,
                            .draining = draining_,
                            .health_watches = *health_watches_,
                            .shared_memory = shared_memory_.get(),
                            .loops = Or(config_.resources.io_threads, resources_.processors),
                            .habit = ToOpenInference(config_.dialects.open_inference),
                            .server_version = std::string(kVersion),
                            .grpc_services = contracts->services()});
  tfserving::AddRoutes(
      *router, {.infer = *infer_,
                .memory = body_memory_,
                .models = *manager_,
                .repositories = RepositoriesOf(config_.models),
                .loops = Or(config_.resources.io_threads, resources_.processors),
                .kserve = config_.dialects.open_inference == OpenInferenceDialect::kKserve});
  torchserve::AddRoutes(*router, {.infer = *infer_,
                                  .loops = Or(config_.resources.io_threads, resources_.processors),
                                  .server_version = std::string(kVersion)});
  const dialect::Services dialects{
      .infer = *infer_,
      .loops = Or(config_.resources.io_threads, resources_.processors),
      .default_model = dialect::Target::Parse(config_.models.default_model)};
  AddModelsRoutes(*router, dialect, dialects);
  flask::AddRoutes(*router, dialects);
  invocations::AddRoutes(*router, {.common = dialects,
                                   .draining = draining_,
                                   .csv_header = ToInstances(config_.dialects.csv_header),
                                   .server_version = std::string(kVersion)});
  admin::AddRoutes(*router, {.infer = *infer_,
                             .registry = registry_,
                             .metric_names = ToTelemetry(config_.dialects.metrics),
                             .draining = draining_,
                             .server_version = std::string(kVersion),
                             .engine = EnginesText()});
  reflection::AddMethods(*router, contracts);
  azureml::AddRoutes(*router, dialects, draining_, ToAzureml(config_));
  vertex::AddRoutes(
      *router, {.common = dialects, .draining = draining_},
      {.health_route = config_.vertex.health_route, .predict_route = config_.vertex.predict_route});
  openapi::AddRoutes(
      *router,
      std::array{flask::Components(), invocations::Components(), openinference::Components(),
                 tfserving::Components(), torchserve::Components(), vertex::Components()},
      kVersion);
  return router;
}

void Application::AddModelsRoutes(http::Router& router, ListenDialect dialect,
                                  const dialect::Services& dialects) {
  const auto repositories = RepositoriesOf(config_.models);
  const torchserve::ManagementServices services{.infer = *infer_,
                                                .models = *manager_,
                                                .repositories = repositories,
                                                .queue_size = config_.models.queue_size};
  torchserve::AddGrpcMethods(router,
                             {.common = dialects, .draining = draining_, .management = services});
  const bool sagemaker =
      dialect == ListenDialect::kDefault && config_.dialects.models == ModelsDialect::kSagemaker;
  if (sagemaker || dialect == ListenDialect::kSagemaker)
    sagemaker::AddMultiModelRoutes(
        router,
        {.infer = *infer_,
         .models = *manager_,
         .repositories = repositories,
         .access = config_.http.public_models ? http::Access::kInference : http::Access::kControl});
  else if (dialect == ListenDialect::kTorchserveManagement)
    torchserve::AddManagementRoutes(router, services);
  else
    torchserve::AddDescribingRoutes(router, services);
}

http::ServerOptions Application::MakeServerOptions() const {
  http::ServerOptions options;
  options.listeners = ToListeners(config_.http, certificates_.get(), routers_);
  options.threads = Or(config_.resources.io_threads, resources_.processors);
  options.limits = ToHttpLimits(config_, resources_);
  options.budget = body_memory_.budget;
  options.trusted_peers = config_.http.trusted_peers;
  options.allowed_hosts = config_.http.allowed_hosts;
  options.cors_origins = config_.http.cors_origins;
  options.grpc_compression = ToLevel(config_.http.grpc_compression);
  options.body_alignment = openinference::TensorOffset;
  options.on_handled = [infer = infer_.get()](int loop) { infer->RunGathered(loop); };
  options.on_finished = [self = const_cast<Application*>(this)](const http::Exchange& exchange,
                                                                int status, size_t bytes_out) {
    self->OnFinished(exchange, status, bytes_out);
  };
  return options;
}

void Application::OnFinished(const http::Exchange& exchange, int status, size_t bytes_out) {
  const http::Request& request = exchange.request();
  const Duration spent = clock_.Now() - request.received;
  http_metrics_->Record({.route = exchange.route(),
                         .method = NameOf(request.method),
                         .status = status,
                         .spent = spent,
                         .request_bytes = request.body.size(),
                         .response_bytes = bytes_out});
  if (!access_log_.load(std::memory_order_relaxed)) return;
  log::Info("request", {{"method", NameOf(request.method)},
                        {"target", request.target},
                        {"status", status},
                        {"us", std::chrono::duration<double, std::micro>(spent).count()},
                        {"bytes_in", request.body.size()},
                        {"bytes_out", bytes_out},
                        {"peer", request.peer},
                        {"client_certificate", request.client_certificate},
                        {"request_id", exchange.request_id()},
                        {"traceparent", request.header("traceparent").value_or("")}});
}

namespace {

void WarnOfUnmetChoices(const ModelsConfig& config, const lifecycle::ServingTable& table) {
  std::vector<repository::KnownModel> known;
  for (const auto& [name, entry] : table.models) {
    repository::KnownModel& model = known.emplace_back(repository::KnownModel{.name = name});
    for (const auto& version : entry->versions) model.versions.push_back(version.number);
    for (const auto& [alias, number] : entry->aliases) {
      model.aliases.push_back(alias);
      model.versions.push_back(number);  // is there, though perhaps not served
    }
  }
  for (const std::string& unmet : UnmetChoices(config, known))
    log::Warn("the configuration names what is not there", {{"why", unmet}});
}

}  // namespace

void Application::Start(std::function<void()> settled) {
  server_->Start();
  manager_->Start([this, models = config_.models, settled = std::move(settled)] {
    WarnOfUnmetChoices(models, *manager_->table().Get());
    settled();
  });
}

Status Application::CheckServing() const {
  const auto table = manager_->table().Get();
  const auto serves = [](const auto& model) { return !model.second->ready.empty(); };
  const bool expected = !table->models.empty() && config_.models.control == ModelControl::kNone;
  if (expected && std::ranges::none_of(table->models, serves))
    return Error(Reason::kBadModel, "not one model can be served; the reasons are above");
  return OkStatus();
}

void Application::Apply(const Config& config) {
  config_ = config;
  access_log_ = config.log.access;
  log::SetLevel(config.log.level);
  manager_->SetPollInterval(config.models.poll_interval);
  infer_->SetDefaultTimeout(config.models.request_timeout);
  const http::Limits limits = ToHttpLimits(config, resources_);
  server_->SetLimits(limits);
  SetBodyLimits(limits);
}

void Application::SetBodyLimits(const http::Limits& limits) {
  body_memory_.max_request_bytes = limits.max_body_bytes;
  body_memory_.max_buffered_bytes = limits.max_buffered_bytes;
}

void Application::RefreshCertificates() {
  if (certificates_) certificates_->Refresh();
}

void Application::ReloadCertificates() {
  if (certificates_) certificates_->Reload();
}

void Application::WakeLoops() {
  server_->PostToLoops([this](int loop) {
    infer_->Table(loop);
    health_watches_->LookAgain(loop);
  });
}

bool Application::Drain() {
  draining_ = true;
  WakeLoops();
  manager_->BeginStop();
  return server_->Drain(config_.limits.drain_limit);
}

bool Application::LoadsHaveEnded() {
  // What a probe that was given up needs to end.
  constexpr std::chrono::milliseconds kMoment(500);
  return manager_->WaitUntilStopped(std::min(kMoment, config_.limits.drain_limit));
}

std::string Application::Address() const {
  const std::string address = server_->addresses().front();
  if (address.starts_with("unix:")) return address;
  return (ToListeners(config_.http, certificates_.get(), routers_).front().tls ? "https://"
                                                                               : "http://") +
         address;
}

std::vector<std::string> Application::FurtherAddresses() const {
  auto addresses = server_->addresses();
  addresses.erase(addresses.begin());
  return addresses;
}

std::string Application::SampleCommand() const {
  return admin::SampleCommand(*manager_->table().Get(), Address());
}

}  // namespace slipway::server
