// Support vector machines of libsvm: SVC, NuSVC, SVR, NuSVR, OneClassSVM.

#include "import/sklearn/kernels.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/pairs.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

// Weights of all pairs of classes: beyond, the model is refused.
constexpr size_t kMaxWeights = size_t{1} << 25;

/// By support vector and pair, libsvm's weights [vectors, pairs]: of class i with j, row j − 1 of
/// _dual_coef_; of class j with i, row i.
StatusOr<std::vector<double>> PairWeights(const State& state, int64_t vectors, int64_t classes) {
  const char* const key = state.Has("n_support_") ? "n_support_" : "_n_support";  // since 0.22
  ASSIGN_OR_RETURN(const std::vector<int64_t> support, state.Integers(key, classes));
  int64_t total = 0;
  for (const int64_t count : support) {
    if (count < 0 || count > vectors - total)
      return state.Bad("{}: expected counts of {} vectors, got {}", key, vectors, count);
    total += count;
  }
  if (total != vectors)
    return state.Bad("{}: expected counts of {} vectors, got {}", key, vectors, total);
  ASSIGN_OR_RETURN(const Dense coef, state.Array("_dual_coef_", {classes - 1, vectors}));
  const auto pairs = PairsOf(classes);
  if (static_cast<size_t>(vectors) * pairs.size() > kMaxWeights)
    return Error(Reason::kTooLarge, "{}: {} support vectors for {} pairs of classes", state.Title(),
                 vectors, pairs.size());
  std::vector<double> weights(static_cast<size_t>(vectors) * pairs.size(), 0);
  for (size_t p = 0; p < pairs.size(); ++p) {
    const auto [i, j] = pairs[p];
    int64_t vector = 0;
    for (int64_t k = 0; k < classes; ++k)
      for (int64_t within = 0; within < support[k]; ++within, ++vector) {
        if (k == i) weights[vector * pairs.size() + p] = coef.values[(j - 1) * vectors + vector];
        if (k == j) weights[vector * pairs.size() + p] = coef.values[i * vectors + vector];
      }
  }
  return weights;
}

/// What libsvm computes for each pair (i, j): above 0 it is i. FP64 [n, pairs].
StatusOr<Matrix> PairDecisions(Graph& graph, const State& state, const Matrix& x, int64_t classes) {
  ASSIGN_OR_RETURN(const Kernel of, ReadSvmKernel(state));
  ASSIGN_OR_RETURN(const Dense vectors, state.Array("support_vectors_", {-1, x.columns}));
  ASSIGN_OR_RETURN(const Matrix kernel, AddKernel(graph, state, of, x, vectors));
  ASSIGN_OR_RETURN(const std::vector<double> weights, PairWeights(state, vectors.rows(), classes));
  ASSIGN_OR_RETURN(const std::vector<double> intercept,
                   state.Vector("_intercept_", classes * (classes - 1) / 2));
  return Affine(graph, kernel, weights, intercept);
}

/// Platt's sigmoid of each pair's decision: the probability of i, kept from 0 and 1 as libsvm does.
StatusOr<Matrix> PairProbabilities(Graph& graph, const State& state, const Matrix& decisions) {
  const bool is_old = !state.Has("_probA");  // before scikit-learn 0.23
  ASSIGN_OR_RETURN(std::vector<double> a,
                   state.Vector(is_old ? "probA_" : "_probA", decisions.columns));
  ASSIGN_OR_RETURN(std::vector<double> b,
                   state.Vector(is_old ? "probB_" : "_probB", decisions.columns));
  for (double& each : a) each = -each;
  const Matrix logit = MapWith(graph, "Sub", MapWith(graph, "Mul", decisions, a), b);
  constexpr double kLeast = 1e-7;
  const Matrix p = Map(graph, "Sigmoid", logit);
  return Matrix{
      graph.Add("Clip", {p.value, graph.Scalar<double>(kLeast), graph.Scalar<double>(1 - kLeast)}),
      DType::kFp64, p.columns};
}

