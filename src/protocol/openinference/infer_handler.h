#pragma once
#include <memory>
#include <vector>

#include "protocol/openinference/routes.h"
#include "transport/http/exchange.h"

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

/// Runs models. Threads: each I/O thread has its own call object, used again for each request.
class InferHandler {
 public:
  InferHandler(const Services& services, const InferFormat& format);
  ~InferHandler();
  void operator()(http::Exchange& exchange);

 private:
  class Call;
  struct alignas(64) Loop {
    std::unique_ptr<Call> spare;
  };

  routing::InferService& infer_;
  const InferFormat& format_;
  std::vector<Loop> loops_;
};

}  // namespace slipway::openinference
