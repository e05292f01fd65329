// Multi-layer perceptrons.

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

StatusOr<Matrix> Activate(Graph& graph, const State& state, std::string_view key, const Matrix& x) {
  ASSIGN_OR_RETURN(const std::string name, state.Text(key));
  if (name == "identity") return x;
  if (name == "logistic") return Map(graph, "Sigmoid", x);
  if (name == "tanh") return Map(graph, "Tanh", x);
  if (name == "relu") return Map(graph, "Relu", x);
  if (name == "softmax") return Softmax(graph, x);
  if (name == "exp") return Map(graph, "Exp", x);
  return state.Unsupported("{}: \"{}\" is not known", key, name);
}

/// The activations of the last layer.
StatusOr<Matrix> Forward(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Value coefs, state.List("coefs_"));
  ASSIGN_OR_RETURN(const Value intercepts, state.List("intercepts_"));
  if (coefs.size() == 0 || coefs.size() != intercepts.size())
    return state.Expected("intercepts_", fmt::format("{} arrays, one a layer", coefs.size()),
                          fmt::format("{}", intercepts.size()));
  for (size_t i = 0; i < coefs.size(); ++i) {
    ASSIGN_OR_RETURN(const Dense weights,
                     state.ArrayAt(coefs.at(i), fmt::format("coefs_[{}]", i), {x.columns, -1}));
    ASSIGN_OR_RETURN(
        const Dense offsets,
        state.ArrayAt(intercepts.at(i), fmt::format("intercepts_[{}]", i), {weights.columns()}));
    const bool is_last = i + 1 == coefs.size();
    ASSIGN_OR_RETURN(x, Activate(graph, state, is_last ? "out_activation_" : "activation",
                                 Affine(graph, x, weights.values, offsets.values)));
  }
  return x;
}

StatusOr<Outputs> MlpClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const State binarizer, state.Nested("_label_binarizer"));
  ASSIGN_OR_RETURN(const std::string type, binarizer.TextOr("y_type_", "binary"));
  ASSIGN_OR_RETURN(Labels classes, binarizer.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Matrix last, Forward(writer, state, x));
  if (type.starts_with("multilabel")) {
    Outputs outputs = HavingLabels(graph, std::move(classes), last, 0.5);
    outputs.proba = last;
    return outputs;
  }
  const int64_t expected = classes.size() == 2 ? 1 : classes.size();
  if (last.columns != expected)
    return state.Bad("coefs_: expected a last layer of {} for {} classes, got {}", expected,
                     classes.size(), last.columns);
  if (last.columns > 1) return MostProbable(graph, std::move(classes), last);
  Outputs outputs = MostProbable(graph, std::move(classes), WithComplement(graph, last));
  outputs.label = IsAbove(graph, last, 0.5);
  return outputs;
}

StatusOr<Outputs> MlpRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix last, Forward(writer, state, x));
  return Predicting(last, last.columns == 1);
}

}  // namespace

std::span<const Estimator> NeuralNetworks() {
  constexpr std::string_view kNeural = "sklearn.neural_network";
  static constexpr Estimator kRows[] = {
      {kNeural, "MLPClassifier", EstimatorKind::kClassifier, MlpClassifier},
      {kNeural, "MLPRegressor", EstimatorKind::kRegressor, MlpRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
