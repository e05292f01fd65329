// SVMClassifier and SVMRegressor of ai.onnx.ml, in float32.

#include <algorithm>
#include <cmath>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/operators/coupling.h"
#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/lookup.h"
#include "engine/tabular/operators/ml.h"
#include "engine/tabular/operators/post_transform.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

// Coefficients of classes against each other are a full matrix of pairs and support vectors.
constexpr size_t kMostPairCoefficients = size_t{1} << 26;

// ---- kernels

/// f(x, count, y) on all numbers.
template <typename F>
[[gnu::cold]] StatusOr<Value> EmitEach(Lowering& node, const Value& x, F f) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, x.tail));
  node.Emit(MakeStep([=, from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              f(block.In<float>(from), block.rows * columns, block.Out<float>(to));
            }),
            {x.slot}, {y.slot});
  return y;
}

/// -gamma·|x - s|² for every support vector s of [vectors, columns].
[[gnu::cold]] StatusOr<Value> EmitDistances(Lowering& node, const Value& x,
                                            const std::vector<float>& vectors, size_t count,
                                            float gamma) {
  const size_t columns = x.columns();
  std::vector<float> by_column(vectors.size());
  for (size_t j = 0; j < count; ++j)
    for (size_t k = 0; k < columns; ++k) by_column[k * count + j] = vectors[j * columns + k];
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, {static_cast<int64_t>(count)}));
  node.Emit(MakeStep([=, from = x.slot, to = y.slot,
                      by_column = std::move(by_column)](const Block& block) {
              for (size_t r = 0; r < block.rows; ++r) {
                const float* row = block.In<float>(from) + r * columns;
                float* out = block.Out<float>(to) + r * count;
                std::fill_n(out, count, 0.0F);
                for (size_t k = 0; k < columns; ++k)
                  for (size_t j = 0; j < count; ++j) {
                    const float difference = row[k] - by_column[k * count + j];
                    out[j] += difference * difference;
                  }
                for (size_t j = 0; j < count; ++j) out[j] *= -gamma;
              }
            }),
            {x.slot}, {y.slot});
  return y;
}

/// The kernel of x and each of `count` support vectors.
[[gnu::cold]] StatusOr<Value> EmitKernels(Lowering& node, const Value& x, size_t count) {
  const std::vector<float> vectors = node.Floats("support_vectors");
  if (vectors.size() / count != x.columns() || vectors.size() % count != 0)
    return node.Bad("{} numbers for {} support vectors of {}", vectors.size(), count, x.ToString());
  std::vector<float> params = node.Floats("kernel_params");
  params.resize(3);
  const float gamma = params[0], offset = params[1], degree = params[2];
  const std::string kernel = node.Text("kernel_type", "LINEAR");
  const Arithmetic& arithmetic = BestArithmetic();
  if (kernel == "RBF") {
    ASSIGN_OR_RETURN(const Value distances, EmitDistances(node, x, vectors, count, gamma));
    return EmitEach(node, distances, arithmetic.exp_f32);
  }
  ASSIGN_OR_RETURN(const Value products, EmitScores(node, x, vectors, {}));
  if (kernel == "LINEAR") return products;
  const auto scale = [=](const float* from, size_t n, float* to) {
    for (size_t i = 0; i < n; ++i) to[i] = gamma * from[i] + offset;
  };
  if (kernel == "SIGMOID") {
    ASSIGN_OR_RETURN(const Value scaled, EmitEach(node, products, scale));
    return EmitEach(node, scaled, arithmetic.tanh_f32);
  }
  if (kernel != "POLY") return node.Unsupported("kernel_type {}", kernel);
  return EmitEach(node, products, [=](const float* from, size_t n, float* to) {
    for (size_t i = 0; i < n; ++i) to[i] = std::pow(gamma * from[i] + offset, degree);
  });
}

// ---- regression

