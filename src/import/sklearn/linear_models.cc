// Estimators that are a product with coef_ and a link: scikit-learn's linear_model, and the linear
// ones of svm.

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

struct Linear {
  Matrix value;  // [n, outputs]
  bool is_vector;
};

/// x·coef_ᵀ + intercept_.
StatusOr<Linear> AddLinear(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const pickle::Value raw, state.Get("coef_"));
  const bool is_vector = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 1;
  ASSIGN_OR_RETURN(const Dense coef, state.Rows("coef_", is_vector ? 1 : -1, x.columns));
  std::vector<double> intercept(static_cast<size_t>(coef.rows()), 0);
  if (state.Has("intercept_")) {
    ASSIGN_OR_RETURN(intercept, state.Broadcast("intercept_", coef.rows()));
  }
  return Linear{
      Affine(writer.graph(), x, Transposed(coef.values, coef.rows(), coef.columns()), intercept),
      is_vector};
}

StatusOr<Outputs> LinearRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Linear linear, AddLinear(writer, state, x));
  return Predicting(linear.value, linear.is_vector);
}

/// Partial least squares since scikit-learn 1.3: (x − _x_mean)·coef_ᵀ + intercept_.
StatusOr<Outputs> PartialLeastSquares(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> mean, state.Vector("_x_mean", x.columns));
  const Matrix centred = MapWith(graph, "Sub", x, mean);
  ASSIGN_OR_RETURN(const Linear linear, AddLinear(writer, state, Table(centred)));
  ASSIGN_OR_RETURN(const bool is_vector, state.BoolOr("_predict_1d", false));
  Outputs outputs = Predicting(linear.value, is_vector && linear.value.columns == 1);

  ASSIGN_OR_RETURN(const std::vector<double> scale, state.Vector("_x_std", x.columns));
  ASSIGN_OR_RETURN(const Dense rotations, state.Array("x_rotations_", {x.columns, -1}));
  const std::string weights = graph.Constant<double>(rotations.shape, rotations.values);
  outputs.transform =
      Table(Matrix{graph.Add("MatMul", {MapWith(graph, "Div", centred, scale).value, weights}),
                   DType::kFp64, rotations.columns()});
  return outputs;
}

StatusOr<Outputs> LogLinkRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Linear linear, AddLinear(writer, state, x));
  return Predicting(Map(writer.graph(), "Exp", linear.value), linear.is_vector);
}

StatusOr<Outputs> TweedieRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(std::string link, state.TextOr("link", "auto"));
  ASSIGN_OR_RETURN(const double power, state.NumberOr("power", 0));
  if (link == "auto") link = power <= 0 ? "identity" : "log";
  if (link == "log") return LogLinkRegressor(writer, state, x);
  if (link == "identity") return LinearRegressor(writer, state, x);
  return state.Unsupported("link: expected \"auto\", \"log\" or \"identity\", got \"{}\"", link);
}

/// The decision function: [n, 1] for two classes, else [n, classes].
StatusOr<Outputs> ClassifierOf(Writer& writer, const State& state, const Table& x, Labels classes) {
  ASSIGN_OR_RETURN(const Linear linear, AddLinear(writer, state, x));
  const int64_t expected = classes.size() == 2 ? 1 : classes.size();
  if (linear.value.columns != expected)
    return state.Bad("coef_: expected {} rows for {} classes, got {}", expected, classes.size(),
                     linear.value.columns);
  return Deciding(writer.graph(), std::move(classes), linear.value);
}

StatusOr<Outputs> LinearClassifier(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  return ClassifierOf(writer, state, x, std::move(classes));
}

