#pragma once
// A model behind the Open Inference Protocol v2, over HTTP or gRPC.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/connection.h"
#include "client/wire.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::client {

struct InferAnswer {
  std::string version;  // that answered, "" when the server does not say
  std::vector<NamedTensor> outputs;
};

/// Tensors go as raw bytes both ways, so no value is rounded. Threads: one at a time.
class InferClient {
 public:
  struct Options {
    std::chrono::milliseconds timeout{30'000};  // of one request, connecting included
  };

  /// @param target  its path is a model's: /v2/models/NAME[/versions/VERSION], with or without
  /// "/infer"
  /// @return kBadRequest when it is none.
  static StatusOr<std::unique_ptr<InferClient>> Create(Target target, Options options);
  static StatusOr<std::unique_ptr<InferClient>> Create(Target target) {
    return Create(std::move(target), Options());
  }
  virtual ~InferClient() = default;

  /// The model's inputs and outputs, as the server tells them; the names of a table's columns too,
  /// where it does.
  virtual StatusOr<Signature> Metadata() = 0;

  /// request.model and request.version are not used: the URL says them.
  virtual StatusOr<InferAnswer> Infer(const InferRequest& request) = 0;

  /// What Infer would send.
  virtual WireRequest Prepare(const InferRequest& request) const = 0;
  /// The same model asked with a body of JSON. kBadRequest where there is no such thing.
  virtual StatusOr<WireRequest> PrepareJson(std::string_view body) const = 0;

  /// The version that the body of an answer names, "" where it names none. kIo when it is no
  /// answer.
  virtual StatusOr<std::string> VersionIn(std::string_view body) const = 0;
};

}  // namespace slipway::client
