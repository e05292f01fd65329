#include "protocol/torchserve/grpc_methods.h"

#include <torchserve/management.pb.h>

#include <memory>

#include "protobuf/message_writer.h"
#include "protobuf/parse.h"
#include "protocol/calls/http_call.h"
#include "protocol/dialect/health.h"
#include "protocol/torchserve/prediction_handler.h"
#include "protocol/torchserve/prediction_message.h"
#include "protocol/torchserve/prediction_reader.h"
#include "protocol/torchserve/prediction_writer.h"
#include "routing/resolver.h"
#include "transport/grpc/streaming.h"
#include "transport/grpc/unary.h"

namespace slipway::torchserve {
namespace {

namespace messages = org::pytorch::serve::grpc::management;
using http::Access;
using http::Exchange;

constexpr std::string_view kInference = "/org.pytorch.serve.grpc.inference.InferenceAPIsService/";
constexpr std::string_view kManagement =
    "/org.pytorch.serve.grpc.management.ManagementAPIsService/";
constexpr uint32_t kText = 1;  // the field of every answer

std::string Path(std::string_view service, std::string_view method) {
  return fmt::format("{}{}", service, method);
}

class PredictionsCall final : public HttpCall {
 public:
  Status Read(const lifecycle::ServingTable& table) {
    ASSIGN_OR_RETURN(PredictionMessage message,
                     ReadPredictionMessage(exchange().request().body_text()));
    request.model = std::move(message.model);
    request.version = PlainVersion(message.version);
    ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, request.model, request.version));
    ASSIGN_OR_RETURN(form_, ReadParts(message.input, **version, request));
    return OkStatus();
  }

 private:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
    protobuf::MessageWriter writer(answer.body);
    const size_t prediction = writer.Begin(kText);
    RETURN_IF_ERROR(WritePredictions(response.outputs, version.signature, form_, answer.body));
    writer.End(prediction);
    return OkStatus();
  }

  Form form_ = Form::kRows;
};

/// Fails at once, before the client has said anything.
class NoReader final : public http::StreamReader {
  bool OnMessage(std::shared_ptr<const std::string>) override { return true; }
  void OnHalfClose() override {}
  void OnEnd() override {}
  bool Idle() const override { return true; }
};

void AddInferenceMethods(http::Router& router, const dialect::Services& services,
                         const std::atomic<bool>& draining) {
  grpc::AddUnary(
      router, Path(kInference, "Ping"), Access::kHealth,
      [services, &draining](Exchange& exchange) {
        std::string health;
        dialect::WriteHealth(dialect::IsHealthy(services.infer.Table(exchange.loop()), draining,
                                                services.default_model),
                             health);
        protobuf::MessageWriter(exchange.response().body).Bytes(kText, health);
        grpc::Reply(exchange);
      },
      "Requests may come.");
  const auto calls = std::make_shared<CallRunner<PredictionsCall>>(services.infer, services.loops);
  // A prediction is one message, in a stream too.
  for (const std::string_view method : {"Predictions", "StreamPredictions"})
    grpc::AddUnary(
        router, Path(kInference, method), Access::kInference,
        [calls, &infer = services.infer](Exchange& exchange) {
          calls->Run(exchange, [&](PredictionsCall& call) {
            return call.Read(infer.Table(call.exchange().loop()));
          });
        },
        "Runs the model on rows or files.");
  grpc::AddStreaming(
      router, Path(kInference, "StreamPredictions2"), Access::kInference,
      [](Exchange&, std::shared_ptr<http::StreamWriter> writer) {
        writer->Finish(Error(Reason::kNotOffered, "not offered: sequences"));
        return std::make_unique<NoReader>();
      },
      "Not offered: sequences.");
}

void Answer(Exchange& exchange, const StatusOr<std::string>& text) {
  if (!text.ok()) return http::Refuse(exchange, text.status());
  protobuf::MessageWriter(exchange.response().body).Bytes(kText, *text);
  grpc::Reply(exchange);
}

/// Answers when a load or unload is done.
Management::Done Later(Exchange& exchange) {
  return [held = exchange.Defer()](const StatusOr<std::string>& done) { Answer(*held, done); };
}

void List(const Management& management, Exchange& exchange,
          const messages::ListModelsRequest& request) {
  std::string page;
  dialect::WriteModelPage(management.TableFor(exchange.loop()),
                          {request.limit(), request.next_page_token()}, page);
  Answer(exchange, page);
}

void Describe(const Management& management, Exchange& exchange,
              const messages::DescribeModelRequest& request) {
  std::string text;
  const Status described = management.Describe(management.TableFor(exchange.loop()),
                                               request.model_name(), request.model_version(), text);
  described.ok() ? Answer(exchange, text) : http::Refuse(exchange, described);
}

void Register(const Management& management, Exchange& exchange,
              const messages::RegisterModelRequest& request) {
  management.Register(management.TableFor(exchange.loop()), {request.model_name(), request.url()},
                      Later(exchange));
}

void Scale(const Management& management, Exchange& exchange,
           const messages::ScaleWorkerRequest& request) {
  // What is not above 0 was not said, as TorchServe has it.
  const int min = request.min_worker() > 0 ? request.min_worker() : 1;
  const int max = request.max_worker() > 0 ? request.max_worker() : min;
  Answer(exchange, management.Scale(management.TableFor(exchange.loop()), request.model_name(),
                                    request.model_version(), {min, max}));
}

void Unregister(const Management& management, Exchange& exchange,
                const messages::UnregisterModelRequest& request) {
  management.Unregister(management.TableFor(exchange.loop()), request.model_name(),
                        request.model_version(), Later(exchange));
}

void SetDefault(const Management& management, Exchange& exchange,
                const messages::SetDefaultRequest& request) {
  management.SetDefault(management.TableFor(exchange.loop()), request.model_name(),
                        request.model_version(), Later(exchange));
}

class ManagementAdder {
 public:
  ManagementAdder(http::Router& router, ManagementServices services)
      : router_(router), management_(std::make_shared<const Management>(std::move(services))) {}

  template <typename Request>
  void Add(std::string_view method, Access access,
           void (*handle)(const Management&, Exchange&, const Request&), std::string summary) {
    grpc::AddUnary(
        router_, Path(kManagement, method), access,
        [management = management_, handle](Exchange& exchange) {
          Request request;
          const Status parsed = protobuf::Parse(exchange.request().body, request);
          if (!parsed.ok()) return http::Refuse(exchange, parsed);
          handle(*management, exchange, request);
        },
        std::move(summary));
  }

 private:
  http::Router& router_;
  const std::shared_ptr<const Management> management_;
};

}  // namespace

void AddGrpcMethods(http::Router& router, GrpcServices services) {
  AddInferenceMethods(router, services.common, services.draining);
  ManagementAdder adder(router, std::move(services.management));
  adder.Add("ListModels", Access::kHealth, List, "The loaded models, a page at a time.");
  adder.Add("DescribeModel", Access::kHealth, Describe,
            "The model, a version of it or \"all\" of them.");
  adder.Add("RegisterModel", Access::kControl, Register,
            "Loads a model of a repository (--model-control=explicit).");
  adder.Add("ScaleWorker", Access::kControl, Scale,
            "Tells how many runs the model may have at once.");
  adder.Add("UnregisterModel", Access::kControl, Unregister,
            "Unloads a model, or a version of it (--model-control=explicit).");
  adder.Add("SetDefault", Access::kControl, SetDefault,
            "Makes a version the default one (--model-control=explicit).");
}

}  // namespace slipway::torchserve
