// What gRPC C++ costs: a server of the same contract that reads each ModelInfer request and answers
// with as many floats as a tiny model does, computing nothing.
//
//   grpc_baseline PORT
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <string>

#include "inference/grpc_service.grpc.pb.h"

namespace {

class Service final : public inference::GRPCInferenceService::CallbackService {
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override {
    response->set_model_name(request->model_name());
    response->set_model_version("1");
    auto* const output = response->add_outputs();
    output->set_name("y");
    output->set_datatype("FP32");
    output->add_shape(1);
    output->add_shape(1);
    response->add_raw_output_contents(std::string(4, '\0'));
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("grpc_baseline: expected PORT\n", stderr);
    return 2;
  }
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  server->Wait();
  return 0;
}
