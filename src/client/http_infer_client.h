#pragma once
// The Open Inference Protocol v2 over HTTP. Tensors go as binary data both ways (docs: the
// protocol's binary tensor data extension).

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/http_client.h"
#include "client/infer_client.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::client {

/// Headers and body of one infer request.
struct EncodedRequest {
  std::string headers;  // lines, each ending in "\r\n"
  std::string body;
};

/// The request with every tensor as binary data.
EncodedRequest EncodeBinary(const InferRequest& request);

/// Outputs of an answer to such a request. kIo when it is none; a body's own error keeps its
/// message, with the reason that its HTTP status stands for.
StatusOr<InferAnswer> DecodeAnswer(const HttpResponse& response);

/// The error that an answer other than 200 stands for: "HTTP 404: model \"m\" …".
Status ErrorOf(const HttpResponse& response);

class HttpInferClient final : public InferClient {
 public:
  /// @param model_path  "/v2/models/NAME[/versions/VERSION]"
  HttpInferClient(Target target, std::string model_path, const Options& options)
      : http_(std::move(target), {.timeout = options.timeout, .limits = {}}),
        model_path_(std::move(model_path)) {}

  StatusOr<Signature> Metadata() override;
  StatusOr<InferAnswer> Infer(const InferRequest& request) override;
  WireRequest Prepare(const InferRequest& request) const override;
  StatusOr<WireRequest> PrepareJson(std::string_view body) const override;
  StatusOr<std::string> VersionIn(std::string_view body) const override;

 private:
  WireRequest Post(std::string_view headers, std::string_view body) const;

  HttpClient http_;
  std::string model_path_;
};

}  // namespace slipway::client
