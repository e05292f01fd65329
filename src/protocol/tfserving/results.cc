#include "protocol/tfserving/results.h"

#include <algorithm>

#include "protocol/instances/elements.h"
#include "text/json_writer.h"

namespace slipway::tfserving {
namespace {

constexpr instances::ElementStyle kStyle{NonFinite::kTokens};

bool IsFloat(const TensorSpec& spec) {
  return spec.dtype == DType::kFp32 || spec.dtype == DType::kFp64 || spec.dtype == DType::kFp16 ||
         spec.dtype == DType::kBf16;
}

/// The float output that bears the first of `names` which one bears, else the only one there is.
StatusOr<std::string> FindFloats(const Signature& signature, std::string_view method,
                                 std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto index = IndexOf(signature.outputs, name);
        index && IsFloat(signature.outputs[*index]))
      return std::string(name);
  const auto first = std::ranges::find_if(signature.outputs, IsFloat);
  const auto count = std::ranges::count_if(signature.outputs, IsFloat);
  if (count == 1) return first->name;
  return Error(
      Reason::kBadRequest,
      "{} needs one output of floats, or one called \"{}\"; the model has {} of floats; use "
      "predict",
      method, *names.begin(), count);
}

}  // namespace

StatusOr<ClassifyOutputs> FindClassifyOutputs(const Signature& signature) {
  ClassifyOutputs found;
  ASSIGN_OR_RETURN(found.scores, FindFloats(signature, "classify", {"scores", "probabilities"}));
  const auto classes = IndexOf(signature.outputs, "classes");
  if (classes && signature.outputs[*classes].dtype == DType::kBytes) found.classes = "classes";
  return found;
}

StatusOr<std::string> FindRegressOutput(const Signature& signature) {
  return FindFloats(signature, "regress", {"outputs"});
}

Status CheckClassifications(const Tensor& scores, const Tensor* classes) {
  const Shape& shape = scores.shape;
  if (shape.empty() || shape.size() > 2 || (classes != nullptr && classes->shape != shape))
    return Error(Reason::kBadRequest, "classify needs scores [examples,classes], got {}{}",
                 ToString(scores.dtype, shape),
                 classes != nullptr ? " with classes " + ToString(classes->shape) : "");
  return OkStatus();
}

Status CheckRegressions(const Tensor& values) {
  const Shape& shape = values.shape;
  if (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) return OkStatus();
  return Error(Reason::kBadRequest, "regress needs one value an example, got {}; use predict",
               ToString(values.dtype, shape));
}

Status WriteClassifications(const Tensor& scores, const Tensor* classes,
                            const std::vector<std::string>& labels, std::string& out) {
  RETURN_IF_ERROR(CheckClassifications(scores, classes));
  const Shape& shape = scores.shape;
  const int64_t width = shape.size() == 2 ? shape[1] : 1;
  instances::ElementWriter score(scores, kStyle);
  BytesReader names(classes != nullptr ? classes->data.bytes() : std::span<const std::byte>());
  JsonWriter json(out);
  json.BeginObject().Key("results").BeginArray();
  for (int64_t row = 0; row < shape[0]; ++row) {
    json.BeginArray();
    for (size_t i = 0; i < static_cast<size_t>(width); ++i) {
      std::string_view name = i < labels.size() ? std::string_view(labels[i]) : "";
      if (classes != nullptr) names.Next(&name);
      json.BeginArray().String(name).Raw("");
      RETURN_IF_ERROR(score.Append(1, out));
      json.EndArray();
    }
    json.EndArray();
  }
  json.EndArray().EndObject();
  return OkStatus();
}

Status WriteRegressions(const Tensor& values, std::string& out) {
  RETURN_IF_ERROR(CheckRegressions(values));
  out.append("{\"results\":[");
  RETURN_IF_ERROR(
      instances::ElementWriter(values, kStyle).Append(static_cast<size_t>(values.shape[0]), out));
  out.append("]}");
  return OkStatus();
}

}  // namespace slipway::tfserving
