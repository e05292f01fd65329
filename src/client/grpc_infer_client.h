#pragma once
#include "client/infer_client.h"

namespace slipway::client {

/// inference.GRPCInferenceService. Tensors travel as raw contents; a server that answers with typed
/// contents only is told apart by name.
class GrpcInferClient final : public InferClient {
 public:
  /// @param model  "NAME" or "NAME/versions/VERSION", percent-encoded as in a path
  static StatusOr<std::unique_ptr<InferClient>> Create(Target target, std::string_view model,
                                                       Options options);

  StatusOr<Signature> Metadata() override;
  StatusOr<InferAnswer> Infer(const InferRequest& request) override;
  WireRequest Prepare(const InferRequest& request) const override;
  StatusOr<WireRequest> PrepareJson(std::string_view body) const override;
  StatusOr<std::string> VersionIn(std::string_view body) const override;

 private:
  GrpcInferClient(Target target, std::string name, std::string version, Options options)
      : target_(std::move(target)),
        name_(std::move(name)),
        version_(std::move(version)),
        options_(options) {}

  StatusOr<std::string> Send(const WireRequest& request) const;

  const Target target_;
  const std::string name_, version_;
  const Options options_;
};

}  // namespace slipway::client
