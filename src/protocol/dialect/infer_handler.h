#pragma once
#include <memory>

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

/// The handler of a POST that runs the model which TargetOf names.
http::Handler MakeInferHandler(const Services& services, std::shared_ptr<const BodyFormat> format);

}  // namespace slipway::dialect
