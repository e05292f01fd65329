#include "protocol/openinference/shared_memory_routes.h"

#include <inference/grpc_service.pb.h>

#include "protobuf/parse.h"
#include "protocol/openinference/shared_memory_reader.h"
#include "protocol/openinference/shared_tensors.h"
#include "text/json_writer.h"
#include "transport/grpc/unary.h"

namespace slipway::openinference {
namespace {

using http::Access;
using http::Exchange;
using http::Method;
using shm::Regions;
using shm::RegionSpec;

void Answer(Exchange& exchange, const Status& status) {
  status.ok() ? exchange.Send() : http::Refuse(exchange, status);
}

std::string_view RegionIn(const Exchange& exchange) { return exchange.params()["region"]; }

void UnregisterFrom(Regions& regions, std::string_view name) {
  name.empty() ? regions.UnregisterAll() : regions.Unregister(name);
}

Status HttpRegister(Regions& regions, Exchange& exchange) {
  ASSIGN_OR_RETURN(RegionSpec spec, ReadRegisterRequest(exchange.request().body_text()));
  spec.name = RegionIn(exchange);
  return regions.Register(std::move(spec));
}

Status HttpUnregister(Regions& regions, Exchange& exchange) {
  UnregisterFrom(regions, RegionIn(exchange));
  return OkStatus();
}

Status HttpStatus(Regions& regions, Exchange& exchange) {
  ASSIGN_OR_RETURN(const auto specs, regions.List(RegionIn(exchange)));
  JsonWriter json(exchange.response().body);
  json.BeginArray();
  for (const RegionSpec& spec : specs) {
    json.BeginObject().Key("name").String(spec.name).Key("key").String(spec.key);
    json.Key("offset").Uint(spec.offset).Key("byte_size").Uint(spec.byte_size).EndObject();
  }
  json.EndArray();
  return OkStatus();
}

Status GrpcRegister(Regions& regions, const inference::SystemSharedMemoryRegisterRequest& request,
                    inference::SystemSharedMemoryRegisterResponse&) {
  return regions.Register({.name = request.name(),
                           .key = request.key(),
                           .offset = request.offset(),
                           .byte_size = request.byte_size()});
}

Status GrpcUnregister(Regions& regions,
                      const inference::SystemSharedMemoryUnregisterRequest& request,
                      inference::SystemSharedMemoryUnregisterResponse&) {
  UnregisterFrom(regions, request.name());
  return OkStatus();
}

Status GrpcStatus(Regions& regions, const inference::SystemSharedMemoryStatusRequest& request,
                  inference::SystemSharedMemoryStatusResponse& answer) {
  ASSIGN_OR_RETURN(const auto specs, regions.List(request.name()));
  for (const RegionSpec& spec : specs) {
    auto& region = (*answer.mutable_regions())[spec.name];
    region.set_name(spec.name);
    region.set_key(spec.key);
    region.set_offset(spec.offset);
    region.set_byte_size(spec.byte_size);
  }
  return OkStatus();
}

/// Adds routes and methods that work on `regions`, or all say that this is not offered.
class Adder {
 public:
  Adder(http::Router& router, SharedMemory* memory)
      : router_(router), regions_(memory != nullptr ? &memory->regions : nullptr) {}

  void Add(Method method, std::string pattern, Status (*act)(Regions&, Exchange&),
           std::string summary, http::Contract contract) {
    contract.dialects = {"Open Inference v2"};
    contract.refuses.push_back(501);
    router_.Add({method, std::move(pattern), access(),
                 [regions = regions_, act](Exchange& exchange) {
                   Answer(exchange, regions != nullptr ? act(*regions, exchange) : NotOffered());
                 },
                 std::move(summary), std::move(contract)});
  }

  template <typename Request, typename Response>
  void Add(std::string_view method, Status (*act)(Regions&, const Request&, Response&),
           std::string summary) {
    const auto handle = [regions = regions_, act](Exchange& exchange) -> Status {
      if (regions == nullptr) return NotOffered();
      Request request;
      Response answer;
      RETURN_IF_ERROR(protobuf::Parse(exchange.request().body, request));
      RETURN_IF_ERROR(act(*regions, request, answer));
      answer.AppendToString(&exchange.response().body);
      return OkStatus();
    };
    grpc::AddUnary(
        router_, fmt::format("/inference.GRPCInferenceService/SystemSharedMemory{}", method),
        access(),
        [handle](Exchange& exchange) {
          const Status status = handle(exchange);
          status.ok() ? grpc::Reply(exchange) : http::Refuse(exchange, status);
        },
        std::move(summary));
  }

 private:
  static Status NotOffered() {
    return MakeError(Reason::kNotOffered,
                     "not offered: shared memory; the server runs without --allow-client-shm");
  }

  /// Names of regions are what lets a client use them, so telling them is control too.
  Access access() const { return regions_ != nullptr ? Access::kControl : Access::kHealth; }

  http::Router& router_;
  Regions* const regions_;
};

}  // namespace

void AddSharedMemoryRoutes(http::Router& router, const Services& services) {
  Adder adder(router, services.shared_memory);
  const std::string all = "/v2/systemsharedmemory";
  const std::string one = all + "/region/{region}";
  adder.Add(
      Method::kPost, one + "/register", &HttpRegister,
      "Registers a region of shared memory (--allow-client-shm).",
      {.takes = {{http::kJsonType, "RegisterRegion"}}, .gives = {{200}}, .refuses = {404, 409}});
  for (const std::string& path : {all, one}) {
    adder.Add(Method::kPost, path + "/unregister", &HttpUnregister,
              "Forgets a region of shared memory, or all.", {.gives = {{200}}});
    adder.Add(Method::kGet, path + "/status", &HttpStatus,
              "A region of shared memory that is registered, or all.",
              {.gives = {{200, {{http::kJsonType, "Regions"}}}}, .refuses = {404}});
  }
  adder.Add("Register", &GrpcRegister, "Registers a region of shared memory (--allow-client-shm).");
  adder.Add("Unregister", &GrpcUnregister, "Forgets a region of shared memory, or all.");
  adder.Add("Status", &GrpcStatus, "A region of shared memory that is registered, or all.");
}

}  // namespace slipway::openinference
