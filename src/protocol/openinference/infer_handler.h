#pragma once
#include <memory>
#include <vector>

#include "protocol/openinference/routes.h"
#include "transport/http/exchange.h"

namespace slipway::openinference {

/// POST …/infer. Threads: each I/O thread has its own call object, used again for each request.
class InferHandler {
 public:
  explicit InferHandler(const Services& services);
  ~InferHandler();
  void operator()(http::Exchange& exchange);

 private:
  class Call;
  struct alignas(64) Loop {
    std::unique_ptr<Call> spare;
  };

  Status Read(http::Exchange& exchange, InferRequest& request);
  Status ReadRaw(http::Exchange& exchange, InferRequest& request);

  routing::InferService& infer_;
  std::vector<Loop> loops_;
};

}  // namespace slipway::openinference
