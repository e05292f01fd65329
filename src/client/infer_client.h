#pragma once
// A model behind the Open Inference Protocol v2 over HTTP. Tensors go as binary data both ways
// (docs: the protocol's binary tensor data extension), so no value is rounded on the way.

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/http_client.h"
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
StatusOr<std::vector<NamedTensor>> DecodeAnswer(const HttpResponse& response);

/// The error that an answer other than 200 stands for: "HTTP 404: model \"m\" …".
Status ErrorOf(const HttpResponse& response);

/// Threads: one at a time.
class InferClient {
 public:
  /// @param url  of a model: http://HOST:PORT/v2/models/NAME[/versions/VERSION], with or without
  /// "/infer"
  static StatusOr<InferClient> Create(std::string_view url,
                                      const HttpClient::Options& options = {});

  const Endpoint& endpoint() const { return http_.endpoint(); }
  /// "/v2/models/NAME/infer"
  std::string infer_path() const { return model_path_ + "/infer"; }

  /// The model's inputs and outputs, as the server tells them.
  StatusOr<Signature> Metadata();

  /// request.model and request.version are not used: the URL says them.
  StatusOr<std::vector<NamedTensor>> Infer(const InferRequest& request);

 private:
  InferClient(HttpClient http, std::string model_path)
      : http_(std::move(http)), model_path_(std::move(model_path)) {}

  HttpClient http_;
  std::string model_path_;
};

}  // namespace slipway::client
