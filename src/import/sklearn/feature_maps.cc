// Transformers that compute new columns by a formula without fitted numbers.

#include "import/sklearn/numpy_functions.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr int64_t kMaxFeatures = 1'000'000;

struct Degrees {
  int64_t least = 0, most = 2;
};

StatusOr<Degrees> ReadDegrees(const State& state) {
  const auto degree = state.Find("degree");
  const bool pair =
      degree && (degree->is(Kind::kTuple) || degree->is(Kind::kList)) && degree->size() == 2;
  const auto least = pair ? AsNumber(degree->at(0)) : std::optional<double>(0);
  const auto most = pair ? AsNumber(degree->at(1)) : degree ? AsNumber(*degree) : std::nullopt;
  if (!least || !most || *least < 0 || *most < *least || *most > 64)
    return state.Expected("degree", "a number up to 64 or two of them",
                          degree ? Describe(*degree) : "nothing");
  return Degrees{static_cast<int64_t>(*least), static_cast<int64_t>(*most)};
}

/// The products of one degree, in scikit-learn's order: each is a column of x times a product of
/// one degree less whose first factor does not stand before it.
struct Products {
  Matrix value;
  std::vector<int64_t> first;  // the column of x that a product begins with
};

StatusOr<Products> NextDegree(Graph& graph, const State& state, const Matrix& x,
                              const Products& less, bool interaction_only) {
  std::vector<int64_t> columns, rests;
  for (int64_t i = 0; i < x.columns; ++i) {
    for (size_t j = 0; j < less.first.size(); ++j) {
      if (interaction_only ? less.first[j] <= i : less.first[j] < i) continue;
      columns.push_back(i);
      rests.push_back(static_cast<int64_t>(j));
    }
    if (static_cast<int64_t>(columns.size()) > kMaxFeatures)
      return Error(Reason::kTooLarge, "{}: more than {} columns", state.Title(), kMaxFeatures);
  }
  Products products{{"", DType::kFp64, static_cast<int64_t>(columns.size())}, columns};
  if (columns.empty()) return products;
  products.value.value =
      graph.Add("Mul", {graph.Select(x, columns).value, graph.Select(less.value, rests).value});
  return products;
}

StatusOr<Outputs> PolynomialFeatures(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Degrees degrees, ReadDegrees(state));
  ASSIGN_OR_RETURN(const bool interaction_only, state.BoolOr("interaction_only", false));
  ASSIGN_OR_RETURN(const bool include_bias, state.BoolOr("include_bias", true));
  std::vector<Matrix> parts;
  if (include_bias) parts.push_back(Filled(graph, x, 1));
  Products products{x, {}};
  for (int64_t i = 0; i < x.columns; ++i) products.first.push_back(i);
  for (int64_t degree = 1; degree <= degrees.most && !products.first.empty(); ++degree) {
    if (degree > 1) {
      ASSIGN_OR_RETURN(products, NextDegree(graph, state, x, products, interaction_only));
    }
    if (degree >= degrees.least && !products.first.empty()) parts.push_back(products.value);
  }
  if (parts.empty()) return state.Bad("expected at least one column, got none");
  return Transforming(graph.Concat(parts));
}

StatusOr<Outputs> FunctionTransformer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  Outputs outputs;
  outputs.transform = table;
  if (!state.Has("func")) return outputs;
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Matrix y, ApplyNumpyFunction(graph, state, "func", "kw_args", x));
  return Transforming(y);
}

}  // namespace

std::span<const Estimator> FeatureMaps() {
  constexpr std::string_view kPreprocessing = "sklearn.preprocessing";
  static constexpr Estimator kRows[] = {
      {kPreprocessing, "FunctionTransformer", EstimatorKind::kTransformer, FunctionTransformer},
      {kPreprocessing, "PolynomialFeatures", EstimatorKind::kTransformer, PolynomialFeatures},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
