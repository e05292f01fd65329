#include "protocol/vertex/routes.h"

#include <memory>

#include "protocol/calls/http_call.h"
#include "protocol/instances/rows.h"
#include "protocol/vertex/request_reader.h"
#include "routing/resolver.h"

namespace slipway::vertex {
namespace {

using http::Access;
using http::Exchange;
using http::Method;

class PredictCall final : public HttpCall {
 protected:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
    answer.body = "{\"predictions\":";
    const Status written = instances::AppendRows(response.outputs, {}, answer.body);
    if (written.ok())
      answer.body += '}';
    else
      answer.body.clear();
    return written;
  }
};

class PredictHandler {
 public:
  PredictHandler(const Services& services, std::string model)
      : infer_(services.infer), calls_(services.infer, services.loops), model_(std::move(model)) {}

  void operator()(Exchange& exchange) {
    calls_.Run(exchange, [&](PredictCall& call) -> Status {
      const auto& table = infer_.Table(exchange.loop());
      call.request.model = model_;
      if (model_.empty()) {
        ASSIGN_OR_RETURN(call.request.model, routing::OnlyModel(table));
      }
      ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, call.request.model, ""));
      return ReadPredictRequest(exchange.request().body_text(), (*version)->signature,
                                call.request);
    });
  }

 private:
  routing::InferService& infer_;
  CallRunner<PredictCall> calls_;
  const std::string model_;
};

}  // namespace

void AddRoutes(http::Router& router, const Services& services, const Options& options) {
  if (!options.health_route.empty())
    router.Replace({Method::kGet, options.health_route, Access::kHealth,
                    [services](Exchange& exchange) {
                      const bool ready = services.infer.Table(exchange.loop()).settled &&
                                         !services.draining.load(std::memory_order_relaxed);
                      exchange.response().status = ready ? 200 : 503;
                      exchange.response().body = ready ? R"({"ready":true})" : R"({"ready":false})";
                      exchange.Send();
                    },
                    "Models are loaded and the server is not draining (Vertex AI)."});
  if (!options.predict_route.empty())
    router.Replace({Method::kPost, options.predict_route, Access::kInference,
                    [predict = std::make_shared<PredictHandler>(services, options.model)](
                        Exchange& exchange) { (*predict)(exchange); },
                    "Runs the model on instances (Vertex AI)."});
}

}  // namespace slipway::vertex
