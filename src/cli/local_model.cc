#include "cli/local_model.h"

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "infer/validate.h"

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

StatusOr<LocalModel> OpenLocalModel(const std::string& path, int intra_op_threads) {
  LocalModel model;
  ASSIGN_OR_RETURN(model.artifact, bundle::Open(path));
  ASSIGN_OR_RETURN(model.engine, CreateOnnxRuntimeEngine());
  const TimePoint start = SteadyClock().Now();
  ASSIGN_OR_RETURN(model.loaded, model.engine->Load(model.artifact->bytes(),
                                                    LoadOptions{.intra_op_threads = intra_op_threads}));
  model.load_time = SteadyClock().Now() - start;
  return model;
}

}  // namespace slipway::cli
