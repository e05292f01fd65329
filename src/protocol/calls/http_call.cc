#include "protocol/calls/http_call.h"

#include "base/log.h"
#include "telemetry/trace.h"

namespace slipway {

void HttpCall::Begin(http::Exchange& exchange) {
  exchange_ = &exchange;
  more_follow = exchange.MoreFollow();
  request.context.received = exchange.request().received;
  request.context.deadline = exchange.request().deadline;
  if (const auto header = exchange.request().header("traceparent"))
    if (const auto parent = TraceContext::Parse(*header)) request.context.trace = parent->Child();
}

std::shared_ptr<const std::atomic<bool>> HttpCall::Detach() {
  held_ = exchange_->Defer();
  return exchange_->cancelled();
}

Status HttpCall::Done(const Status& status, const lifecycle::ServedVersion* version) {
  http::Response& answer = exchange_->response();
  const Status told = status.ok() ? Write(*version, answer) : status;
  if (!told.ok()) {
    LogFailure(told, version);
    answer.Clear();
    WriteError(told, version, answer);
  }
  if (request.context.trace.valid())
    answer.AddHeader("traceparent", request.context.trace.ToString());
  exchange_->Send();
  exchange_ = nullptr;
  held_.reset();
  return told;
}

void HttpCall::WriteError(const Status& why, const lifecycle::ServedVersion* version,
                          http::Response& answer) {
  http::RespondWithError(why, exchange_->request_id(), answer);
}

void HttpCall::LogFailure(const Status& why, const lifecycle::ServedVersion* version) const {
  log::Debug(
      "request refused",
      {{"model", version != nullptr ? version->name.str() : request.model},
       {"version", version != nullptr ? version->version : request.version},
       {"reason", InfoOf(ReasonOf(why)).label},
       {"error", MessageOf(why)},
       {"request_id", exchange_->request_id()},
       {"traceparent", request.context.trace.valid() ? request.context.trace.ToString() : ""}});
}

}  // namespace slipway
