#include "protocol/dialect/infer_handler.h"

#include <utility>

#include "protocol/calls/http_call.h"
#include "routing/resolver.h"

namespace slipway::dialect {
namespace {

class FormattedCall final : public HttpCall {
 public:
  const BodyFormat* format = nullptr;

 private:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
    const Status written = format->Write(exchange().request(), request, response, version, answer);
    if (!written.ok()) answer.Clear();
    return written;
  }
};

class InferHandler {
 public:
  InferHandler(const Services& services, std::shared_ptr<const BodyFormat> format)
      : infer_(services.infer),
        default_model_(services.default_model),
        format_(std::move(format)),
        runner_(services.infer, services.loops) {}

  void operator()(http::Exchange& exchange) {
    runner_.Run(exchange, [this](FormattedCall& call) { return Read(call); });
  }

 private:
  Status Read(FormattedCall& call) const {
    http::Exchange& exchange = call.exchange();
    call.format = format_.get();
    const auto& table = infer_.Table(exchange.loop());
    ASSIGN_OR_RETURN(auto target, TargetOf(exchange, table, default_model_));
    call.request.model = std::move(target.model);
    call.request.version = std::move(target.version);
    ASSIGN_OR_RETURN(const auto* version,
                     routing::Resolve(table, call.request.model, call.request.version));
    return format_->Read(exchange.request(), **version, call.request);
  }

  routing::InferService& infer_;
  Target default_model_;
  std::shared_ptr<const BodyFormat> format_;
  CallRunner<FormattedCall> runner_;
};

}  // namespace

http::Handler MakeInferHandler(const Services& services, std::shared_ptr<const BodyFormat> format) {
  const auto handler = std::make_shared<InferHandler>(services, std::move(format));
  return [handler](http::Exchange& exchange) { (*handler)(exchange); };
}

}  // namespace slipway::dialect
