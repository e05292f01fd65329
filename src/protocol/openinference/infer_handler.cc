#include "protocol/openinference/infer_handler.h"

#include <algorithm>

#include "protocol/openinference/grpc_request_reader.h"
#include "protocol/openinference/grpc_response_writer.h"
#include "protocol/openinference/parameters.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/response_writer.h"
#include "routing/resolver.h"

namespace slipway::openinference {
namespace {

Status ReadHttp(const http::Exchange& exchange, const lifecycle::ServingTable& table,
                InferRequest& request, SharedTensors* shared) {
  request.model = exchange.params()["model"];
  request.version = exchange.params()["version"];
  const http::Request& from = exchange.request();
  const auto header = from.header(kJsonSizeHeader);
  ASSIGN_OR_RETURN(const size_t json_size, JsonSize(header, from.body.size()));
  if (!header || json_size > 0) return ReadRequest(from.body, json_size, request, shared);
  ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, request.model, request.version));
  return ReadRawRequest(from.body, (*version)->signature, (*version)->batched, request);
}

Status ReadGrpc(const http::Exchange& exchange, const lifecycle::ServingTable&,
                InferRequest& request, SharedTensors* shared) {
  return ReadInferMessage(exchange.request().body, request, shared);
}

Status WriteHttp(const InferRequest& request, const InferResponse& answer,
                 http::Response& response) {
  return WriteResponse(request, answer, response);
}

}  // namespace

const InferFormat kHttpInfer = {ReadHttp, WriteHttp};
const InferFormat kGrpcInfer = {ReadGrpc, WriteInferMessage};

void AnswerAsMlserver(InferResponse& answer) {
  answer.content_type = "np";
  for (NamedTensor& output : answer.outputs)
    if (output.tensor.shape.size() == 1) output.tensor.shape.push_back(1);
}

namespace {

/// What KServe's servers call the outputs that are given unasked: "output-0", "output-1", …. Others
/// keep their names.
std::string KserveNameOf(const Signature& signature, std::string_view output) {
  size_t place = 0;
  for (const TensorSpec& spec : signature.outputs) {
    if (spec.name == output && !spec.on_request) return fmt::format("output-{}", place);
    if (!spec.on_request) ++place;
  }
  return std::string(output);
}

/// `"output-0" or "predict", "output-1" or "label", "predict_proba"`
std::string KserveNames(const Signature& signature) {
  constexpr size_t kListed = 20;
  std::string names;
  for (size_t i = 0; i < signature.outputs.size(); ++i) {
    if (i == kListed) return fmt::format("{} and {} more", names, signature.outputs.size() - i);
    const std::string& name = signature.outputs[i].name;
    if (i > 0) names += ", ";
    if (!signature.outputs[i].on_request)
      names += fmt::format("\"{}\" or ", KserveNameOf(signature, name));
    names += fmt::format("\"{}\"", std::string_view(name).substr(0, 60));
  }
  return names;
}

}  // namespace

void AnswerAsKserve(const Signature& signature, InferResponse& answer) {
  for (NamedTensor& output : answer.outputs) output.name = KserveNameOf(signature, output.name);
}

Status AskAsKserve(const Signature& signature, InferRequest& request) {
  for (RequestedOutput& asked : request.outputs) {
    const auto known = std::ranges::find_if(signature.outputs, [&](const TensorSpec& spec) {
      return KserveNameOf(signature, spec.name) == asked.name;
    });
    if (known != signature.outputs.end())
      asked.name = known->name;
    else if (!IndexOf(signature.outputs, asked.name))
      return Error(Reason::kBadRequest, "output \"{}\": expected {}", asked.name.substr(0, 60),
                   KserveNames(signature));
  }
  return OkStatus();
}

void InferHandler::operator()(http::Exchange& exchange) {
  calls_.Run(exchange, [&](InferCall& call) {
    call.format = &format_;
    call.habit = habit_;
    RETURN_IF_ERROR(format_.read(exchange, infer_.Table(exchange.loop()), call.request,
                                 shared_memory_ != nullptr ? &call.shared : nullptr));
    if (habit_ == Habit::kKserve && !call.request.outputs.empty()) {
      ASSIGN_OR_RETURN(const auto* version,
                       routing::Resolve(infer_.Table(exchange.loop()), call.request.model,
                                        call.request.version));
      RETURN_IF_ERROR(AskAsKserve((*version)->signature, call.request));
    }
    return call.shared.empty() ? OkStatus() : call.shared.Fetch(*shared_memory_, call.request);
  });
}

size_t TensorOffset(const http::Request& request) {
  const auto header = request.header(kJsonSizeHeader);
  if (!header) return 0;
  return JsonSize(header, SIZE_MAX).value_or(0);
}

}  // namespace slipway::openinference
