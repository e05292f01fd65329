#pragma once
#include "protocol/tfserving/routes.h"
#include "transport/http/exchange.h"

namespace slipway::tfserving {

/// What is told about models. Handlers of one object may run on every I/O thread at once.
class ModelHandlers {
 public:
  explicit ModelHandlers(const Services& services) : infer_(services.infer) {}

  void List(http::Exchange& exchange) const;
  void ModelStatus(http::Exchange& exchange) const;
  void Metadata(http::Exchange& exchange) const;

 private:
  routing::InferService& infer_;
};

}  // namespace slipway::tfserving
