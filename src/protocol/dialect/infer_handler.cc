#include "protocol/dialect/infer_handler.h"

#include <utility>

#include "base/log.h"
#include "routing/resolver.h"
#include "telemetry/trace.h"

namespace slipway::dialect {

class InferHandler::Call final : public routing::InferCall {
 public:
  explicit Call(const BodyFormat& format) : format_(format) {}

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
    const Status told =
        status.ok() ? format_.Write(exchange_->request(), request, response, *version, answer)
                    : status;
    if (!told.ok()) {
      log::Debug("request refused", {{"model", request.model},
                                     {"version", request.version},
                                     {"reason", InfoOf(ReasonOf(told)).label},
                                     {"error", MessageOf(told)},
                                     {"request_id", exchange_->request_id()}});
      answer.Clear();
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
  const BodyFormat& format_;
  http::Exchange* exchange_ = nullptr;
  std::shared_ptr<http::Exchange> held_;  // once the call has left its I/O thread
};

InferHandler::InferHandler(const Services& services, std::shared_ptr<const BodyFormat> format)
    : infer_(services.infer),
      default_model_(services.default_model),
      format_(std::move(format)),
      loops_(static_cast<size_t>(services.loops)) {}

InferHandler::~InferHandler() = default;

void InferHandler::operator()(http::Exchange& exchange) {
  auto target = TargetOf(exchange, infer_.Table(exchange.loop()), default_model_);
  if (!target.ok()) {
    http::RespondWithError(target.status(), exchange.request_id(), exchange.response());
    return exchange.Send();
  }
  std::unique_ptr<Call>& spare = loops_[static_cast<size_t>(exchange.loop())].spare;
  auto call = spare ? std::move(spare) : std::make_unique<Call>(*format_);
  call->Begin(exchange);
  call->request.model = std::move(target->model);
  call->request.version = std::move(target->version);
  if (const Status read = Read(exchange, call->request); !read.ok()) {
    infer_.Refuse(exchange.loop(), *call, read);
    spare = std::move(call);
    return;
  }
  if (auto back = infer_.Infer(exchange.loop(), std::move(call)))
    spare.reset(static_cast<Call*>(back.release()));
}

Status InferHandler::Read(http::Exchange& exchange, InferRequest& request) {
  const auto& table = infer_.Table(exchange.loop());
  ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, request.model, request.version));
  return format_->Read(exchange.request(), **version, request);
}

http::Handler MakeInferHandler(const Services& services, std::shared_ptr<const BodyFormat> format) {
  const auto handler = std::make_shared<InferHandler>(services, std::move(format));
  return [handler](http::Exchange& exchange) { (*handler)(exchange); };
}

}  // namespace slipway::dialect
