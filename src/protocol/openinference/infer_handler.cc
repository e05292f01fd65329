#include "protocol/openinference/infer_handler.h"

#include "base/log.h"
#include "protocol/openinference/grpc_request_reader.h"
#include "protocol/openinference/grpc_response_writer.h"
#include "protocol/openinference/parameters.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/response_writer.h"
#include "routing/resolver.h"
#include "telemetry/trace.h"
#include "transport/grpc/unary.h"

namespace slipway::openinference {
namespace {

Status ReadHttp(const http::Exchange& exchange, const lifecycle::ServingTable& table,
                InferRequest& request) {
  request.model = exchange.params()["model"];
  request.version = exchange.params()["version"];
  const http::Request& from = exchange.request();
  const auto header = from.header(kJsonSizeHeader);
  ASSIGN_OR_RETURN(const size_t json_size, JsonSize(header, from.body.size()));
  if (!header || json_size > 0) return ReadRequest(from.body, json_size, request);
  ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, request.model, request.version));
  return ReadRawRequest(from.body, (*version)->signature, (*version)->batched, request);
}

Status ReadGrpc(const http::Exchange& exchange, const lifecycle::ServingTable&,
                InferRequest& request) {
  RETURN_IF_ERROR(ReadInferMessage(exchange.request().body, request));
  ASSIGN_OR_RETURN(const auto timeout, grpc::Timeout(exchange.request()));
  if (timeout) SetTimeout(*timeout, request.context);
  return OkStatus();
}

Status WriteHttp(const InferRequest& request, const InferResponse& answer,
                 http::Response& response) {
  return WriteResponse(request, answer, response);
}

}  // namespace

const InferFormat kHttpInfer = {ReadHttp, WriteHttp};
const InferFormat kGrpcInfer = {ReadGrpc, WriteInferMessage};

class InferHandler::Call final : public routing::InferCall {
 public:
  explicit Call(const InferFormat& format) : format_(format) {}

  void Begin(http::Exchange& exchange) {
    Reset();
    exchange_ = &exchange;
    request.context.received = exchange.request().received;
    if (const auto header = exchange.request().header("traceparent"))
      if (const auto parent = TraceContext::Parse(*header)) request.context.trace = parent->Child();
  }

  std::shared_ptr<const std::atomic<bool>> Detach() override {
    held_ = exchange_->Defer();
    return exchange_->cancelled();
  }

  Status Done(const Status& status, const lifecycle::ServedVersion* version) override {
    http::Response& answer = exchange_->response();
    const Status told = status.ok() ? format_.write(request, response, answer) : status;
    if (!told.ok()) {
      LogFailure(told, version);
      http::RespondWithError(told, exchange_->request_id(), answer);
    }
    if (request.context.trace.valid())
      answer.AddHeader("traceparent", request.context.trace.ToString());
    exchange_->Send();
    exchange_ = nullptr;
    held_.reset();
    return told;
  }

 private:
  void LogFailure(const Status& why, const lifecycle::ServedVersion* version) const {
    log::Debug(
        "request refused",
        {{"model", version != nullptr ? version->name.str() : request.model},
         {"version", version != nullptr ? version->version : request.version},
         {"reason", InfoOf(ReasonOf(why)).label},
         {"error", MessageOf(why)},
         {"request_id", exchange_->request_id()},
         {"traceparent", request.context.trace.valid() ? request.context.trace.ToString() : ""}});
  }

  const InferFormat& format_;
  http::Exchange* exchange_ = nullptr;
  std::shared_ptr<http::Exchange> held_;  // once the call has left its I/O thread
};

InferHandler::InferHandler(const Services& services, const InferFormat& format)
    : infer_(services.infer), format_(format), loops_(static_cast<size_t>(services.loops)) {}

InferHandler::~InferHandler() = default;

void InferHandler::operator()(http::Exchange& exchange) {
  const int loop = exchange.loop();
  std::unique_ptr<Call>& spare = loops_[static_cast<size_t>(loop)].spare;
  auto call = spare ? std::move(spare) : std::make_unique<Call>(format_);
  call->Begin(exchange);
  const Status read = format_.read(exchange, infer_.Table(loop), call->request);
  if (!read.ok()) {
    infer_.Refuse(loop, *call, read);
    spare = std::move(call);
    return;
  }
  if (auto back = infer_.Infer(loop, std::move(call)))
    spare.reset(static_cast<Call*>(back.release()));
}

size_t TensorOffset(const http::Request& request) {
  const auto header = request.header(kJsonSizeHeader);
  if (!header) return 0;
  return JsonSize(header, SIZE_MAX).value_or(0);
}

}  // namespace slipway::openinference
