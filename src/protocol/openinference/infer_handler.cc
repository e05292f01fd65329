#include "protocol/openinference/infer_handler.h"

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

void InferHandler::operator()(http::Exchange& exchange) {
  calls_.Run(exchange, [&](InferCall& call) {
    call.format = &format_;
    call.habit = habit_;
    RETURN_IF_ERROR(format_.read(exchange, infer_.Table(exchange.loop()), call.request,
                                 shared_memory_ != nullptr ? &call.shared : nullptr));
    return call.shared.empty() ? OkStatus() : call.shared.Fetch(*shared_memory_, call.request);
  });
}

size_t TensorOffset(const http::Request& request) {
  const auto header = request.header(kJsonSizeHeader);
  if (!header) return 0;
  return JsonSize(header, SIZE_MAX).value_or(0);
}

}  // namespace slipway::openinference
