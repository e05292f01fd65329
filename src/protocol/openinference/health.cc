#include "protocol/openinference/health.h"

#include <grpc/health/v1/health.pb.h>

#include <algorithm>
#include <optional>

#include "protobuf/parse.h"
#include "protocol/openinference/facts.h"
#include "protocol/openinference/parameters.h"
#include "transport/grpc/streaming.h"
#include "transport/grpc/unary.h"

namespace slipway::openinference {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

/// The server as a whole, or a service of it: that can answer when the server can.
bool IsServer(const Services& services, std::string_view service) {
  return service.empty() ||
         std::ranges::find(services.grpc_services, service) != services.grpc_services.end();
}

/// @param service  one of the server's, or a model. SERVICE_UNKNOWN when it is neither.
HealthCheckResponse::ServingStatus StatusOf(const Services& services, int loop,
                                            const std::string& service) {
  const lifecycle::ServingTable& table = services.infer.Table(loop);
  bool serving = IsReady(table, services.draining.load(std::memory_order_relaxed));
  if (!IsServer(services, service)) {
    const auto model = table.models.find(service);
    if (model == table.models.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
    serving = serving && !model->second->ready.empty();
  }
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

std::string Message(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse answer;
  answer.set_status(status);
  return answer.SerializeAsString();
}

void Check(const Services& services, http::Exchange& exchange) {
  HealthCheckRequest request;
  if (const Status parsed = protobuf::Parse(exchange.request().body, request); !parsed.ok())
    return http::Refuse(exchange, parsed);
  const auto status = StatusOf(services, exchange.loop(), request.service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN)
    return http::Refuse(exchange, Error(Reason::kNotFound, "no service and no model is called {}",
                                        Quote(request.service())));
  exchange.response().body = Message(status);
  grpc::Reply(exchange);
}

}  // namespace

/// Says how the service is, then how it changes, until the client has enough.
class HealthWatch final : public http::StreamReader {
 public:
  HealthWatch(const Services& services, int loop, std::shared_ptr<http::StreamWriter> writer)
      : services_(services), loop_(loop), writer_(std::move(writer)) {}

  bool OnMessage(std::shared_ptr<const std::string> message) override {
    HealthCheckRequest request;
    Status status = protobuf::Parse(std::as_bytes(std::span(*message)), request);
    if (status.ok() && told_) status = MakeError(Reason::kBadRequest, "expected one message");
    if (!status.ok()) {
      writer_->Finish(status);
      return true;
    }
    service_ = request.service();
    open().push_back(this);
    LookAgain();
    return true;
  }

  void OnHalfClose() override {
    if (!told_) writer_->Finish(MakeError(Reason::kBadRequest, "expected one message, got none"));
  }

  void OnEnd() override { std::erase(open(), this); }
  bool Idle() const override { return true; }

  void LookAgain() {
    const auto status = StatusOf(services_, loop_, service_);
    if (told_ == status) return;
    told_ = status;
    writer_->Write({.body = Message(status), .parts = {}});
  }

 private:
  std::vector<HealthWatch*>& open() {
    return services_.health_watches.loops_[static_cast<size_t>(loop_)].open;
  }

  const Services& services_;
  const int loop_;
  const std::shared_ptr<http::StreamWriter> writer_;
  std::string service_;
  std::optional<HealthCheckResponse::ServingStatus> told_;
};

void HealthWatches::LookAgain(int loop) {
  for (HealthWatch* const watch : loops_[static_cast<size_t>(loop)].open) watch->LookAgain();
}

void AddHealthMethods(http::Router& router, const Services& services) {
  const auto shared = std::make_shared<const Services>(services);
  grpc::AddUnary(
      router, "/grpc.health.v1.Health/Check", http::Access::kHealth,
      [shared](http::Exchange& exchange) { Check(*shared, exchange); },
      "Whether the server, or a model by its name, can answer.");
  grpc::AddStreaming(
      router, "/grpc.health.v1.Health/Watch", http::Access::kHealth,
      [shared](http::Exchange& exchange, std::shared_ptr<http::StreamWriter> writer) {
        return std::make_unique<HealthWatch>(*shared, exchange.loop(), std::move(writer));
      },
      "The same, and each change of it.");
}

}  // namespace slipway::openinference
