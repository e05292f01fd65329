#include "client/grpc_infer_client.h"

#include "client/exchange.h"
#include "client/grpc_message.h"
#include "client/grpc_session.h"
#include "transport/http/ascii.h"

namespace slipway::client {
namespace {

constexpr std::string_view kService = "/inference.GRPCInferenceService/";

WireRequest CallOf(std::string_view method, std::string_view message) {
  return {Frame(message), fmt::format("{}{}", kService, method)};
}

StatusOr<std::string> Decoded(std::string_view text) {
  if (auto decoded = http::PercentDecode(text); decoded && !decoded->empty()) return *decoded;
  return Error(Reason::kBadRequest, "expected a name, percent-encoded, got \"{}\"", text);
}

}  // namespace

StatusOr<std::unique_ptr<InferClient>> GrpcInferClient::Create(Target target,
                                                               std::string_view model,
                                                               Options options) {
  constexpr std::string_view kVersions = "/versions/";
  const size_t at = model.find(kVersions);
  ASSIGN_OR_RETURN(std::string name, Decoded(model.substr(0, at)));
  std::string version;
  if (at != std::string_view::npos) {
    ASSIGN_OR_RETURN(version, Decoded(model.substr(at + kVersions.size())));
  }
  return std::unique_ptr<InferClient>(
      new GrpcInferClient(std::move(target), std::move(name), std::move(version), options));
}

StatusOr<std::string> GrpcInferClient::Send(const WireRequest& request) const {
  return ExchangeOnce(target_, request, SteadyClock().Now() + options_.timeout);
}

StatusOr<Signature> GrpcInferClient::Metadata() {
  ASSIGN_OR_RETURN(const std::string answer,
                   Send(CallOf("ModelMetadata", WriteModelMetadata(name_, version_))));
  return ReadModelMetadata(answer);
}

StatusOr<InferAnswer> GrpcInferClient::Infer(const InferRequest& request) {
  ASSIGN_OR_RETURN(const std::string answer, Send(Prepare(request)));
  return ReadModelInfer(answer);
}

WireRequest GrpcInferClient::Prepare(const InferRequest& request) const {
  return CallOf("ModelInfer", WriteModelInfer(name_, version_, request));
}

StatusOr<WireRequest> GrpcInferClient::PrepareJson(std::string_view) const {
  return Error(Reason::kBadRequest, "JSON goes over HTTP only: gRPC's messages are binary");
}

StatusOr<std::string> GrpcInferClient::VersionIn(std::string_view body) const {
  ASSIGN_OR_RETURN(InferAnswer answer, ReadModelInfer(body));
  return std::move(answer.version);
}

}  // namespace slipway::client