StatusOr<Outputs> RidgeClassifier(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const State binarizer, state.Nested("_label_binarizer"));
  ASSIGN_OR_RETURN(const std::string type, binarizer.TextOr("y_type_", "binary"));
  ASSIGN_OR_RETURN(Labels classes, binarizer.LabelArray("classes_"));
  if (type.starts_with("multilabel")) {
    ASSIGN_OR_RETURN(const Linear linear, AddLinear(writer, state, x));
    Outputs outputs = HavingLabels(writer.graph(), std::move(classes), linear.value, 0);
    outputs.decision = linear.value;
    return outputs;
  }
  return ClassifierOf(writer, state, x, std::move(classes));
}

/// min(d, 0) − ln(1 + e^−|d|).
Matrix LogSigmoid(Graph& graph, const Matrix& d) {
  const Matrix tail = Map(graph, "Exp", Map(graph, "Neg", Map(graph, "Abs", d)));
  const Matrix log = Map(graph, "Log", MapWith(graph, "Add", tail, {1}));
  const std::string negative = graph.Add("Min", {d.value, graph.Scalar<double>(0)});
  return {graph.Add("Sub", {negative, log.value}), DType::kFp64, d.columns};
}

/// sigmoid(d), divided by the row's sum when there are several columns. That is the softmax of
/// ln sigmoid(d), which does not underflow; where scikit-learn's sigmoids all do, it says uniform.
Matrix OneVsRestProba(Graph& graph, const Matrix& decision) {
  constexpr double kLeastExponent = -745.13321910194122;  // e^x is 0 below
  if (decision.columns == 1) return WithComplement(graph, Map(graph, "Sigmoid", decision));
  const Matrix log = LogSigmoid(graph, decision);
  const Matrix most = Reduce(graph, "ReduceMax", decision);
  const std::string empty = graph.Add("Less", {most.value, graph.Scalar<double>(kLeastExponent)});
  return OrUniform(graph, empty, Softmax(graph, log));
}

/// (clip(d, -1, 1) + 1) / 2, divided by the row's sum when there are several columns.
Matrix ModifiedHuberProba(Graph& graph, const Matrix& decision) {
  const Matrix clipped = {
      graph.Add("Clip", {decision.value, graph.Scalar<double>(-1), graph.Scalar<double>(1)}),
      DType::kFp64, decision.columns};
  const Matrix p = MapWith(graph, "Mul", MapWith(graph, "Add", clipped, {1}), {0.5});
  return p.columns == 1 ? WithComplement(graph, p) : DividedBySum(graph, p);
}

StatusOr<Outputs> LogisticRegression(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Outputs outputs, LinearClassifier(writer, state, x));
  ASSIGN_OR_RETURN(const std::string multi_class, state.TextOr("multi_class", "auto"));
  ASSIGN_OR_RETURN(const std::string solver, state.TextOr("solver", "lbfgs"));
  const Matrix& decision = *outputs.decision;
  const bool by_default =
      multi_class != "ovr" && multi_class != "warn" && multi_class != "multinomial";
  const bool one_vs_rest =
      by_default ? decision.columns == 1 || solver == "liblinear" : multi_class != "multinomial";
  if (one_vs_rest) {
    outputs.proba = OneVsRestProba(graph, decision);
  } else if (decision.columns == 1) {
    const std::vector<Matrix> both = {Map(graph, "Neg", decision), decision};
    outputs.proba = Softmax(graph, graph.Concat(both));
  } else {
    outputs.proba = Softmax(graph, decision);
  }
  return outputs;
}

StatusOr<Outputs> SgdClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Outputs outputs, LinearClassifier(writer, state, x));
  ASSIGN_OR_RETURN(const std::string loss, state.TextOr("loss", "hinge"));
  const Matrix& decision = *outputs.decision;
  if (loss == "log" || loss == "log_loss") {
    outputs.proba = OneVsRestProba(graph, decision);
  } else if (loss == "modified_huber") {
    outputs.proba = ModifiedHuberProba(graph, decision);
  }
  return outputs;
}

StatusOr<Outputs> SgdOneClassSvm(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense coef, state.Rows("coef_", 1, x.columns));
  ASSIGN_OR_RETURN(std::vector<double> offset, state.Broadcast("offset_", 1));
  offset[0] = -offset[0];
  return DetectingOutliers(graph, Affine(graph, x, coef.values, offset));
}

}  // namespace

