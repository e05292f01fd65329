#include <algorithm>
#include <utility>

#include "repository/model_config.h"

namespace slipway::repository {
namespace {

std::string NamesOf(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (size_t i = 0; i < std::min<size_t>(specs.size(), 20); ++i) {
    names += fmt::format("{}\"{}\"", i ? ", " : "", specs[i].name);
  }
  if (specs.size() > 20) names += fmt::format(" and {} more", specs.size() - 20);
  return names;
}

Status CheckBatchDimension(std::string_view kind, const TensorSpec& spec) {
  if (!spec.shape.empty() && spec.shape[0] == -1) return OkStatus();
  return Error(
      Reason::kBadModel,
      "max_batch_size needs a free first dimension of every tensor; {} \"{}\" is {}: set it to 0",
      kind, spec.name, ToString(spec.dtype, spec.shape));
}

Status MergeTensor(std::string_view kind, const TensorSpec& stated, bool batched,
                   TensorSpec& actual) {
  Shape dims;
  if (batched) dims.push_back(-1);
  dims.insert(dims.end(), stated.shape.begin(), stated.shape.end());
  const bool agree = actual.any_rank ||
                     std::equal(dims.begin(), dims.end(), actual.shape.begin(), actual.shape.end(),
                                [](int64_t a, int64_t b) { return a == b || a == -1 || b == -1; });
  if (stated.dtype != actual.dtype || !agree) {
    return Error(Reason::kBadModel, "{} \"{}\": the configuration says {}{}, the model {}", kind,
                 stated.name, ToString(stated.dtype, dims),
                 batched ? " with the batch dimension" : "", ToString(actual.dtype, actual.shape));
  }
  if (stated.optional && !actual.optional) {
    return Error(Reason::kBadModel,
                 "{} \"{}\": the configuration says optional, the model needs it", kind,
                 stated.name);
  }
  if (std::exchange(actual.any_rank, false)) actual.shape.assign(dims.size(), -1);
  for (size_t i = 0; i < dims.size(); ++i) actual.shape[i] = std::max(actual.shape[i], dims[i]);
  return OkStatus();
}

Status MergeAll(std::string_view kind, const std::vector<ConfiguredTensor>& stated, bool batched,
                std::vector<TensorSpec>& actual) {
  for (const TensorSpec& spec : actual) {
    if (batched) RETURN_IF_ERROR(CheckBatchDimension(kind, spec));
  }
  for (const ConfiguredTensor& tensor : stated) {
    const auto index = IndexOf(actual, tensor.spec.name);
    if (!index) {
      return Error(Reason::kBadModel,
                   "{} \"{}\" of the configuration is not in the model, which has {}", kind,
                   tensor.spec.name, NamesOf(actual));
    }
    RETURN_IF_ERROR(MergeTensor(kind, tensor.spec, batched, actual[*index]));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Signature> Merge(const Signature& actual, const ModelConfig& config) {
  const bool batched = config.max_batch_size.value_or(0) > 0;
  Signature merged = actual;
  RETURN_IF_ERROR(MergeAll("input", config.inputs, batched, merged.inputs));
  RETURN_IF_ERROR(MergeAll("output", config.outputs, batched, merged.outputs));
  for (const TensorSpec& input : merged.inputs) {
    if (batched && input.any_rank)
      return Error(
          Reason::kBadModel,
          "max_batch_size needs the dims of input \"{}\", which the model does not say: state "
          "them in the configuration",
          input.name);
  }
  return merged;
}

}  // namespace slipway::repository
