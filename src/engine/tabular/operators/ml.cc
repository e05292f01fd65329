// The float32 operators of ai.onnx.ml that skl2onnx and onnxmltools write: scalers, linear models,
// support vectors.

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/ml.h"
#include "engine/tabular/operators/post_transform.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// Gives y[r][k] = f(x[r][k], k).
template <typename F>
[[gnu::cold]] Status GiveByColumn(Lowering& node, const Value& x, F f) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, x.tail));
  node.Emit(MakeStep([f = std::move(f), from = x.slot, to = y.slot,
                      columns = x.columns()](const Block& block) {
              const float* in = block.In<float>(from);
              float* out = block.Out<float>(to);
              for (size_t r = 0; r < block.rows; ++r)
                for (size_t k = 0; k < columns; ++k) *out++ = f(*in++, k);
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

/// One number for each column, from one for all or one each.
StatusOr<std::vector<float>> Each(const Lowering& node, std::string_view name, size_t columns,
                                  float otherwise) {
  std::vector<float> values = node.Floats(name);
  if (values.empty()) values = {otherwise};
  if (values.size() == 1) values.assign(columns, values[0]);
  if (values.size() != columns)
    return node.Bad("{} {} for {} columns", values.size(), name, columns);
  return values;
}

// ---- preparation

[[gnu::cold]] Status LowerScaler(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, InputAsFloats(node));
  ASSIGN_OR_RETURN(auto offset, Each(node, "offset", x.columns(), 0));
  ASSIGN_OR_RETURN(auto scale, Each(node, "scale", x.columns(), 1));
  return GiveByColumn(node, x,
                      [offset = std::move(offset), scale = std::move(scale)](float v, size_t k) {
                        return (v - offset[k]) * scale[k];
                      });
}

[[gnu::cold]] Status LowerBinarizer(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp32}));
  return GiveByColumn(node, x, [threshold = node.Float("threshold", 0)](float v, size_t) {
    return v > threshold ? 1.0F : 0.0F;
  });
}

[[gnu::cold]] Status LowerImputer(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp32}));
  ASSIGN_OR_RETURN(auto imputed, Each(node, "imputed_value_floats", x.columns(), 0));
  const float replaced = node.Float("replaced_value_float", 0);
  return GiveByColumn(node, x, [imputed = std::move(imputed), replaced](float v, size_t k) {
    const bool missing = v == replaced || (std::isnan(v) && std::isnan(replaced));
    return missing ? imputed[k] : v;
  });
}

enum class Norm { kMax, kL1, kL2 };

float NormOf(const float* row, size_t columns, Norm norm) {
  float sum = 0, largest = std::numeric_limits<float>::lowest();
  for (size_t k = 0; k < columns; ++k) {
    largest = std::max(largest, row[k]);
    sum += norm == Norm::kL1 ? std::fabs(row[k]) : row[k] * row[k];
  }
  return norm == Norm::kMax ? largest : norm == Norm::kL1 ? sum : std::sqrt(sum);
}

[[gnu::cold]] Status LowerNormalizer(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, InputAsFloats(node));
  const std::string name = node.Text("norm", "MAX");
  const Norm norm = name == "L1" ? Norm::kL1 : name == "L2" ? Norm::kL2 : Norm::kMax;
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, x.tail));
  node.Emit(MakeStep([=, from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              for (size_t r = 0; r < block.rows; ++r) {
                const float* in = block.In<float>(from) + r * columns;
                float* out = block.Out<float>(to) + r * columns;
                float divisor = NormOf(in, columns, norm);
                if (divisor == 0) divisor = 1;
                for (size_t k = 0; k < columns; ++k) out[k] = in[k] / divisor;
              }
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

// ---- linear models

[[gnu::cold]] Status LowerLinearRegressor(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, InputAsFloats(node));
  ASSIGN_OR_RETURN(Value scores,
                   EmitScores(node, x, node.Floats("coefficients"), node.Floats("intercepts")));
  if (scores.tail[0] != node.Int("targets", 1))
    return node.Bad("{} targets, coefficients of {}", node.Int("targets", 1), scores.tail[0]);
  const std::string transform = node.Text("post_transform", "NONE");
  if (transform != "NONE" && scores.columns() == 1)  // which ONNX Runtime leaves as they are
    return node.Unsupported("post_transform {} of one target", transform);
  ASSIGN_OR_RETURN(scores, EmitPostTransform(node, scores, transform));
  node.Give(0, scores);
  return OkStatus();
}

[[gnu::cold]] Status LowerLinearClassifier(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, InputAsFloats(node));
  ASSIGN_OR_RETURN(const Value scores,
                   EmitScores(node, x, node.Floats("coefficients"), node.Floats("intercepts")));
  return GiveClasses(node, scores, node.Text("post_transform", "NONE"));
}

}  // namespace

StatusOr<Value> InputAsFloats(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x,
                   node.Matrix(0, {DType::kFp32, DType::kFp64, DType::kInt64, DType::kInt32}));
  if (x.tail.empty()) return node.Unsupported("input 0 is {}", x.ToString());
  if (x.dtype == DType::kFp32) return x;
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, x.tail));
  VisitType(x.dtype, [&]<typename T>() {
    if constexpr (std::is_arithmetic_v<T>)
      node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
                  std::transform(block.In<T>(from), block.In<T>(from) + block.rows * columns,
                                 block.Out<float>(to), [](T v) { return static_cast<float>(v); });
                }),
                {x.slot}, {y.slot});
  });
  return y;
}

[[gnu::cold]] StatusOr<Value> EmitScores(Lowering& node, const Value& x,
                                         const std::vector<float>& coefficients,
                                         std::vector<float> intercepts) {
  const size_t columns = x.columns();
  const size_t outputs = columns == 0 ? 0 : coefficients.size() / columns;
  if (outputs == 0 || outputs * columns != coefficients.size() ||
      (!intercepts.empty() && intercepts.size() != outputs))
    return node.Bad("{} coefficients and {} intercepts for {}", coefficients.size(),
                    intercepts.size(), x.ToString());
  std::vector<float> transposed(coefficients.size());
  for (size_t j = 0; j < outputs; ++j)
    for (size_t k = 0; k < columns; ++k)
      transposed[k * outputs + j] = coefficients[j * columns + k];
  Weights<float> weights(columns, outputs, std::span<const float>(transposed));
  if (!intercepts.empty()) weights.AddBias(std::span<const float>(intercepts));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, {static_cast<int64_t>(outputs)}));
  node.Emit(MakeAffine(x.slot, y.slot, std::move(weights)), {x.slot}, {y.slot});
  return y;
}

std::span<const Operator> MlOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.onnx.ml", "Binarizer", LowerBinarizer},
      {"ai.onnx.ml", "Imputer", LowerImputer},
      {"ai.onnx.ml", "LinearClassifier", LowerLinearClassifier},
      {"ai.onnx.ml", "LinearRegressor", LowerLinearRegressor},
      {"ai.onnx.ml", "Normalizer", LowerNormalizer},
      {"ai.onnx.ml", "Scaler", LowerScaler},
  };
  return kOperators;
}

}  // namespace slipway::tabular