std::span<const Estimator> LinearModels() {
  constexpr std::string_view kLinear = "sklearn.linear_model";
  constexpr std::string_view kCross = "sklearn.cross_decomposition";
  constexpr std::string_view kSvm = "sklearn.svm";
  constexpr EstimatorKind kRegresses = EstimatorKind::kRegressor;
  constexpr EstimatorKind kClassifies = EstimatorKind::kClassifier;
  static constexpr Estimator kRows[] = {
      {kCross, "CCA", kRegresses, PartialLeastSquares},
      {kCross, "PLSCanonical", kRegresses, PartialLeastSquares},
      {kCross, "PLSRegression", kRegresses, PartialLeastSquares},
      {kLinear, "ARDRegression", kRegresses, LinearRegressor},
      {kLinear, "BayesianRidge", kRegresses, LinearRegressor},
      {kLinear, "ElasticNet", kRegresses, LinearRegressor},
      {kLinear, "ElasticNetCV", kRegresses, LinearRegressor},
      {kLinear, "GammaRegressor", kRegresses, LogLinkRegressor},
      {kLinear, "HuberRegressor", kRegresses, LinearRegressor},
      {kLinear, "Lars", kRegresses, LinearRegressor},
      {kLinear, "LarsCV", kRegresses, LinearRegressor},
      {kLinear, "Lasso", kRegresses, LinearRegressor},
      {kLinear, "LassoCV", kRegresses, LinearRegressor},
      {kLinear, "LassoLars", kRegresses, LinearRegressor},
      {kLinear, "LassoLarsCV", kRegresses, LinearRegressor},
      {kLinear, "LassoLarsIC", kRegresses, LinearRegressor},
      {kLinear, "LinearRegression", kRegresses, LinearRegressor},
      {kLinear, "LogisticRegression", kClassifies, LogisticRegression},
      {kLinear, "LogisticRegressionCV", kClassifies, LogisticRegression},
      {kLinear, "MultiTaskElasticNet", kRegresses, LinearRegressor},
      {kLinear, "MultiTaskElasticNetCV", kRegresses, LinearRegressor},
      {kLinear, "MultiTaskLasso", kRegresses, LinearRegressor},
      {kLinear, "MultiTaskLassoCV", kRegresses, LinearRegressor},
      {kLinear, "OrthogonalMatchingPursuit", kRegresses, LinearRegressor},
      {kLinear, "OrthogonalMatchingPursuitCV", kRegresses, LinearRegressor},
      {kLinear, "PassiveAggressiveClassifier", kClassifies, LinearClassifier},
      {kLinear, "PassiveAggressiveRegressor", kRegresses, LinearRegressor},
      {kLinear, "Perceptron", kClassifies, LinearClassifier},
      {kLinear, "PoissonRegressor", kRegresses, LogLinkRegressor},
      {kLinear, "QuantileRegressor", kRegresses, LinearRegressor},
      {kLinear, "Ridge", kRegresses, LinearRegressor},
      {kLinear, "RidgeCV", kRegresses, LinearRegressor},
      {kLinear, "RidgeClassifier", kClassifies, RidgeClassifier},
      {kLinear, "RidgeClassifierCV", kClassifies, RidgeClassifier},
      {kLinear, "SGDClassifier", kClassifies, SgdClassifier},
      {kLinear, "SGDOneClassSVM", EstimatorKind::kOutlierDetector, SgdOneClassSvm},
      {kLinear, "SGDRegressor", kRegresses, LinearRegressor},
      {kLinear, "TheilSenRegressor", kRegresses, LinearRegressor},
      {kLinear, "TweedieRegressor", kRegresses, TweedieRegressor},
      {kSvm, "LinearSVC", kClassifies, LinearClassifier},
      {kSvm, "LinearSVR", kRegresses, LinearRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
