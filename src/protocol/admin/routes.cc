#include "protocol/admin/routes.h"

#include <algorithm>
#include <map>

#include "protocol/admin/page.h"
#include "protocol/admin/sample.h"

namespace slipway::admin {
namespace {

using http::Access;
using http::Exchange;
using http::Method;
using lifecycle::ModelEntry;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;

using Example = decltype(ServedVersion::examples)::value_type;

/// The first example that is not all zeros, for that says little; else the first; null when there
/// is none.
const Example* LivelyExample(const ServedVersion& version) {
  const auto lively = [](const Example& example) {
    return std::ranges::any_of(example.inputs, [](const NamedTensor& input) {
      return std::ranges::any_of(input.tensor.data.bytes(),
                                 [](std::byte b) { return b != std::byte{0}; });
    });
  };
  const auto found = std::ranges::find_if(version.examples, lively);
  if (found != version.examples.end()) return &*found;
  return version.examples.empty() ? nullptr : &version.examples.front();
}

std::string SampleFor(const ServedVersion& version, bool is_default, std::string_view address) {
  const auto* example = LivelyExample(version);
  return SampleCommand(
      {.address = address,
       .model = version.name.str(),
       .version = is_default ? std::string_view() : version.version},
      version.signature,
      example != nullptr ? std::span(example->inputs) : std::span<const NamedTensor>(),
      version.batched);
}

PageTraffic TrafficOf(const ModelMetrics& metrics) {
  const auto numbers = metrics.Snapshot();
  PageTraffic traffic;
  traffic.succeeded = numbers.of(Phase::kRequest).count;
  traffic.p50_ns = numbers.latency(Phase::kRequest).QuantileNs(0.5);
  traffic.p99_ns = numbers.latency(Phase::kRequest).QuantileNs(0.99);
  for (const uint64_t failures : numbers.failures) traffic.failed += failures;
  return traffic;
}

PageVersion Describe(const ModelEntry& model, const lifecycle::VersionStatus& status,
                     std::string_view address) {
  PageVersion page{.version = status.number.str(),
                   .state = std::string(NameOf(status.state)),
                   .reason = status.reason};
  for (const auto& [alias, number] : model.aliases)
    if (number == status.number) page.aliases.push_back(alias);
  const auto* handle = model.Find(status.number);
  if (handle == nullptr) return page;
  const ServedVersion& version = **handle;
  const bool is_default = model.ready.back() == *handle;
  if (is_default) page.aliases.emplace_back(kLatestAlias);
  page.platform = version.platform;
  page.digest = version.digest;
  page.signature = version.signature;
  page.curl = SampleFor(version, is_default, address);
  page.traffic = TrafficOf(*version.metrics);
  return page;
}

PageData Describe(const ServingTable& table, const Services& services, std::string_view address) {
  PageData page{.server_version = services.server_version, .engine = services.engine};
  page.status = services.draining ? "draining" : table.settled ? "ready" : "starting";
  const std::map<std::string, std::shared_ptr<const ModelEntry>> sorted(table.models.begin(),
                                                                        table.models.end());
  for (const auto& [name, model] : sorted) {
    PageModel& entry = page.models.emplace_back(PageModel{.name = name, .problem = model->problem});
    for (auto version = model->versions.rbegin(); version != model->versions.rend(); ++version)
      entry.versions.push_back(Describe(*model, *version, address));
  }
  return page;
}

/// How the client reached us is the address that works for it; the host was checked by the
/// transport.
std::string AddressOf(const Exchange& exchange) {
  const http::Request& request = exchange.request();
  return fmt::format("{}://{}", request.is_secure ? "https" : "http",
                     request.host.empty() ? "127.0.0.1:8080" : request.host);
}

http::Contract Gives(std::string_view type) {
  return {.dialects = {"Slipway"}, .gives = {{200, {{type}}}}};
}

}  // namespace

void AddRoutes(http::Router& router, const Services& services) {
  router.Add({Method::kGet, "/", Access::kHealth,
              [services](Exchange& exchange) {
                auto& response = exchange.response();
                response.content_type = "text/html; charset=utf-8";
                response.AddHeader("Content-Security-Policy", PageSecurityPolicy());
                response.AddHeader("X-Content-Type-Options", "nosniff");
                response.AddHeader("Referrer-Policy", "no-referrer");
                response.AddHeader("Cache-Control", "no-store");
                response.body = RenderPage(
                    Describe(services.infer.Table(exchange.loop()), services, AddressOf(exchange)));
                exchange.Send();
              },
              "The models on one page, with a curl line for each.", Gives("text/html")});
  const auto add_scrape = [&](std::string path, MetricNames names, std::string summary) {
    router.Add({Method::kGet, std::move(path), Access::kHealth,
                [services, names](Exchange& exchange) {
                  exchange.response().content_type = Registry::kContentType;
                  exchange.response().body = services.registry.Scrape(names);
                  exchange.Send();
                },
                std::move(summary), Gives("text/plain")});
  };
  add_scrape("/metrics", services.metric_names, "Metrics in the Prometheus text format.");
  // Apart, because Triton's names break the rules of naming that `promtool check metrics` checks.
  add_scrape("/metrics/triton", MetricNames::kTriton, "The same, with Triton's nv_ names.");
  add_scrape("/monitoring/prometheus/metrics", MetricNames::kTfserving,
             "The same, with TensorFlow Serving's names, where it has them.");
  router.Add({Method::kGet, "/healthz", Access::kHealth,
              [](Exchange& exchange) {
                exchange.response().content_type = "text/plain";
                exchange.response().body = "ok\n";
                exchange.Send();
              },
              "The process works.", Gives("text/plain")});
}

std::string SampleCommand(const ServingTable& table, std::string_view address) {
  const ModelEntry* first = nullptr;
  for (const auto& [name, model] : table.models)
    if (!model->ready.empty() && (first == nullptr || name < first->name)) first = model.get();
  return first == nullptr ? "" : SampleFor(*first->ready.back(), true, address);
}

}  // namespace slipway::admin
