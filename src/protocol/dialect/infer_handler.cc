#include "protocol/dialect/infer_handler.h"

#include <utility>

#include "routing/resolver.h"

namespace slipway::dialect {

InferHandler::InferHandler(const Services& services, std::shared_ptr<const BodyFormat> format)
    : infer_(services.infer),
      default_model_(services.default_model),
      format_(std::move(format)),
      calls_(services.infer, services.loops) {}

void InferHandler::operator()(http::Exchange& exchange) {
  calls_.Run(exchange, [&](Call& call) {
    call.format = format_.get();
    return Read(exchange, call.request);
  });
}

Status InferHandler::Read(http::Exchange& exchange, InferRequest& request) const {
  const auto& table = infer_.Table(exchange.loop());
  ASSIGN_OR_RETURN(Target target, TargetOf(exchange, table, default_model_));
  request.model = std::move(target.model);
  request.version = std::move(target.version);
  ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, request.model, request.version));
  return format_->Read(exchange.request(), **version, request);
}

http::Handler MakeInferHandler(const Services& services, std::shared_ptr<const BodyFormat> format) {
  const auto handler = std::make_shared<InferHandler>(services, std::move(format));
  return [handler](http::Exchange& exchange) { (*handler)(exchange); };
}

}  // namespace slipway::dialect