[[gnu::cold]] Status LowerRegressor(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, InputAsFloats(node));
  const int64_t count = node.Int("n_supports", 0);
  const std::vector<float> rho = node.Floats("rho");
  if (node.Text("post_transform", "NONE") != "NONE" || count < 0 || rho.empty())
    return node.Unsupported("post_transform {}, {} support vectors, {} intercepts",
                            node.Text("post_transform", "NONE"), count, rho.size());
  Value kernels = x;
  if (count > 0) {
    ASSIGN_OR_RETURN(kernels, EmitKernels(node, x, static_cast<size_t>(count)));
  }
  const std::vector<float> coefficients = node.Floats("coefficients");
  if (coefficients.size() != kernels.columns())
    return node.Bad("{} coefficients for {}", coefficients.size(), kernels.ToString());
  ASSIGN_OR_RETURN(Value y, EmitScores(node, kernels, coefficients, {rho[0]}));
  const auto sign = [](const float* from, size_t n, float* to) {
    for (size_t i = 0; i < n; ++i) to[i] = from[i] > 0 ? 1.0F : -1.0F;
  };
  if (node.Int("one_class", 0) != 0) {
    ASSIGN_OR_RETURN(y, EmitEach(node, y, sign));
  }
  node.Give(0, y);
  return OkStatus();
}

// ---- classification

/// Classes i < j against each other, in the order of `rho`.
template <typename F>
void EachPair(size_t classes, F f) {
  size_t pair = 0;
  for (size_t i = 0; i + 1 < classes; ++i)
    for (size_t j = i + 1; j < classes; ++j) f(pair++, i, j);
}

struct Classes {
  std::shared_ptr<const Tensor> labels;
  std::vector<size_t> begins;  // of each class's support vectors, and their end

  size_t count() const { return begins.size() - 1; }
  size_t pairs() const { return count() * (count() - 1) / 2; }
};

StatusOr<Classes> ReadClasses(const Lowering& node) {
  Classes classes;
  classes.labels = ClassLabels(node);
  classes.begins = {0};
  for (const int64_t vectors : node.IntsOf("vectors_per_class")) {
    if (vectors < 0 || vectors > INT32_MAX) return node.Bad("{} vectors of a class", vectors);
    classes.begins.push_back(classes.begins.back() + static_cast<size_t>(vectors));
  }
  if (classes.begins.back() == 0) return node.Unsupported("a linear model without support vectors");
  if (classes.count() < 2 || static_cast<size_t>(classes.labels->shape[0]) != classes.count() ||
      classes.pairs() > kMostPairCoefficients / classes.begins.back())
    return node.Unsupported("{} labels, {} classes with {} support vectors",
                            classes.labels->shape[0], classes.count(), classes.begins.back());
  return classes;
}

/// [pairs, vectors] from the [classes - 1, vectors] of libsvm: row j - 1 holds what vectors of
/// class i < j count against j, row i what those of j count against i.
std::vector<float> PairCoefficients(const Classes& classes, const std::vector<float>& rows) {
  const size_t vectors = classes.begins.back();
  std::vector<float> coefficients(classes.pairs() * vectors);
  EachPair(classes.count(), [&](size_t pair, size_t i, size_t j) {
    for (size_t v = classes.begins[i]; v < classes.begins[i + 1]; ++v)
      coefficients[pair * vectors + v] = rows[(j - 1) * vectors + v];
    for (size_t v = classes.begins[j]; v < classes.begins[j + 1]; ++v)
      coefficients[pair * vectors + v] = rows[i * vectors + v];
  });
  return coefficients;
}

/// The class that wins the most pairs, the first of equals, as INT64 [n].
[[gnu::cold]] StatusOr<Value> EmitVotes(Lowering& node, const Value& scores, size_t classes) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kInt64, {}));
  node.Emit(
      MakeStep([=, from = scores.slot, to = y.slot, pairs = scores.columns()](const Block& block) {
        std::vector<int> votes(classes);
        for (size_t r = 0; r < block.rows; ++r) {
          const float* row = block.In<float>(from) + r * pairs;
          std::fill(votes.begin(), votes.end(), 0);
          EachPair(classes,
                   [&](size_t pair, size_t i, size_t j) { ++votes[row[pair] > 0 ? i : j]; });
          block.Out<int64_t>(to)[r] = std::max_element(votes.begin(), votes.end()) - votes.begin();
        }
      }),
      {scores.slot}, {y.slot});
  return y;
}