StatusOr<Outputs> SupportVectorClassifier(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  const int64_t count = classes.size();
  if (count < 2 || count > kMaxPairedClasses)
    return state.Expected("classes_", fmt::format("2 to {} classes", kMaxPairedClasses),
                          fmt::format("{}", count));
  // "deprecated", which stands for False, since scikit-learn 1.9
  const auto given = state.Find("probability");
  const bool probability = given && AsNumber(*given).value_or(0) != 0;
  ASSIGN_OR_RETURN(const std::string shape, state.TextOr("decision_function_shape", "ovr"));
  ASSIGN_OR_RETURN(const bool break_ties, state.BoolOr("break_ties", false));
  ASSIGN_OR_RETURN(const Matrix decisions, PairDecisions(graph, state, x, count));

  const Matrix for_second = {graph.Add("LessOrEqual", {decisions.value, graph.Scalar<double>(0)}),
                             DType::kBool, decisions.columns};
  const Matrix towards_second = Map(graph, "Neg", decisions);
  Outputs outputs;
  outputs.classes = std::move(classes);
  outputs.label = ArgMax(graph, CountVotes(graph, for_second, count));
  if (count == 2) {
    outputs.decision = towards_second;
  } else if (shape == "ovr") {
    const Matrix below = {graph.Add("Less", {decisions.value, graph.Scalar<double>(0)}),
                          DType::kBool, decisions.columns};
    outputs.decision = OneVsRestOfPairs(graph, below, towards_second, count);
    ASSIGN_OR_RETURN(const bool before_0_21, IsBefore(state, 0, 21));
    if (before_0_21)
      writer.Warn(fmt::format(
          "{}: decision_function is scaled row by row, as since scikit-learn 0.21; before, by the "
          "largest among the rows of a call.",
          state.Title()));
    if (break_ties) outputs.label = ArgMax(graph, *outputs.decision);
  } else {
    outputs.decision = decisions;
  }
  if (probability) {
    ASSIGN_OR_RETURN(const Matrix pairs, PairProbabilities(graph, state, decisions));
    outputs.proba = CouplePairs(graph, pairs, count);
  }
  return outputs;
}

/// The sum over support vectors, plus the intercept: [n, 1].
StatusOr<Matrix> AddSum(Graph& graph, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Kernel of, ReadSvmKernel(state));
  ASSIGN_OR_RETURN(const Dense vectors, state.Array("support_vectors_", {-1, x.columns}));
  if (vectors.rows() == 0) {
    ASSIGN_OR_RETURN(const std::vector<double> constant, state.Vector("_intercept_", 1));
    return Filled(graph, x, constant[0]);
  }
  ASSIGN_OR_RETURN(const Matrix kernel, AddKernel(graph, state, of, x, vectors));
  ASSIGN_OR_RETURN(const Dense coef, state.Array("_dual_coef_", {1, vectors.rows()}));
  ASSIGN_OR_RETURN(const std::vector<double> intercept, state.Vector("_intercept_", 1));
  return Affine(graph, kernel, coef.values, intercept);
}

StatusOr<Outputs> SupportVectorRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix sum, AddSum(writer.graph(), state, x));
  return Predicting(sum, true);
}

StatusOr<Outputs> OneClassSvm(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix sum, AddSum(writer.graph(), state, x));
  return DetectingOutliers(writer.graph(), sum);
}

}  // namespace

std::span<const Estimator> SupportVectors() {
  constexpr std::string_view kSvm = "sklearn.svm";
  static constexpr Estimator kRows[] = {
      {kSvm, "NuSVC", EstimatorKind::kClassifier, SupportVectorClassifier},
      {kSvm, "NuSVR", EstimatorKind::kRegressor, SupportVectorRegressor},
      {kSvm, "OneClassSVM", EstimatorKind::kOutlierDetector, OneClassSvm},
      {kSvm, "SVC", EstimatorKind::kClassifier, SupportVectorClassifier},
      {kSvm, "SVR", EstimatorKind::kRegressor, SupportVectorRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
