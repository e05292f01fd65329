// Transformers that move and stretch each column.

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// `op_type` with an attribute of one number a column; x itself when the attribute is None.
StatusOr<Matrix> WithRow(Writer& writer, const State& state, const Matrix& x,
                         std::string_view op_type, std::string_view key) {
  if (!state.Has(key)) return x;
  ASSIGN_OR_RETURN(const std::vector<double> row, state.Vector(key, x.columns));
  return MapWith(writer.graph(), op_type, x, row);
}

/// (x − centre) / scale, each of which may be None.
StatusOr<Outputs> Standardize(Writer& writer, const State& state, const Table& table,
                              std::string_view centre, std::string_view scale) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const Matrix centred, WithRow(writer, state, x, "Sub", centre));
  ASSIGN_OR_RETURN(const Matrix scaled, WithRow(writer, state, centred, "Div", scale));
  return Transforming(scaled);
}

StatusOr<Outputs> StandardScaler(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const bool with_mean, state.BoolOr("with_mean", true));
  ASSIGN_OR_RETURN(const bool with_std, state.BoolOr("with_std", true));
  return Standardize(writer, state, x, with_mean ? "mean_" : "", with_std ? "scale_" : "");
}

constexpr std::string_view kPreprocessing = "sklearn.preprocessing";

constexpr Estimator kRows[] = {
    {kPreprocessing, "StandardScaler", EstimatorKind::kTransformer, StandardScaler},
};

}  // namespace

std::span<const Estimator> Scalers() { return kRows; }

}  // namespace slipway::importing::sklearn