/// Probabilities of classes from each pair's 1 / (1 + e^(a·score + b)).
[[gnu::cold]] StatusOr<Value> EmitProbabilities(Lowering& node, const Value& scores, size_t classes,
                                                std::vector<float> a, std::vector<float> b) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, {static_cast<int64_t>(classes)}));
  node.Emit(MakeStep([=, from = scores.slot, to = y.slot, a = std::move(a),
                      b = std::move(b)](const Block& block) {
              constexpr float kLeast = 1e-7F;
              Coupling<float> coupling(classes);
              std::vector<float> exponents(a.size()), against(classes * classes);
              for (size_t r = 0; r < block.rows; ++r) {
                const float* row = block.In<float>(from) + r * a.size();
                for (size_t p = 0; p < a.size(); ++p) exponents[p] = -(row[p] * a[p] + b[p]);
                BestArithmetic().sigmoid_f32(exponents.data(), a.size(), exponents.data());
                EachPair(classes, [&](size_t pair, size_t i, size_t j) {
                  const float p = std::clamp(exponents[pair], kLeast, 1 - kLeast);
                  against[i * classes + j] = p;
                  against[j * classes + i] = 1 - p;
                });
                coupling.Solve(against.data(), block.Out<float>(to) + r * classes);
              }
            }),
            {scores.slot}, {y.slot});
  return y;
}

/// What is given as output 1 without probabilities: the pairs' scores, of two classes both signs.
[[gnu::cold]] StatusOr<Value> EmitDecisions(Lowering& node, const Value& scores) {
  if (scores.columns() > 1) return scores;
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, {2}));
  node.Emit(MakeStep([from = scores.slot, to = y.slot](const Block& block) {
              for (size_t r = 0; r < block.rows; ++r) {
                const float score = block.In<float>(from)[r];
                block.Out<float>(to)[2 * r] = -score;
                block.Out<float>(to)[2 * r + 1] = score;
              }
            }),
            {scores.slot}, {y.slot});
  return y;
}

[[gnu::cold]] Status LowerClassifier(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, InputAsFloats(node));
  if (const std::string transform = node.Text("post_transform", "NONE"); transform != "NONE")
    return node.Unsupported("post_transform {}", transform);
  ASSIGN_OR_RETURN(const Classes classes, ReadClasses(node));
  const size_t vectors = classes.begins.back(), pairs = classes.pairs();
  const std::vector<float> rows = node.Floats("coefficients"), rho = node.Floats("rho");
  std::vector<float> a = node.Floats("prob_a"), b = node.Floats("prob_b");
  if (rows.size() != (classes.count() - 1) * vectors || rho.size() != pairs ||
      a.size() != b.size() || (!a.empty() && a.size() != pairs))
    return node.Bad("{} coefficients, {} intercepts, {} and {} of probabilities for {} classes",
                    rows.size(), rho.size(), a.size(), b.size(), classes.count());
  ASSIGN_OR_RETURN(const Value kernels, EmitKernels(node, x, vectors));
  ASSIGN_OR_RETURN(const Value scores,
                   EmitScores(node, kernels, PairCoefficients(classes, rows), rho));
  ASSIGN_OR_RETURN(const Value winner, EmitVotes(node, scores, classes.count()));
  ASSIGN_OR_RETURN(const Value label, EmitLookup(node, winner, classes.labels));
  const bool probable = !a.empty();
  ASSIGN_OR_RETURN(const Value second, probable ? EmitProbabilities(node, scores, classes.count(),
                                                                    std::move(a), std::move(b))
                                                : EmitDecisions(node, scores));
  node.Give(0, label);
  node.Give(1, second);
  return OkStatus();
}

}  // namespace

std::span<const Operator> SupportVectorOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.onnx.ml", "SVMClassifier", LowerClassifier},
      {"ai.onnx.ml", "SVMRegressor", LowerRegressor},
  };
  return kOperators;
}

}  // namespace slipway::tabular
