// TfidfTransformer: counts of terms, weighted by how rare the terms are.

#include "import/sklearn/term_weights.h"

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// The weight of each term: idf_, or the data of a diagonal matrix before scikit-learn 1.5.
StatusOr<std::vector<double>> ReadWeights(const State& state, int64_t columns) {
  if (!state.Has("_idf_diag")) return state.Vector("idf_", columns);
  ASSIGN_OR_RETURN(const State diagonal, state.Nested("_idf_diag"));
  ASSIGN_OR_RETURN(const Dense data, diagonal.Array("data", {-1}));
  if (static_cast<int64_t>(data.values.size()) != columns)
    return state.Bad("_idf_diag: expected {} numbers, got {}", columns, data.values.size());
  return data.values;
}

/// "l1", "l2" or, for None, "".
StatusOr<std::string> ReadNorm(const State& state) {
  ASSIGN_OR_RETURN(std::string norm, state.TextOr("norm", ""));
  if (!norm.empty() && norm != "l1" && norm != "l2")
    return state.Unsupported("norm: expected \"l1\", \"l2\" or None, got \"{}\"", norm);
  return norm;
}

/// 1 + ln of what is not 0.
Matrix Sublinear(Graph& graph, const Matrix& counts) {
  const std::string zero = graph.Scalar<double>(0);
  const Matrix raised = MapWith(graph, "Add", Map(graph, "Log", counts), {1});
  return {graph.Add("Where", {graph.Add("Equal", {counts.value, zero}), zero, raised.value}),
          DType::kFp64, counts.columns};
}

/// Rows divided by their norms; rows of zeros stay.
Matrix OfUnitLength(Graph& graph, const Matrix& x, bool squares) {
  const Matrix sizes = {
      squares ? graph.Add("Mul", {x.value, x.value}) : graph.Add("Abs", {x.value}), DType::kFp64,
      x.columns};
  Matrix length = Reduce(graph, "ReduceSum", sizes);
  if (squares) length = Map(graph, "Sqrt", length);
  const std::string empty = graph.Add("Equal", {length.value, graph.Scalar<double>(0)});
  return DividedUnless(graph, x, empty, length);
}

Matrix WeighedSparse(Graph& graph, const Matrix& counts, bool sublinear,
                     const std::vector<double>& weights, const std::string& norm) {
  std::vector<std::string> inputs = {counts.value};
  if (!weights.empty()) inputs.push_back(graph.Constant<double>({counts.columns}, weights));
  return {.value = graph.AddOwn("WeighTerms", inputs, {{"sublinear", sublinear}, {"norm", norm}}),
          .columns = counts.columns,
          .sparse = true};
}

Matrix WeighedDense(Graph& graph, Matrix x, bool sublinear, const std::vector<double>& weights,
                    const std::string& norm) {
  if (sublinear) x = Sublinear(graph, x);
  if (!weights.empty()) x = MapWith(graph, "Mul", x, weights);
  return norm.empty() ? x : OfUnitLength(graph, x, norm == "l2");
}

StatusOr<Outputs> TfidfTransformer(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix counts, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const Matrix weighed, WeighedTerms(writer.graph(), state, counts));
  return Transforming(weighed);
}

}  // namespace

StatusOr<Matrix> WeighedTerms(Graph& graph, const State& transformer, const Matrix& counts) {
  ASSIGN_OR_RETURN(const bool sublinear, transformer.BoolOr("sublinear_tf", false));
  ASSIGN_OR_RETURN(const bool use_idf, transformer.BoolOr("use_idf", true));
  ASSIGN_OR_RETURN(const std::string norm, ReadNorm(transformer));
  std::vector<double> weights;
  if (use_idf) {
    ASSIGN_OR_RETURN(weights, ReadWeights(transformer, counts.columns));
  }
  return counts.sparse ? WeighedSparse(graph, counts, sublinear, weights, norm)
                       : WeighedDense(graph, counts, sublinear, weights, norm);
}

StatusOr<Matrix> NormalizedTerms(Graph& graph, const State& vectorizer, const Matrix& counts) {
  ASSIGN_OR_RETURN(const std::string norm, ReadNorm(vectorizer));
  return norm.empty() ? counts : WeighedSparse(graph, counts, false, {}, norm);
}

std::span<const Estimator> TermWeights() {
  static constexpr Estimator kRows[] = {
      {"sklearn.feature_extraction.text", "TfidfTransformer", EstimatorKind::kTransformer,
       TfidfTransformer},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
