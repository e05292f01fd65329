#include "cli/local_model.h"

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "infer/validate.h"
#include "repository/repository.h"

namespace slipway::cli {

StatusOr<std::vector<NamedTensor>> LocalModel::Infer(const InferRequest& request) const {
  BoundRequest bound;
  RETURN_IF_ERROR(Bind(request, signature(), bound));
  std::vector<Tensor> results;
  RETURN_IF_ERROR(loaded->Run(bound.inputs, bound.outputs, RunOptions{}, results));
  std::vector<NamedTensor> outputs;
  for (size_t i = 0; i < results.size(); ++i)
    outputs.push_back({signature().outputs[bound.outputs[i]].name, std::move(results[i])});
  return outputs;
}

StatusOr<std::unique_ptr<bundle::Artifact>> OpenArtifact(const std::string& path) {
  auto artifact = bundle::Open(path);
  if (artifact.ok() || ReasonOf(artifact.status()) != Reason::kBadModel) return artifact;
  const auto source = repository::OpenSource(path);
  if (!source.ok()) return artifact;
  ASSIGN_OR_RETURN(const auto models, (*source)->Scan());
  if (models.size() != 1 || models.front().versions.empty()) return artifact;
  const repository::FoundVersion& newest = models.front().versions.back();
  return bundle::Open(newest.path, newest.root);
}

StatusOr<LocalModel> OpenLocalModel(const std::string& path, int intra_op_threads) {
  LocalModel model;
  ASSIGN_OR_RETURN(model.artifact, OpenArtifact(path));
  ASSIGN_OR_RETURN(model.engine, CreateOnnxRuntimeEngine());
  const TimePoint start = SteadyClock().Now();
  ASSIGN_OR_RETURN(model.loaded,
                   model.engine->Load(model.artifact->bytes(),
                                      LoadOptions{.intra_op_threads = intra_op_threads}));
  model.load_time = SteadyClock().Now() - start;
  return model;
}

}  // namespace slipway::cli
