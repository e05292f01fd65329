#include "import/sklearn/input_columns.h"

#include <optional>

#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

/// How scikit-learn before 0.24 says how many columns an estimator was fitted on: a number, or an
/// array (or list) with as many elements or columns.
enum class Tells : uint8_t { kNumber, kLastSize, kFirstSizeOfFirst };
struct Evidence {
  std::string_view key;
  Tells tells;
};
constexpr Evidence kEvidence[] = {
    {"_n_features", Tells::kNumber},         // ColumnTransformer
    {"n_input_features_", Tells::kNumber},   // PolynomialFeatures
    {"scores_", Tells::kLastSize},           // SelectKBest and its like
    {"ranking_", Tells::kLastSize},          // RFE, whose n_features_ are those that are left
    {"n_features_", Tells::kNumber},         // trees, their ensembles, PCA
    {"coef_", Tells::kLastSize},             // linear models
    {"coefs_", Tells::kFirstSizeOfFirst},    // neural networks
    {"support_vectors_", Tells::kLastSize},  // support vector machines
    {"_fit_X", Tells::kLastSize},            // neighbors
    {"theta_", Tells::kLastSize},            // GaussianNB
    {"feature_log_prob_", Tells::kLastSize},
    {"means_", Tells::kLastSize},  // mixtures, discriminants
    {"cluster_centers_", Tells::kLastSize},
    {"components_", Tells::kLastSize},
    {"scale_", Tells::kLastSize},
    {"mean_", Tells::kLastSize},
    {"center_", Tells::kLastSize},
    {"quantiles_", Tells::kLastSize},
    {"lambdas_", Tells::kLastSize},
    {"n_bins_", Tells::kLastSize},
    {"variances_", Tells::kLastSize},
    {"statistics_", Tells::kLastSize},
    {"categories_", Tells::kLastSize},  // encoders: a list with an array for each column
};

/// The size of the last axis of an array, or the number of elements of a list; nullopt for others.
std::optional<double> LastSize(const Value& value) {
  if (value.is(Kind::kList)) return static_cast<double>(value.size());
  if (!value.is(Kind::kArray) || value.array().shape.empty()) return std::nullopt;
  return static_cast<double>(value.array().shape.back());
}

std::optional<double> FirstSizeOfFirst(const Value& list) {
  if (!list.is(Kind::kList) || list.size() == 0 || !list.at(0).is(Kind::kArray))
    return std::nullopt;
  const auto& shape = list.at(0).array().shape;
  return shape.empty() ? std::nullopt : std::optional(static_cast<double>(shape.front()));
}

std::optional<double> Learned(const State& state) {
  for (const auto& [key, tells] : kEvidence) {
    const auto found = state.Find(key);
    if (!found) continue;
    const auto count = tells == Tells::kNumber     ? AsNumber(*found)
                       : tells == Tells::kLastSize ? LastSize(*found)
                                                   : FirstSizeOfFirst(*found);
    if (count) return count;
  }
  return std::nullopt;
}

StatusOr<std::vector<ColumnUse>> Unnamed(const State& state, std::string_view what, double count) {
  if (!(count >= 1 && count <= kMaxColumns))
    return state.Expected(what, fmt::format("1 to {}", kMaxColumns), fmt::format("{}", count));
  return std::vector<ColumnUse>(static_cast<size_t>(count));
}

/// The first columns by `names`.
void Name(std::vector<ColumnUse>& uses, std::vector<std::string> names) {
  for (size_t i = 0; i < names.size() && i < uses.size(); ++i) uses[i].name = std::move(names[i]);
}

StatusOr<std::vector<ColumnUse>> ColumnsOf(const Estimator& row, const State& state) {
  ASSIGN_OR_RETURN(ModelColumns columns, row.columns_of(state));
  ASSIGN_OR_RETURN(std::vector<ColumnUse> uses,
                   Unnamed(state, "columns", static_cast<double>(columns.count)));
  Name(uses, std::move(columns.names));
  return uses;
}

/// The names of columns as an array, or as pandas' Index that was made of one.
StatusOr<std::optional<Labels>> NamesOf(const State& state) {
  for (const std::string_view key : {"feature_names_in_", "_feature_names_in"}) {
    if (!state.Has(key)) continue;
    ASSIGN_OR_RETURN(Labels names, state.LabelArray(key));
    return names;
  }
  const auto index = state.Find("_df_columns");  // of ColumnTransformer before scikit-learn 0.22
  if (!index || index->args().size() != 2) return std::nullopt;
  const auto data = index->args().at(1).Find("data");
  if (!data) return std::nullopt;
  ASSIGN_OR_RETURN(Labels names, state.LabelsAt(*data, "_df_columns"));
  return names;
}

StatusOr<std::vector<ColumnUse>> Named(const State& state, std::vector<ColumnUse> uses) {
  ASSIGN_OR_RETURN(std::optional<Labels> names, NamesOf(state));
  if (!names) return uses;
  if (names->texts.size() != uses.size())
    return state.Expected("feature_names_in_", fmt::format("{} names", uses.size()),
                          fmt::format("{}", names->texts.size()));
  Name(uses, std::move(names->texts));
  return uses;
}

}  // namespace

StatusOr<std::vector<ColumnUse>> InputColumns(State state) {
  constexpr int kMaxDepth = 32;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const Estimator* row = FindEstimator(state.module(), state.name());
    if (row == nullptr) return UnsupportedClass(state);
    if (!state.Has("n_features_in_")) {
      if (row->columns > 0) return std::vector<ColumnUse>(static_cast<size_t>(row->columns));
      if (row->columns_of != nullptr) return ColumnsOf(*row, state);
      if (row->takes_input_of != nullptr) {
        ASSIGN_OR_RETURN(state, row->takes_input_of(state));
        continue;
      }
    }
    double columns = 0;
    const auto learned = state.Has("n_features_in_") ? std::nullopt : Learned(state);
    if (learned) {
      columns = *learned;
    } else {
      ASSIGN_OR_RETURN(const int64_t kept, state.Integer("n_features_in_"));
      columns = static_cast<double>(kept);
    }
    ASSIGN_OR_RETURN(std::vector<ColumnUse> uses, Unnamed(state, "n_features_in_", columns));
    return Named(state, std::move(uses));
  }
  return state.Bad("estimators nest deeper than {}", kMaxDepth);
}

}  // namespace slipway::importing::sklearn
