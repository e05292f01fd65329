#pragma once
// TorchServe's gRPC APIs. docs/protocols/torchserve.md

#include <atomic>

#include "protocol/dialect/infer_handler.h"
#include "protocol/torchserve/management.h"
#include "transport/http/router.h"

namespace slipway::torchserve {

struct GrpcServices {
  const dialect::Services& common;
  const std::atomic<bool>& draining;
  ManagementServices management;
};

/// Adds the methods of org.pytorch.serve.grpc.inference.InferenceAPIsService and
/// org.pytorch.serve.grpc.management.ManagementAPIsService.
void AddGrpcMethods(http::Router& router, GrpcServices services);

}  // namespace slipway::torchserve
