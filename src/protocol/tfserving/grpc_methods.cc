#include "protocol/tfserving/grpc_methods.h"

#include <memory>

#include "protocol/calls/http_call.h"
#include "protocol/tfserving/infer_handler.h"
#include "protocol/tfserving/metadata_message.h"
#include "protocol/tfserving/model_handlers.h"
#include "protocol/tfserving/predict_message.h"
#include "protocol/tfserving/reload_message.h"
#include "routing/resolver.h"
#include "transport/grpc/unary.h"

namespace slipway::tfserving {
namespace {

using http::Access;
using http::Exchange;

constexpr std::string_view kPrediction = "/tensorflow.serving.PredictionService/";
constexpr std::string_view kModel = "/tensorflow.serving.ModelService/";

class PredictCall final : public Call {
 public:
  Status Read(const BodyMemory& memory) {
    RepeatedBytes repeated(memory, charge);
    return ReadPredictMessage(exchange().request().body, request, repeated);
  }

 protected:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
    WritePredictMessage(version, response, answer);
    return OkStatus();
  }
};

Status TellMetadata(const lifecycle::ServingTable& table, std::string_view request,
                    std::string& out) {
  ASSIGN_OR_RETURN(const ModelSpec spec, ReadMetadataRequest(request));
  ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, spec.name, spec.version));
  WriteMetadataMessage(**version, out);
  return OkStatus();
}

Status TellStatus(const lifecycle::ServingTable& table, std::string_view request,
                  std::string& out) {
  ASSIGN_OR_RETURN(const ModelSpec spec, ReadStatusRequest(request));
  ASSIGN_OR_RETURN(const auto versions, FindVersions(table, spec.name, spec.version));
  WriteStatusMessage(versions, out);
  return OkStatus();
}

void Reload(const Services& services, Exchange& exchange) {
  auto models = ReadReloadRequest(exchange.request().body_text(), services.repositories);
  if (!models.ok()) return http::Refuse(exchange, models.status());
  services.models.Serve(*std::move(models), [held = exchange.Defer()](const Status& served) {
    if (!served.ok()) return http::Refuse(*held, served);
    WriteReloadAnswer(held->response().body);
    grpc::Reply(*held);
  });
}

}  // namespace

void AddGrpcMethods(http::Router& router, const Services& services) {
  const auto path = [](std::string_view service, std::string_view method) {
    return fmt::format("{}{}", service, method);
  };
  const auto predict = std::make_shared<CallRunner<PredictCall>>(services.infer, services.loops);
  grpc::AddUnary(
      router, path(kPrediction, "Predict"), Access::kInference,
      [predict, &memory = services.memory](Exchange& exchange) {
        predict->Run(exchange, [&](PredictCall& call) { return call.Read(memory); });
      },
      "Runs the model on tensors.");
  using Tell = Status (*)(const lifecycle::ServingTable&, std::string_view, std::string&);
  const auto tell = [&](std::string method, Tell answer, std::string summary) {
    grpc::AddUnary(
        router, std::move(method), Access::kHealth,
        [&infer = services.infer, answer](Exchange& exchange) {
          const Status told = answer(infer.Table(exchange.loop()), exchange.request().body_text(),
                                     exchange.response().body);
          told.ok() ? grpc::Reply(exchange) : http::Refuse(exchange, told);
        },
        std::move(summary));
  };
  tell(path(kPrediction, "GetModelMetadata"), TellMetadata, "Inputs and outputs.");
  tell(path(kModel, "GetModelStatus"), TellStatus, "The model's versions and their states.");
  grpc::AddUnary(
      router, path(kModel, "HandleReloadConfigRequest"), Access::kControl,
      [shared = std::make_shared<const Services>(services)](Exchange& exchange) {
        Reload(*shared, exchange);
      },
      "Serves these models and no others (--model-control=explicit).");
}

}  // namespace slipway::tfserving
