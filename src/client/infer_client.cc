#include "client/infer_client.h"

#include "client/grpc_infer_client.h"
#include "client/http_infer_client.h"

namespace slipway::client {
namespace {

constexpr std::string_view kModels = "/v2/models/";
constexpr std::string_view kInfer = "/infer";

}  // namespace

StatusOr<std::unique_ptr<InferClient>> InferClient::Create(Target target, Options options) {
  std::string path = target.endpoint.path;
  if (path.ends_with(kInfer)) path.resize(path.size() - kInfer.size());
  if (!path.starts_with(kModels) || path.size() == kModels.size())
    return Error(Reason::kBadRequest,
                 "\"{}\" names no model: expected http://HOST:PORT/v2/models/NAME",
                 target.endpoint.host_header + path);
  if (target.endpoint.protocol == Protocol::kHttp)
    return std::make_unique<HttpInferClient>(std::move(target), std::move(path), options);
  return GrpcInferClient::Create(std::move(target), path.substr(kModels.size()), options);
}

}  // namespace slipway::client
