#include "protocol/reflection/methods.h"

#include <memory>

#include "base/check.h"
#include "protocol/reflection/answer.h"
#include "protocol/reflection/contracts.h"
#include "transport/grpc/streaming.h"

namespace slipway::reflection {
namespace {

class Reader final : public http::StreamReader {
 public:
  Reader(std::shared_ptr<const DescriptorIndex> index, std::shared_ptr<http::StreamWriter> writer)
      : index_(std::move(index)), writer_(std::move(writer)) {}

  bool OnMessage(std::shared_ptr<const std::string> message) override {
    auto answer = Answer(*index_, *message);
    if (answer.ok())
      writer_->Write({.body = *std::move(answer), .parts = {}});
    else
      writer_->Finish(answer.status());
    return true;
  }
  void OnHalfClose() override { writer_->Finish(OkStatus()); }
  void OnEnd() override {}
  bool Idle() const override { return true; }

 private:
  const std::shared_ptr<const DescriptorIndex> index_;
  const std::shared_ptr<http::StreamWriter> writer_;
};

}  // namespace

std::shared_ptr<const DescriptorIndex> BuiltInContracts() {
  auto index = DescriptorIndex::Create(Contracts());
  SLIPWAY_CHECK(index.ok(), "the contracts that were built in are whole");
  return std::make_shared<const DescriptorIndex>(*std::move(index));
}

void AddMethods(http::Router& router, std::shared_ptr<const DescriptorIndex> contracts) {
  for (const std::string version : {"v1", "v1alpha"})
    grpc::AddStreaming(
        router, "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
        http::Access::kHealth,
        [contracts](http::Exchange&, std::shared_ptr<http::StreamWriter> writer) {
          return std::make_unique<Reader>(contracts, std::move(writer));
        },
        "The contracts of the gRPC services.");
}

}  // namespace slipway::reflection
