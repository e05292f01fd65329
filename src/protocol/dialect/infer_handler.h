#pragma once
#include <memory>

#include "protocol/calls/http_call.h"
#include "protocol/dialect/body_format.h"
#include "protocol/dialect/target.h"
#include "routing/infer_service.h"
#include "transport/http/exchange.h"

namespace slipway::dialect {

/// What the routes of these dialects work with; all of it outlives the server.
struct Services {
  routing::InferService& infer;
  int loops = 1;         // I/O threads
  Target default_model;  // of requests that name none; model "" = the only one
};

/// A POST that runs a model. Threads: each I/O thread has its own call object, used again for each
/// request.
class InferHandler {
 public:
  InferHandler(const Services& services, std::shared_ptr<const BodyFormat> format);
  void operator()(http::Exchange& exchange);

 private:
  class Call final : public HttpCall {
   public:
    const BodyFormat* format = nullptr;

   protected:
    Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
      return format->Write(exchange().request(), request, response, version, answer);
    }
  };

  Status Read(http::Exchange& exchange, InferRequest& request) const;

  routing::InferService& infer_;
  Target default_model_;
  std::shared_ptr<const BodyFormat> format_;
  CallRunner<Call> calls_;
};

/// The handler as a route takes it.
http::Handler MakeInferHandler(const Services& services, std::shared_ptr<const BodyFormat> format);

}  // namespace slipway::dialect
