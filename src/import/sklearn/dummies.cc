// Estimators that do not look at their input.

#include <algorithm>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

/// The same row for every row of x.
Matrix Repeated(Graph& graph, const Matrix& x, const std::vector<double>& row) {
  const Matrix zeros = Filled(graph, x, 0);
  return {MapWith(graph, "Add", zeros, row).value, DType::kFp64, static_cast<int64_t>(row.size())};
}

StatusOr<int64_t> PositionOfConstant(const State& state, const Labels& classes) {
  ASSIGN_OR_RETURN(Value constant, state.Get("constant"));
  if (constant.is(Kind::kList) && constant.size() == 1) constant = constant.at(0);
  const auto text = AsText(constant);
  const auto number = AsNumber(constant);
  if (text && classes.is_text()) {
    const auto found = std::find(classes.texts.begin(), classes.texts.end(), *text);
    if (found != classes.texts.end()) return found - classes.texts.begin();
  } else if (number && !classes.is_text()) {
    const std::vector<double> numbers = classes.AsNumbers();
    const auto found = std::find(numbers.begin(), numbers.end(), *number);
    if (found != numbers.end()) return found - numbers.begin();
  }
  return state.Expected("constant", "one of classes_", Describe(constant));
}

StatusOr<Outputs> DummyClassifier(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(std::vector<double> proba, state.Vector("class_prior_", classes.size()));
  if (proba.empty()) return state.Bad("classes_: expected at least one, got none");
  ASSIGN_OR_RETURN(const std::string strategy, state.TextOr("strategy", "prior"));
  if (strategy == "stratified" || strategy == "uniform")
    return state.Unsupported(
        "strategy: \"{}\" answers at random; expected \"prior\", "
        "\"most_frequent\" or \"constant\"",
        strategy);
  if (strategy != "prior") {
    int64_t chosen = std::max_element(proba.begin(), proba.end()) - proba.begin();
    if (strategy == "constant") {
      ASSIGN_OR_RETURN(chosen, PositionOfConstant(state, classes));
    }
    std::fill(proba.begin(), proba.end(), 0);
    proba[chosen] = 1;
  }
  return MostProbable(graph, std::move(classes), Repeated(graph, x, proba));
}

StatusOr<Outputs> DummyRegressor(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense constant, state.Array("constant_", {1, -1}));
  return Predicting(Repeated(graph, x, constant.values), constant.columns() == 1);
}

}  // namespace

std::span<const Estimator> Dummies() {
  static constexpr Estimator kRows[] = {
      {"sklearn.dummy", "DummyClassifier", EstimatorKind::kClassifier, DummyClassifier},
      {"sklearn.dummy", "DummyRegressor", EstimatorKind::kRegressor, DummyRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
