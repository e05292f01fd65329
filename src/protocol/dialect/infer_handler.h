#pragma once
#include <memory>
#include <vector>

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
  ~InferHandler();
  void operator()(http::Exchange& exchange);

 private:
  class Call;
  struct alignas(64) Loop {
    std::unique_ptr<Call> spare;
  };

  Status Read(http::Exchange& exchange, InferRequest& request);

  routing::InferService& infer_;
  Target default_model_;
  std::shared_ptr<const BodyFormat> format_;
  std::vector<Loop> loops_;
};

/// The handler as a route takes it.
http::Handler MakeInferHandler(const Services& services, std::shared_ptr<const BodyFormat> format);

}  // namespace slipway::dialect
