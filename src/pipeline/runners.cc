#include "pipeline/runners.h"

#include <utility>
#include <vector>

#include "base/mutex.h"
#include "infer/request.h"
#include "infer/validate.h"

namespace slipway::pipeline {
namespace {

InferRequest MakeRequest(std::vector<NamedTensor> inputs, const std::vector<std::string>& outputs) {
  InferRequest request;
  request.inputs = std::move(inputs);
  for (const std::string& name : outputs) request.outputs.push_back({name});
  return request;
}

class EngineRunner final : public evaluate::Runner {
 public:
  EngineRunner(const LoadedModel& model, Signature signature)
      : model_(model), signature_(std::move(signature)) {}

  const Signature& signature() const override { return signature_; }

  StatusOr<std::vector<NamedTensor>> Run(std::vector<NamedTensor> inputs,
                                         const std::vector<std::string>& outputs) const override {
    const InferRequest request = MakeRequest(std::move(inputs), outputs);
    BoundRequest bound;
    RETURN_IF_ERROR(Bind(request, signature_, bound));
    std::vector<Tensor> results;
    RETURN_IF_ERROR(model_.Run(bound.inputs, bound.outputs, RunOptions{}, results));
    std::vector<NamedTensor> answers;
    answers.reserve(results.size());
    for (size_t i = 0; i < results.size(); ++i)
      answers.push_back({signature_.outputs[bound.outputs[i]].name, std::move(results[i])});
    return answers;
  }

 private:
  const LoadedModel& model_;
  const Signature signature_;
};

/// Members die in reverse order: the model borrows its bytes.
class OwningRunner final : public evaluate::Runner {
 public:
  static StatusOr<std::unique_ptr<evaluate::Runner>> Load(Engine& engine, std::string onnx,
                                                          const LoadOptions& options) {
    auto runner = std::make_unique<OwningRunner>();
    runner->onnx_ = std::move(onnx);
    ASSIGN_OR_RETURN(runner->model_,
                     engine.Load({.model = std::as_bytes(std::span(runner->onnx_))}, options));
    runner->runner_ = RunnerOf(*runner->model_, runner->model_->signature());
    return runner;
  }

  const Signature& signature() const override { return runner_->signature(); }
  StatusOr<std::vector<NamedTensor>> Run(std::vector<NamedTensor> inputs,
                                         const std::vector<std::string>& outputs) const override {
    return runner_->Run(std::move(inputs), outputs);
  }

 private:
  std::string onnx_;
  std::unique_ptr<LoadedModel> model_;
  std::unique_ptr<evaluate::Runner> runner_;
};

class ServerRunner final : public evaluate::Runner {
 public:
  ServerRunner(std::unique_ptr<client::InferClient> client, Signature signature)
      : client_(std::move(client)), signature_(std::move(signature)) {}

  const Signature& signature() const override { return signature_; }

  StatusOr<std::vector<NamedTensor>> Run(std::vector<NamedTensor> inputs,
                                         const std::vector<std::string>& outputs) const override {
    const InferRequest request = MakeRequest(std::move(inputs), outputs);
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(client::InferAnswer answer, client_->Infer(request));
    return std::move(answer.outputs);
  }

 private:
  mutable Mutex mutex_;
  const std::unique_ptr<client::InferClient> client_ ABSL_PT_GUARDED_BY(mutex_);
  const Signature signature_;
};

}  // namespace

std::unique_ptr<evaluate::Runner> RunnerOf(const LoadedModel& model, Signature signature) {
  return std::make_unique<EngineRunner>(model, std::move(signature));
}

evaluate::LoadModel LoaderOf(Engine& engine, LoadOptions options) {
  return [&engine, options](std::string onnx) {
    return OwningRunner::Load(engine, std::move(onnx), options);
  };
}

StatusOr<std::unique_ptr<evaluate::Runner>> ConnectRunner(client::Target target) {
  ASSIGN_OR_RETURN(auto client, client::InferClient::Create(std::move(target)));
  return RunnerOf(std::move(client));
}

StatusOr<std::unique_ptr<evaluate::Runner>> RunnerOf(std::unique_ptr<client::InferClient> client) {
  ASSIGN_OR_RETURN(Signature signature, client->Metadata());
  return std::make_unique<ServerRunner>(std::move(client), std::move(signature));
}

}  // namespace slipway::pipeline
