#include "transport/grpc/streaming.h"

namespace slipway::grpc {

void AddStreaming(http::Router& router, std::string path, http::Access access,
                  http::StreamOpener open, std::string summary) {
  router.Add({.method = http::Method::kPost,
              .pattern = std::move(path),
              .access = access,
              .handler = nullptr,
              .summary = std::move(summary),
              .is_grpc = true,
              .open = std::move(open)});
}

}  // namespace slipway::grpc
