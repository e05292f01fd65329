#pragma once
#include "protocol/calls/http_call.h"
#include "protocol/openinference/routes.h"

namespace slipway::openinference {

/// How an infer request and its answer are written.
struct InferFormat {
  /// Fills `request`, which was cleared and has context.received; it may borrow from the exchange.
  Status (*read)(const http::Exchange& exchange, const lifecycle::ServingTable& table,
                 InferRequest& request);
  Status (*write)(const InferRequest& request, const InferResponse& answer,
                  http::Response& response);
};
extern const InferFormat kHttpInfer;  // POST …/infer
extern const InferFormat kGrpcInfer;  // ModelInfer

class InferCall final : public HttpCall {
 public:
  const InferFormat* format = nullptr;

 protected:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override {
    return format->write(request, response, answer);
  }
};

/// Runs models. Threads: any I/O thread.
class InferHandler {
 public:
  InferHandler(const Services& services, const InferFormat& format)
      : infer_(services.infer), format_(format), calls_(services.infer, services.loops) {}
  void operator()(http::Exchange& exchange);

 private:
  routing::InferService& infer_;
  const InferFormat& format_;
  CallRunner<InferCall> calls_;
};

}  // namespace slipway::openinference
